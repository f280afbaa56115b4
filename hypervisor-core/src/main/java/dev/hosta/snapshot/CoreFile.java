package dev.hosta.snapshot;

import dev.hosta.linux.Durable;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.SparseFile;
import dev.hosta.machine.MachineCut;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.FrozenRam;
import dev.hosta.memory.PcRamLayout;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A machine at one instant as an ELF core file, for debuggers: gdb, crash.
 *
 * <pre>
 *  ELF header          ET_CORE, x86-64
 *  program headers     PT_NOTE, then one PT_LOAD for each run of RAM
 *  notes               see {@link CoreNotes}
 *  RAM                 from a page boundary on, by offset; pages of zeros are holes
 * </pre>
 *
 * <p>The virtual address of a PT_LOAD is its gpa, like the physical one: a debugger sees guest
 * physical memory, and crash walks the guest's page tables itself. It is written beside its name
 * and takes the name when it is whole.
 *
 * <p>Source: ELF-64 object file format 1.5; elf(5).
 *
 * <p>Threading: any thread; a machine is dumped or saved by one at a time.
 */
public final class CoreFile {
    private static final int PAGE = 4096;
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final short ET_CORE = 4;
    private static final short EM_X86_64 = 62;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;
    private static final int PF_RWX = 7;

    private CoreFile() {}

    /**
     * Writes a machine to a file. A running guest stands still for an instant, and runs on while
     * its memory is written; one on huge pages stands still until it is.
     *
     * @param vm running or paused; afterwards it is as before
     * @param file made, or replaced where it is a file
     * @throws SaveException where it cannot be written
     * @throws CancellationException where {@code progress} ended it
     * @throws IllegalStateException where the machine is being saved already, or has ended
     */
    public static SaveReport write(VirtualMachine vm, Path file, SaveProgress progress) {
        Path target = file.toAbsolutePath().normalize();
        String action = "Cannot dump " + vm.spec().name() + " to " + target;
        if (target.getFileName() == null
                || Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new SaveException(action + ": it is there and no file. Give another name.");
        }
        long size = vm.ram().sizeBytes();
        progress.report(SaveProgress.Stage.CUTTING, 0, size);
        return SaveFailures.explained(action, size, () -> beside(target, vm, progress));
    }

    private static SaveReport beside(Path target, VirtualMachine vm, SaveProgress progress)
            throws IOException {
        String suffix = String.format(".tmp-%08x", ThreadLocalRandom.current().nextInt());
        Path part = target.resolveSibling(target.getFileName() + suffix);
        int flags = FileDescriptor.O_RDWR | FileDescriptor.O_CREAT | FileDescriptor.O_EXCL;
        try (FileDescriptor out = FileDescriptor.open(part, flags)) {
            SaveReport report = cut(vm, out, progress);
            progress.report(SaveProgress.Stage.SYNCING, report.memoryBytes(), report.memoryBytes());
            Durable.sync(out);
            if (progress.isCancelled()) {
                throw new CancellationException();
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            return report;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static SaveReport cut(VirtualMachine vm, FileDescriptor out, SaveProgress progress) {
        boolean holds = vm.ram().pages() != HugePages.NONE;
        MachineCut cut = vm.cut(holds, () -> {});
        try (cut) {
            ByteBuffer head = head(cut, vm.ram().parts());
            long dataOffset = dataOffset(head.limit());
            SparseFile.setSize(out, dataOffset + cut.ram().sizeBytes());
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(head.limit(), Long.BYTES);
                FrozenRam.writeFully(out, 0, bytes.copyFrom(MemorySegment.ofBuffer(head)));
            }
            MemorySums sums = MemoryFile.write(cut.ram(), out, dataOffset, progress);
            return new SaveReport(cut.pauseNanos(), cut.ram().sizeBytes(), sums.dataBytes());
        } finally {
            if (holds && cut.ran()) {
                SavedForm.letRunOn(vm);
            }
        }
    }

    /** All that stands before RAM. */
    private static ByteBuffer head(MachineCut cut, List<PcRamLayout.Part> parts) {
        ByteBuffer notes = CoreNotes.of(cut.state().vcpus());
        int notesOffset = HEADER_BYTES + (1 + parts.size()) * PROGRAM_HEADER_BYTES;
        int headBytes = notesOffset + notes.limit();
        long dataOffset = dataOffset(headBytes);
        ByteBuffer head = ByteBuffer.allocate(headBytes).order(ByteOrder.LITTLE_ENDIAN);
        head.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16); // 64 bit, little-endian
        head.putShort(ET_CORE).putShort(EM_X86_64).putInt(1);
        head.putLong(0).putLong(HEADER_BYTES).putLong(0).putInt(0); // no entry, no sections
        head.putShort((short) HEADER_BYTES).putShort((short) PROGRAM_HEADER_BYTES);
        head.putShort((short) (1 + parts.size())).putShort((short) 0).putInt(0);
        program(head, PT_NOTE, 0, notesOffset, 0, notes.limit(), 4);
        for (PcRamLayout.Part part : parts) {
            long gpa = part.range().gpa();
            long sizeBytes = part.range().sizeBytes();
            program(head, PT_LOAD, PF_RWX, dataOffset + part.offset(), gpa, sizeBytes, PAGE);
        }
        return head.put(notes).flip();
    }

    private static long dataOffset(int headBytes) {
        return headBytes + PAGE - 1 & -PAGE;
    }

    /** {@code Elf64_Phdr}. */
    private static void program(
            ByteBuffer to, int type, int flags, long offset, long gpa, long sizeBytes, long align) {
        to.putInt(type).putInt(flags).putLong(offset).putLong(gpa).putLong(gpa);
        to.putLong(sizeBytes).putLong(type == PT_LOAD ? sizeBytes : 0).putLong(align);
    }
}
