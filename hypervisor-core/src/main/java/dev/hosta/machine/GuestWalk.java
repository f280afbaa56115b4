package dev.hosta.machine;

import dev.hosta.memory.Access;
import dev.hosta.memory.AddressTranslation;
import dev.hosta.memory.AddressTranslator;
import dev.hosta.memory.PagingState;
import dev.hosta.memory.Privilege;
import dev.hosta.memory.StageTwoMap;
import dev.hosta.vcpu.VcpuThread;

/**
 * A walk through a guest's page tables in the supervisor's name.
 *
 * <p>Threading: under the machine's lock, as a close would take away the memory that it reads.
 */
final class GuestWalk {
    private GuestWalk() {}

    /** Follows an address of the guest, as a vCPU's registers have it. */
    static AddressTranslation of(VcpuThread vcpu, PagingLimits limits, StageTwoMap map, long gva) {
        PagingState paging = vcpu.ask(cpu -> limits.stateOf(cpu.sregs()));
        return new AddressTranslator(map).translate(paging, gva, Access.READ, Privilege.SUPERVISOR);
    }
}
