package dev.hosta.device.virtio.console;

import dev.hosta.device.backend.ConsolePort;
import dev.hosta.device.virtio.abi.VirtioConsole;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One port between its two queues and the host's end, and what the driver knows of it.
 *
 * <p>No chain is ever kept: one that the host's end takes in part goes back to its queue, and how
 * far it got is remembered. What the driver has yet to be told is a set of bits, so that a driver
 * that asks much and takes nothing costs no memory.
 *
 * <p>Threading: the device's thread.
 */
final class PortLine {
    /** Owed to the driver: that there is the port. */
    static final int ADD = 1;

    /** Owed: that it is a console. */
    static final int CONSOLE = 2;

    /** Owed: its name. */
    static final int NAME = 4;

    /** Owed: its size. */
    static final int SIZE = 8;

    /** Owed: whether the host's end is open. */
    static final int OPEN = 16;

    /** All that can be owed. */
    static final int ALL = ADD | CONSOLE | NAME | SIZE | OPEN;

    /** Most bytes of a turn, so that no port keeps the device's thread from the others. */
    static final long TURN_BYTES = 1 << 18;

    private final int id;
    private final String name;
    private final ConsolePort port;
    private final ConsoleCounting counting;
    private boolean ready;
    private boolean guestOpen;
    private boolean hostOpenTold;
    private int owed;
    private long takenBytes;
    private boolean full;
    private boolean awaiting;

    /**
     * A port that no driver knows of.
     *
     * @param id 0 for the console
     * @param name empty for the console
     */
    PortLine(int id, String name, ConsolePort port, ConsoleCounting counting) {
        this.id = id;
        this.name = name;
        this.port = port;
        this.counting = counting;
    }

    int id() {
        return id;
    }

    ConsolePort port() {
        return port;
    }

    boolean isConsole() {
        return name.isEmpty();
    }

    boolean isGuestOpen() {
        return guestOpen;
    }

    /** The first queue of the port; the second one follows. */
    int receiveQueue() {
        return id == 0
                ? VirtioConsole.RECEIVE_QUEUE
                : VirtioConsole.FIRST_PORT_QUEUE + 2 * (id - 1);
    }

    /** The driver wants to hear of ports. */
    void announce() {
        owed |= ADD;
    }

    /** The driver has set the port up, or could not. */
    void ready(boolean isReady) {
        ready = isReady;
        hostOpenTold = false;
        owed &= ADD;
        if (ready) {
            owed |= isConsole() ? CONSOLE | SIZE : NAME;
            owe();
        }
    }

    /** The driver opened the port, or closed it. */
    void guestOpen(boolean isOpen) {
        guestOpen = isOpen;
    }

    /** Finds out whether the driver knows of the host's end what is true. */
    void owe() {
        if (ready && port.isConnected() != hostOpenTold) {
            owed |= OPEN;
        }
    }

    /** The console's size has changed. */
    void oweSize() {
        if (ready) {
            owed |= SIZE;
        }
    }

    boolean owesAnything() {
        return owed != 0;
    }

    /** The next message that is owed, which is then owed no more; the first bit first. */
    ControlMessage takeOwed() {
        int next = Integer.lowestOneBit(owed);
        owed &= ~next;
        return switch (next) {
            case ADD -> ControlMessage.of(id, VirtioConsole.DEVICE_ADD, 0);
            case CONSOLE -> ControlMessage.of(id, VirtioConsole.CONSOLE_PORT, 1);
            case NAME -> ControlMessage.name(id, name);
            case SIZE -> ControlMessage.resize(id, port.columns(), port.rows());
            case OPEN -> {
                hostOpenTold = port.isConnected();
                yield ControlMessage.of(id, VirtioConsole.PORT_OPEN, hostOpenTold ? 1 : 0);
            }
            default -> throw new IllegalStateException("Nothing is owed: port=" + id);
        };
    }

