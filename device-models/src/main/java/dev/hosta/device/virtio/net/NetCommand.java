package dev.hosta.device.virtio.net;

/** What a driver asks by the control queue, checked (virtio 1.2 §5.1.6.5). */
sealed interface NetCommand {
    /** Set or clear one of the modes of receiving, by its command. */
    record Mode(int command, boolean on) implements NetCommand {}

    /** Take frames to these addresses. */
    record Tables(NetFilter.Table unicast, NetFilter.Table multicast) implements NetCommand {}

    /** The guest has another address of its own. */
    record Address(MacAddress mac) implements NetCommand {}

    /** The announcement was seen. */
    record Announced() implements NetCommand {}

    /** The guest takes these offloads, a set of features. */
    record Offloads(long features) implements NetCommand {}

    /** Nothing: the command ends with an error. */
    record Refused() implements NetCommand {}
}
