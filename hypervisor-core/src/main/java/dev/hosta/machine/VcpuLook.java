package dev.hosta.machine;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.memory.Access;
import dev.hosta.memory.AddressTranslation;
import dev.hosta.memory.AddressTranslator;
import dev.hosta.memory.PagingState;
import dev.hosta.memory.Privilege;
import dev.hosta.memory.StageTwoMap;
import dev.hosta.vcpu.CrashReport;
import dev.hosta.vcpu.VcpuThread;
import dev.hosta.vcpu.VirtualCpu;

import java.util.ArrayList;
import java.util.List;

/**
 * A look at the vCPUs from outside: where they run, their registers, and where their addresses
 * lead.
 *
 * <p>All of it is refused once the machine is closed. Threading: any thread but a vCPU's own; one
 * look at a time, and none while the memory goes away that it reads.
 */
public final class VcpuLook {
    private final List<VcpuThread> vcpus;
    private final GuestMemory memory;
    private final StageTwoMap map;
    private final PagingLimits limits;
    private boolean ended;

    VcpuLook(List<VcpuThread> vcpus, GuestMemory memory, StageTwoMap map, PagingLimits limits) {
        this.vcpus = vcpus;
        this.memory = memory;
        this.map = map;
        this.limits = limits;
    }

    /** The machine is gone; waits for a look that is being taken. */
    synchronized void end() {
        ended = true;
    }

    private void requireThere() {
        if (ended) {
            throw new IllegalStateException("Cannot look into the machine: it is gone");
        }
    }

    /** Frequency of the guest's TSC, in kHz. */
    public synchronized int tscKhz() {
        requireThere();
        return vcpus.getFirst().ask(VirtualCpu::tscKhz);
    }

    /**
     * Follows an address of the guest through both stages, in the name of the supervisor.
     *
     * @param vcpu whose page tables, 0 up
     * @param gva guest virtual (linear) address
     */
    public synchronized AddressTranslation translate(int vcpu, long gva) {
        requireThere();
        PagingState paging = vcpus.get(vcpu).ask(cpu -> limits.stateOf(cpu.sregs()));
        return new AddressTranslator(map).translate(paging, gva, Access.READ, Privilege.SUPERVISOR);
    }

    /** Where each vCPU runs, as linear addresses. */
    public synchronized List<Long> rips() {
        requireThere();
        List<Long> rips = new ArrayList<>();
        for (VcpuThread vcpu : vcpus) {
            rips.add(vcpu.ask(cpu -> CrashReport.linearRip(cpu.regs(), cpu.sregs())));
        }
        return rips;
    }

    /** Each vCPU's registers, code bytes and the page walk of its rip; several lines each. */
    public synchronized List<String> reports() {
        requireThere();
        List<String> reports = new ArrayList<>();
        for (int i = 0; i < vcpus.size(); i++) {
            int index = i;
            reports.add(
                    vcpus.get(i)
                            .ask(
                                    cpu -> {
                                        KvmSregs sregs = cpu.sregs();
                                        return CrashReport.of(
                                                index,
                                                cpu.regs(),
                                                sregs,
                                                memory,
                                                new AddressTranslator(map),
                                                limits.stateOf(sregs));
                                    }));
        }
        return reports;
    }
}
