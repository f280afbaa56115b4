package dev.hosta.control;

import dev.hosta.machine.MachineSpec;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.TlsFolder;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The process that the API drives; it holds one VM at most.
 *
 * <p>Threading: any thread, many at once. Refusals are {@link CallException}s; what the host or the
 * spec does not allow comes out as it does from the machine.
 */
public interface Vmm {
    /** The name by which people find the process; that of its VM, too. */
    String name();

    /** The VM, if there is one. */
    Optional<VmView> vm();

    /**
     * Takes a VM's description; nothing runs yet.
     *
     * @param serial where its serial console goes
     */
    void create(MachineSpec spec, SerialChoice serial);

    /**
     * Takes a VM as it was saved, and makes its machine; paused.
     *
     * @param folder absolute
     * @param prefault whether all of its memory is loaded first
     */
    void restore(Path folder, boolean prefault);

    /**
     * Waits for a VM that migrates here; back when it runs here, or is paused as it was.
     *
     * @param at where to wait
     * @param tls who this side is; empty takes plain connections
     * @throws MigrationException where it did not come
     */
    default void receive(MigrationAddress at, Optional<TlsFolder> tls) {
        throw new CallException(500, "The VM is already created.");
    }

    /** Makes the machine of the VM, and lets it run; back when its first vCPU is let go. */
    void boot();

    /** Takes the machine down; the VM stays and can boot again. */
    void shutdown();

    /** Takes the machine down and boots it anew. */
    void reboot();

    /** Takes the machine down, if it runs, and forgets the VM. */
    void delete();

    /** Ends the process, soon. */
    void end();

    /**
     * Whether taking the machine down ends the process as well, so that the answer must be out
     * before.
     */
    boolean endsWithMachine();

    /** The saves of the VM. */
    Saves saves();

    /** The migrations of the VM to elsewhere. */
    Migrations migrations();

    /** The forks of the VM. */
    Forks forks();

    /** The VM's console. */
    ConsoleHub console();
}
