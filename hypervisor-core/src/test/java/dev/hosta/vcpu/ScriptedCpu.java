package dev.hosta.vcpu;

import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmSregs;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A vCPU whose exits a test hands in: runs "guest code" by waiting for the next one, as KVM_RUN
 * waits in the kernel.
 */
final class ScriptedCpu implements VirtualCpu {
    final BlockingQueue<VcpuExit> exits = new LinkedBlockingQueue<>();
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final Object guest = new Object();
    private boolean interrupted;
    private boolean unfinished;
    volatile Thread owner;

    static VcpuExit out(int port) {
        return new VcpuExit.PortOut(port, 1, 1, MemorySegment.ofArray(new byte[] {1}));
    }

    /** Lets the guest stop with this exit. */
    void exitWith(VcpuExit exit) {
        synchronized (guest) {
            exits.add(exit);
            guest.notifyAll();
        }
    }

    @Override
    public VcpuExit run() {
        calls.add("run");
        unfinished = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        synchronized (guest) {
            while (!interrupted && exits.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new IllegalStateException("Nobody stopped the scripted guest");
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(guest, left);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            if (interrupted) {
                return new VcpuExit.Interrupted();
            }
            unfinished = true;
            return exits.remove();
        }
    }

    @Override
    public VcpuExit settle() {
        calls.add(unfinished ? "settle unfinished" : "settle");
        unfinished = false;
        return new VcpuExit.Interrupted();
    }

    @Override
    public void reply(ExitAnswer answer) {
        calls.add(answer.toString());
    }

    @Override
    public void interrupt() {
        synchronized (guest) {
            interrupted = true;
            guest.notifyAll();
        }
    }

    @Override
    public void clearInterrupt() {
        synchronized (guest) {
            interrupted = false;
        }
    }

    @Override
    public KvmRegs regs() {
        throw new IllegalStateException("A scripted vCPU has no registers");
    }

    @Override
    public KvmSregs sregs() {
        throw new IllegalStateException("A scripted vCPU has no registers");
    }

    @Override
    public void setEntry(KvmRegs regs, KvmSregs sregs) {
        throw new IllegalStateException("A scripted vCPU has no registers");
    }

    @Override
    public int tscKhz() {
        throw new IllegalStateException("A scripted vCPU has no clock");
    }

    @Override
    public void injectNmi() {
        calls.add("nmi");
    }

    @Override
    public VcpuState.V1 state() {
        throw new IllegalStateException("A scripted vCPU has no state");
    }

    @Override
    public void setState(VcpuState.V1 state) {
        throw new IllegalStateException("A scripted vCPU has no state");
    }

    @Override
    public void close() {
        calls.add("close");
    }
}
