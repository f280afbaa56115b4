package dev.hosta.cli;

final class Main {
    public static void main(String[] args) {
        System.out.println("x");
    }
}