    /** The host's end has room again, or nobody is there any more. */
    void roomAgain() {
        full = false;
    }

    /** Nothing is served for a while. */
    void rest() {
        full = false;
        await(false);
    }

    /** The driver is gone. */
    void forget() {
        ready = false;
        guestOpen = false;
        hostOpenTold = false;
        owed = 0;
        takenBytes = 0;
    }

    private void await(boolean wanted) {
        if (awaiting != wanted) {
            awaiting = wanted;
            port.awaitInput(wanted);
        }
    }

    /**
     * Carries bytes to the host's end, for one turn.
     *
     * @return whether there may be more
     */
    boolean transmit(SplitQueue queue) {
        if (full) {
            return false;
        }
        long left = TURN_BYTES;
        int chains = queue.size();
        do {
            queue.disableNotifications();
            for (var next = queue.pop(); next.isPresent(); next = queue.pop()) {
                DescriptorChain chain = next.get();
                long total = chain.readableBytes();
                if (total == 0) {
                    throw new QueueException("Cannot take output: no readable bytes");
                }
                long from = Math.min(takenBytes, total); // the driver may have cut it since
                long wanted = Math.min(total - from, left);
                long taken = port.isConnected() ? write(chain, from, wanted) : drop(total - from);
                if (from + taken < total) {
                    takenBytes = from + taken;
                    queue.unpop(chain);
                    full = taken < wanted;
                    return !full;
                }
                takenBytes = 0;
                queue.push(chain, 0);
                left -= taken;
                chains--;
                if (left <= 0 || chains == 0) {
                    return true;
                }
            }
        } while (queue.enableNotifications());
        return false;
    }

    private long drop(long bytes) {
        counting.dropped(bytes);
        return bytes;
    }

    private long write(DescriptorChain chain, long from, long wanted) {
        long taken = 0;
        for (MemorySegment piece : chain.readableSegments(from, wanted)) {
            int count = port.write(piece);
            taken += count;
            if (count < piece.byteSize()) {
                break;
            }
        }
        counting.fromGuest(taken);
        return taken;
    }

    /**
     * Carries bytes to the guest, for one turn. Where either side has nothing for the other, it
     * asks to be told.
     *
     * @param open whether the guest wants bytes; those of a closed port wait with the host
     * @return whether there may be more
     */
    boolean receive(SplitQueue queue, boolean open) {
        if (!open) {
            await(false);
            return false;
        }
        long left = TURN_BYTES;
        int chains = queue.size();
        do {
            queue.disableNotifications();
            for (var next = queue.pop(); next.isPresent(); next = queue.pop()) {
                DescriptorChain chain = next.get();
                if (chain.writableBytes() == 0) {
                    throw new QueueException("Cannot give input: no writable bytes");
                }
                long count = read(chain, Math.min(chain.writableBytes(), left));
                if (count == 0) {
                    queue.unpop(chain);
                    await(true);
                    return false;
                }
                chain.markWritten(0, count);
                queue.push(chain, count);
                left -= count;
                chains--;
                if (left <= 0 || chains == 0) {
                    return true;
                }
            }
        } while (queue.enableNotifications());
        await(false);
        return false;
    }

    private long read(DescriptorChain chain, long most) {
        long count = 0;
        List<MemorySegment> pieces = chain.writableSegments(0, most);
        for (MemorySegment piece : pieces) {
            int got = port.read(piece);
            count += got;
            if (got < piece.byteSize()) {
                break;
            }
        }
        counting.toGuest(count);
        return count;
    }

    ConsoleState.Port exportState() {
        return new ConsoleState.Port(ready, guestOpen, hostOpenTold, owed, takenBytes);
    }

    void importState(ConsoleState.Port state) {
        ready = state.ready();
        guestOpen = state.guestOpen();
        hostOpenTold = state.hostOpen();
        owed = state.owed();
        takenBytes = state.takenBytes();
    }
}
