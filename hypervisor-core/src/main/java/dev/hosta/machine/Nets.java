package dev.hosta.machine;

import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.net.NetDevice;
import dev.hosta.device.virtio.net.NetSettings;
import dev.hosta.linux.HostNet;
import dev.hosta.linux.SocketNet;
import dev.hosta.linux.TapNet;
import dev.hosta.linux.UserNet;

import java.util.ArrayList;
import java.util.List;

/** Makes networks of specs: opened early, plugged into the board later. */
final class Nets {
    private Nets() {}

    /**
     * A network whose carrier is there.
     *
     * @param spec what was asked for
     * @param carrier owned by the handles that {@link #open} was given
     */
    record OpenNet(NetSpec spec, HostNet carrier) {}

    /** Opens all of them; programs that carry them get ready meanwhile. */
    static List<OpenNet> open(List<NetSpec> specs, OwnedHandles handles) {
        List<OpenNet> nets = new ArrayList<>();
        for (NetSpec spec : specs) {
            HostNet carrier =
                    switch (spec.carrier()) {
                        case NetSpec.Carrier.User user -> UserNet.open(user.publish(), spec.mtu());
                        case NetSpec.Carrier.Tap tap -> TapNet.open(tap.interfaceName());
                        case NetSpec.Carrier.Socket socket -> SocketNet.open(socket.path());
                    };
            nets.add(new OpenNet(spec, handles.own(carrier, carrier::close)));
        }
        return nets;
    }

    /** Makes a virtio network device of each, in order, in the next free slots. */
    static void plug(List<OpenNet> nets, VirtioSlots slots, Board board) {
        for (OpenNet net : nets) {
            NetSpec spec = net.spec();
            NetSettings settings =
                    new NetSettings(
                            spec.mac().orElseThrow(),
                            spec.mtu(),
                            rate(spec.rxBytesPerSecond()),
                            rate(spec.txBytesPerSecond()));
            HostNet carrier = net.carrier();
            slots.plug(
                    board,
                    "nets/" + spec.id(),
                    spec.id(),
                    loop -> {
                        carrier.serveOn(loop);
                        return new NetDevice(carrier, settings, loop::execute, loop.newAlarm());
                    });
        }
    }

    private static RateLimit.Rate rate(long bytesPerSecond) {
        return new RateLimit.Rate(0, 0, bytesPerSecond, 0);
    }
}
