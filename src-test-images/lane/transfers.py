"""Megabytes between a Linux guest's shell and whoever is at the other end of a connection, compared or summed up."""
import hashlib
import os
import socket
import threading
import time

from screen import Failed

PORT = 9000
# In guest's home, by write_scripts; nc itself goes by the kilobyte.
SEND, SEND_AND_WAIT, TAKE, KEEP = (f"/home/guest/{name}" for name in ("send", "send-and-wait", "take", "keep"))
SEEN = b"seen\n"


def write_scripts(home):
    """What nc runs in the guest, for ../linux/make-root.sh to put into it."""
    send = "i=0\nwhile [ $i -lt $TIMES ]; do cat /tmp/block; i=$((i + 1)); done\n"
    scripts = {"send": send, "send-and-wait": send + "read answer\n", "take": "md5sum > /tmp/sum\n", "keep": "cat > /tmp/block\n"}
    for name, text in scripts.items():
        path = f"{home}/{name}"
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)


class Block:
    """What is sent over and over: 1 MiB less some bytes, so that it never falls into place with a buffer."""

    def __init__(self, folder):
        with open("/dev/urandom", "rb") as source:
            self.bytes = source.read((1 << 20) - 77)
        self.path = f"{folder}/block"
        with open(self.path, "wb") as file:
            file.write(self.bytes)

    def digest(self, times):
        total = hashlib.md5()
        for _ in range(times):
            total.update(self.bytes)
        return total.hexdigest()


class Peer(threading.Thread):
    """The host's end of one connection: sends the block so often, or compares with it what comes, and says so then."""

    def __init__(self, block, times, sends, limit):
        super().__init__(daemon=True)
        self.block, self.times, self.sends, self.limit = block, times, sends, limit
        self.listening = socket.create_server(("0.0.0.0", PORT))
        self.problem = "no connection"

    def run(self):
        with self.listening:
            self.listening.settimeout(self.limit)
            connection, _ = self.listening.accept()
        self.problem = "the connection broke"
        with connection:
            connection.settimeout(self.limit)
            if self.sends:
                for _ in range(self.times):
                    connection.sendall(self.block.bytes)
                self.problem = ""
            else:
                self.problem = self.compare(connection)

    def compare(self, connection):
        expected = self.block.bytes * 2
        size = len(self.block.bytes)
        buffer = bytearray(size)
        got = 0
        while count := connection.recv_into(buffer):
            at = got % size
            if buffer[:count] != expected[at : at + count]:
                return f"other bytes among those from {got} on"
            got += count
            if got == size * self.times:
                connection.sendall(SEEN)
        return "" if got == size * self.times else f"{got} bytes of {size * self.times}"

    def result(self):
        self.join(self.limit)
        if self.is_alive():
            raise Failed("the host's end of a connection is not done")
        if self.problem:
            raise Failed(f"the host's end of a connection: {self.problem}")


class Transfers:
    """Megabytes between two, timed from the first command to the last answer."""

    def __init__(self, block, limit):
        self.block = block
        self.limit = limit

    def told(self, name, times, begun):
        seconds = time.monotonic() - begun
        print(f"\n[{name}: {times} MiB in {seconds:.1f} s, {times / seconds:.1f} MiB/s]")

    def to_host(self, name, guest, host, times, script=SEND):
        """The guest ends the connection after the last byte, or with SEND_AND_WAIT once the host has seen it."""
        begun = time.monotonic()
        peer = Peer(self.block, times, False, self.limit)
        peer.start()
        try:
            guest.ask(f"TIMES={times} nc {host} {PORT} -e {script}; echo sent $?", r"sent 0\s")
        except Failed as why:
            raise Failed(f"{why}; the host's end: {peer.problem}") from None
        peer.result()
        self.told(name, times, begun)

    def from_host(self, name, guest, host, times):
        begun = time.monotonic()
        peer = Peer(self.block, times, True, self.limit)
        peer.start()
        guest.ask(f"nc {host} {PORT} -e {TAKE}; cat /tmp/sum", self.block.digest(times))
        peer.result()
        self.told(name, times, begun)

    def give_block(self, guest, host):
        """The block itself, to /tmp/block."""
        peer = Peer(self.block, 1, True, self.limit)
        peer.start()
        guest.ask(f"nc {host} {PORT} -e {KEEP}; md5sum /tmp/block", self.block.digest(1))
        peer.result()

    def between(self, name, source, target, address, times):
        begun = time.monotonic()
        target.ask(f"rm -f /tmp/sum; nc -l -p {PORT} -e {TAKE} &", "")
        target.ask(f"until netstat -ltn | grep -q :{PORT}; do sleep 1; done; echo listens $?", r"listens 0")
        source.ask(f"TIMES={times} nc {address} {PORT} -e {SEND}; echo sent $?", r"sent 0\s")
        target.ask("wait; cat /tmp/sum", self.block.digest(times))
        self.told(name, times, begun)
