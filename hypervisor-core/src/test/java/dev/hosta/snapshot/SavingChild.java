package dev.hosta.snapshot;

import dev.hosta.machine.TestGuest;

import java.nio.file.Path;

/** Saves one guest to one folder until it is killed: FOLDER [suspend]. */
final class SavingChild {
    private SavingChild() {}

    /** Says a line when it begins. */
    public static void main(String[] arguments) {
        Path form = Path.of(arguments[0]);
        boolean suspends = arguments.length > 1;
        TestGuest guest = new TestGuest(TestGuest.spec("dirty", "100 8", 1, 24L << 20));
        guest.machine.start();
        guest.await("rounds 1");
        System.out.println("saving");
        while (true) {
            SaveOptions options = suspends ? SaveOptions.SUSPEND : SaveOptions.SNAPSHOT;
            SavedForm.write(guest.machine, form, options, SaveProgress.NONE);
            if (suspends) {
                guest.machine.resume();
            }
        }
    }
}
