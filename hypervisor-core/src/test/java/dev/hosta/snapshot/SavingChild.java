package dev.hosta.snapshot;

import dev.hosta.machine.TestGuest;

import java.nio.file.Path;

/**
 * Saves one guest to one folder until it is killed: FOLDER [suspend]. Says the id of each saved
 * form once it is complete.
 */
final class SavingChild {
    private SavingChild() {}

    public static void main(String[] arguments) {
        Path form = Path.of(arguments[0]);
        boolean suspends = arguments.length > 1;
        TestGuest guest = new TestGuest(TestGuest.spec("dirty", "100 8", 1, 24L << 20));
        guest.machine.start();
        guest.await("rounds 1");
        while (true) {
            SaveOptions options = suspends ? SaveOptions.SUSPEND : SaveOptions.SNAPSHOT;
            SavedForm.write(guest.machine, form, options, SaveProgress.NONE);
            System.out.println(SavedForm.read(form).id());
            if (suspends) {
                guest.machine.resume();
            }
        }
    }
}
