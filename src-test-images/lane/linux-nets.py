#!/usr/bin/env python3
"""Two Linux guests with disks (../linux/make-root.sh) and the host send one another pings and megabytes.

    linux-nets.py [--limit SECONDS] [--mib N] [--cable-mib N] --hosta HOSTA --folder FOLDER

FOLDER holds vmlinuz, root.cpio, and the disks left.img and right.img. The host has a bridge with the address 10.78.0.1/24
and on it the taps `left` and `right`; each guest's first card is on its tap, the second on a cable between the two. The right one's
terminal is its virtio console. Each byte of a transfer is compared, or summed up. Status 0 when all arrived as it was sent.
"""
import argparse
import hashlib
import socket
import subprocess
import sys
import threading
import time

from root_guest import PROMPT, ask_for_complaints, power_off, take_addresses
from screen import Failed, Screen

HOST, LEFT, RIGHT = "10.78.0.1", "10.78.0.2", "10.78.0.3"
CABLE_LEFT, CABLE_RIGHT = "10.79.0.2", "10.79.0.3"
FETCH_PORT, PORT = 8000, 9000
SEND, TAKE = "/home/guest/send", "/home/guest/take"  # by nets-test.sh; nc itself goes by the kilobyte
SIZE = (31, 101)
LATER_SIZE = (42, 111)


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
    """The host's end of one connection: sends the block so often, or compares with it what comes."""

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

    def to_host(self, name, guest, host, times):
        begun = time.monotonic()
        peer = Peer(self.block, times, False, self.limit)
        peer.start()
        guest.ask(f"TIMES={times} nc {host} {PORT} -e {SEND}; echo sent $?", r"sent 0\s")
        peer.result()
        self.told(name, times, begun)

    def from_host(self, name, guest, host, times):
        begun = time.monotonic()
        peer = Peer(self.block, times, True, self.limit)
        peer.start()
        guest.ask(f"nc {host} {PORT} -e {TAKE}; cat /tmp/sum", self.block.digest(times))
        peer.result()
        self.told(name, times, begun)

    def between(self, name, source, target, address, times):
        begun = time.monotonic()
        target.ask(f"rm -f /tmp/sum; nc -l -p {PORT} -e {TAKE} &", "")
        target.ask(f"until netstat -ltn | grep -q :{PORT}; do sleep 1; done; echo listens $?", r"listens 0")
        source.ask(f"TIMES={times} nc {address} {PORT} -e {SEND}; echo sent $?", r"sent 0\s")
        target.ask("wait; cat /tmp/sum", self.block.digest(times))
        self.told(name, times, begun)


def ping(guest, address, more=""):
    guest.ask(f"ping -c 3 -W 30 {more} {address}", r"3 packets transmitted, 3 packets received")


def resized(guest):
    """The terminal's size, and that it follows."""
    guest.ask("stty size", rf"{SIZE[0]} {SIZE[1]}\s")
    guest.resize(*LATER_SIZE)
    rows, columns = LATER_SIZE
    guest.ask(f"until [ \"$(stty size)\" = '{rows} {columns}' ]; do sleep 1; done; stty size", rf"{rows} {columns}\s")


def talk(left, right, transfers, options):
    for guest, addresses in (left, [LEFT, CABLE_LEFT]), (right, [RIGHT, CABLE_RIGHT]):
        guest.log_in("root")
        take_addresses(guest, addresses)
    resized(right)
    ping(left, HOST)
    ping(left, HOST, "-s 1472")
    ping(left, RIGHT)
    ping(right, LEFT)
    ping(left, CABLE_RIGHT)
    ping(right, CABLE_LEFT)
    for address in LEFT, RIGHT:
        subprocess.run(["busybox", "ping", "-c", "3", "-W", "30", address], check=True)
    fetch = f"wget -q -O /tmp/block http://{HOST}:{FETCH_PORT}/block; md5sum /tmp/block"
    for guest in left, right:
        guest.ask(fetch, transfers.block.digest(1))
    print(f"\n[all there after {left.seconds():.1f} s]")
    transfers.to_host("tap, guest to host", left, HOST, options.mib)
    transfers.from_host("tap, host to guest", left, HOST, options.mib)
    transfers.between("tap, guest to guest", left, right, RIGHT, options.mib)
    transfers.between("cable, guest to guest", right, left, CABLE_LEFT, options.cable_mib)
    for guest in left, right:
        ask_for_complaints(guest)
        power_off(guest, guest)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--cable-mib", type=int, default=16)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    folder = options.folder
    block = Block(folder)
    command = [options.hosta, "run", "--memory", "256M", "--kernel", f"{folder}/vmlinuz"]
    command += ["--initrd", f"{folder}/root.cpio", "--rng", "--append", "root=/dev/vda rw console=ttyS0 quiet panic=-1"]
    cable = ["--net", f"socket:{folder}/cable"]
    left = Screen(
        command + ["--disk", f"{folder}/left.img", "--net", "tap:left"] + cable,
        options.limit,
        PROMPT,
    )
    right = Screen(
        command
        + ["--disk", f"{folder}/right.img", "--net", "tap:right"]
        + cable
        + ["--console", f"file:{folder}/right.console", "--hvc", "stdio"],
        options.limit,
        PROMPT,
        *SIZE,
    )
    try:
        talk(left, right, Transfers(block, options.limit), options)
    except (Failed, OSError, subprocess.CalledProcessError) as why:
        left.kill()
        right.kill()
        print(f"\nlinux-nets: {why}")
        sys.exit(1)
    print(f"\nlinux-nets: all arrived, {left.seconds():.1f} s")


main()
