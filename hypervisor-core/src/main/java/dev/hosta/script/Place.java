package dev.hosta.script;

/**
 * Where a step was asked for, as its user finds it again.
 *
 * @param text such as {@code boot.yaml:5:3}, line and column from 1, or {@code Command line}
 */
public record Place(String text) {
    @Override
    public String toString() {
        return text;
    }
}
