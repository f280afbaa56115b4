package dev.hosta.snapshot;

import dev.hosta.machine.TestGuest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Saves guests over and over until it is killed: one guest a FOLDER of its arguments, the first by
 * snapshots, the second by suspending it, and so on in turn. Says "FOLDER ID" of each saved form
 * once it is complete.
 */
final class SavingChild {
    private SavingChild() {}

    public static void main(String[] folders) {
        List<Thread> savers = new ArrayList<>();
        for (int i = 0; i < folders.length; i++) {
            Path form = Path.of(folders[i]);
            boolean suspends = i % 2 == 1;
            savers.add(Thread.ofPlatform().start(() -> saveForEver(form, suspends)));
        }
        for (Thread saver : savers) {
            try {
                saver.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void saveForEver(Path form, boolean suspends) {
        TestGuest guest = new TestGuest(TestGuest.spec("dirty", "50 2", 1, 8L << 20));
        guest.machine.start();
        guest.await("rounds 1");
        SaveOptions options = suspends ? SaveOptions.SUSPEND : SaveOptions.SNAPSHOT;
        while (true) {
            SavedForm.write(guest.machine, form, options, SaveProgress.NONE);
            System.out.println(form + " " + SavedForm.read(form).id());
            if (suspends) {
                guest.machine.resume();
            }
        }
    }
}
