package dev.hosta.machine;

import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmVm;
import dev.hosta.linux.HugePages;
import dev.hosta.memory.FrozenRam;
import dev.hosta.memory.GuestRam;
import dev.hosta.vcpu.ExitDispatcher;
import dev.hosta.vcpu.KvmVirtualCpu;
import dev.hosta.vcpu.VcpuListener;
import dev.hosta.vcpu.VcpuState;
import dev.hosta.vcpu.VcpuThread;
import dev.hosta.vcpu.VirtualCpu;

import java.util.List;
import java.util.function.Predicate;

/**
 * A cut of a machine that is not the guest's, before the first cut that is: the code of a cut has
 * never run by then, and loading it would take longer than all else that the guest has to wait for.
 *
 * <p>Threading: the thread that cuts, or one beside it; no state.
 */
public final class CutRehearsal {
    private static final int PAGE = 4096;

    /** {@code KVM_MP_STATE_UNINITIALIZED}: entered, it waits for an INIT that nobody sends. */
    private static final int WAITS_FOR_INIT = 1;

    private CutRehearsal() {}

    /** Cuts a board with one vCPU in its reset state and one page of RAM. */
    static void run(GuestCpu cpu) {
        with(cpu, CutRehearsal::cut);
    }

    /**
     * Takes the state of such a machine and puts it back, again and again, and lets the machine run
     * and stop, as a guest does that goes from one machine to another.
     *
     * @param again what else is to be rehearsed with the state; says whether to take it once more
     */
    public static void move(GuestCpu cpu, Predicate<MachineState> again) {
        with(cpu, (vm, ram, own, board, vcpu) -> move(vm, ram, board, vcpu, again));
    }

    /** Something to be done with the parts of such a machine. */
    private interface Act {
        MachineState with(KvmVm vm, GuestRam ram, GuestCpu cpu, Board board, VcpuThread vcpu);
    }

    private static MachineState with(GuestCpu cpu, Act act) {
        try (Kvm kvm = Kvm.open();
                KvmVm vm = kvm.createVm();
                GuestRam ram = GuestRam.create(PAGE, HugePages.NONE, false)) {
            vm.createIrqchip();
            vm.createPit2();
            try (Board board = new Board(gsi -> high -> {}, value -> {}, PAGE, 0, request -> {})) {
                VirtualCpu.Factory factory =
                        index ->
                                KvmVirtualCpu.create(
                                        vm,
                                        index,
                                        khz -> cpu.table(index, 1, khz),
                                        kvm::msrIndexList);
                VcpuThread vcpu =
                        new VcpuThread(
                                0,
                                factory,
                                new ExitDispatcher(board.ports(), board.mmio()),
                                new Deaf());
                vcpu.start();
                try {
                    return act.with(vm, ram, cpu, board, vcpu);
                } finally {
                    vcpu.stop();
                }
            }
        }
    }

    private static MachineState move(
            KvmVm vm, GuestRam ram, Board board, VcpuThread vcpu, Predicate<MachineState> again) {
        RunningGuest.pause(List.of(vcpu));
        ram.still().close();
        MachineState taken;
        do {
            taken = StateTransfer.out(vm, List.of(vcpu), board);
            StateTransfer.in(vm, List.of(vcpu), board, waiting(taken));
        } while (again.test(taken));
        board.start();
        vcpu.run();
        RunningGuest.pause(List.of(vcpu));
        board.pause();
        return taken;
    }

    private static MachineState waiting(MachineState taken) {
        VcpuState.V1 own = taken.vcpus().getFirst();
        VcpuState.V1 waiting =
                new VcpuState.V1(
                        own.regs(),
                        own.sregs(),
                        own.debugRegs(),
                        own.xcrs(),
                        own.xsave(),
                        own.msrs(),
                        own.lapic(),
                        own.events(),
                        WAITS_FOR_INIT,
                        own.tscKhz());
        return new MachineState(taken.platform(), List.of(waiting), taken.devices());
    }

    private static MachineState cut(
            KvmVm vm, GuestRam ram, GuestCpu cpu, Board board, VcpuThread vcpu) {
        RunningGuest.pause(List.of(vcpu));
        board.start();
        board.pause();
        MachineState state = StateTransfer.out(vm, List.of(vcpu), board);
        for (int time = 0; time < 2; time++) {
            FrozenRam frozen = ram.freeze();
            MachineCut made = new MachineCut(state, cpu, frozen, false, false, cut -> {});
            ram.foldable().forEach(ram::fold);
            ram.dropFormer();
            made.close();
        }
        board.resume();
        board.pause();
        return state;
    }

    /** Nothing happens to a vCPU that never runs. */
    private static final class Deaf implements VcpuListener {
        @Override
        public void crashed(int index, String reason, VirtualCpu cpu) {}

        @Override
        public void guestShutdown(int index, boolean reset) {}

        @Override
        public void hostFailed(int index, RuntimeException cause) {}
    }
}
