package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.kvm.CpuidEntry;
import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmRun;
import dev.hosta.kvm.KvmSegment;
import dev.hosta.kvm.KvmVcpu;
import dev.hosta.kvm.KvmVm;
import dev.hosta.kvm.RunResult;
import dev.hosta.kvm.abi.KvmExit;
import dev.hosta.linux.HugePages;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A guest of a few instructions on the real KVM: RAM, an identity map of 2M pages for the first 6
 * GiB whose accessed and dirty bits are set already, one vCPU in ring 0 of long mode.
 *
 * <pre>
 *  0x1000  PML4    0x2000  PDPT    0x3000  code    0x4000  data    0x8000  six PDs
 * </pre>
 */
final class MicroGuest implements AutoCloseable {
    static final long PML4 = 0x1000;
    static final long CODE = 0x3000;
    static final long DATA = 0x4000;
    static final int END_PORT = 0xf4;
    private static final long ALL = 0x67; // P W U A D
    private static final long LARGE = 0x80;
    private static final long DIRECTORIES = 0x8000;
    private static final long MAPPED_GIB = 6;

    /** First gpa that the guest's own needs leave free. */
    static final long FREE = DIRECTORIES + MAPPED_GIB * 0x1000;

    private final Kvm kvm = Kvm.open();
    final KvmVm vm = kvm.createVm();
    final GuestRam ram;
    final StageTwoMap map = new StageTwoMap(new KvmMemslots(vm));
    final MappedGuestMemory memory = new MappedGuestMemory(map);
    final KvmVcpu vcpu;
    private final int maxPhyAddrBits;
    private final boolean pages1G;

    MicroGuest(long ramBytes, byte[] code) {
        ram = GuestRam.create(ramBytes, HugePages.NONE, false);
        ram.mapInto(map);
        List<CpuidEntry> cpuid = kvm.supportedCpuid();
        maxPhyAddrBits =
                cpuid.stream()
                        .filter(e -> e.function() == 0x8000_0008)
                        .mapToInt(e -> e.eax() & 0xff)
                        .findFirst()
                        .orElse(36);
        pages1G =
                cpuid.stream()
                        .anyMatch(e -> e.function() == 0x8000_0001 && (e.edx() >> 26 & 1) != 0);
        vcpu = vm.createVcpu(0);
        vcpu.setCpuid(cpuid);
        memory.storeU64(PML4, 0x2000 | ALL);
        for (long i = 0; i < MAPPED_GIB; i++) {
            memory.storeU64(0x2000 + i * 8, DIRECTORIES + i * 0x1000 | ALL);
        }
        for (long i = 0; i < MAPPED_GIB * 512; i++) {
            memory.storeU64(DIRECTORIES + i * 8, i << 21 | ALL | LARGE);
        }
        memory.write(CODE, MemorySegment.ofArray(code));
        vcpu.setSregs(
                vcpu.sregs()
                        .withCs(KvmSegment.code64(8))
                        .withData(KvmSegment.data(16))
                        .withTr(KvmSegment.tss(0, 0x67, 24))
                        .withControl(0x8001_0031L, PML4, 0x20, 0xd00));
    }

    PagingState pagingState() {
        var sregs = vcpu.sregs();
        return new PagingState(
                sregs.cr0(), sregs.cr3(), sregs.cr4(), sregs.efer(), maxPhyAddrBits, pages1G);
    }

    /** Starts at the code with two registers, runs to the next exit and returns its reason. */
    int start(long rsi, long rdi) {
        vcpu.setRegs(KvmRegs.RESET.withRip(CODE).withRsi(rsi).withRdi(rdi));
        return resume();
    }

    /** Runs on to the next exit and returns its reason. */
    int resume() {
        RunResult result;
        do {
            result = vcpu.run();
        } while (result != RunResult.EXITED);
        return vcpu.runArea().exitReason();
    }

    /** Checks that the guest stands at its end. */
    void assertEnded(int exitReason) {
        KvmRun run = vcpu.runArea();
        assertEquals(
                KvmExit.EXIT_IO,
                exitReason,
                () ->
                        String.format(
                                "rip=0x%x, mmio gpa=0x%x, suberror=%d",
                                vcpu.regs().rip(), run.mmioGpa(), run.internalSuberror()));
        assertEquals(END_PORT, run.ioPort());
    }

    @Override
    public void close() {
        vcpu.close();
        vm.close();
        kvm.close();
        ram.close();
    }
}
