#!/usr/bin/env python3
"""Moves a Linux guest (../linux/make-root.sh) that writes to a disk and talks over TCP to another host, and back.

    linux-migrate.py [--limit SECONDS] --side a|b --hosta HOSTA --folder FOLDER --disks DISKS

Run on both hosts of migrate-pair-test.sh; side a runs the guest and tells side b, over TCP, what to do. FOLDER holds vmlinuz
and root.cpio; DISKS, which both hosts see, root.img and data.img, an empty ext4. Status 0 when no sum was wrong, each byte
came back in its place, and the guest made itself known at each new place.
"""
import argparse
import collections
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time

from root_guest import PROMPT, ask_for_complaints, power_off, take_addresses, wait_for_root
from screen import Failed, Screen

A, B, GUEST = "10.9.0.1", "10.9.0.2", "10.9.0.3"
ECHO_PORT, ORDER_PORT, MOVE_PORT = 9000, 9100, 9200


class Echo:
    """The peer of the guest's connection: sends bytes that never repeat, and compares what comes back; knows the
    longest time without any."""

    PIECE = 4096
    PAUSE = 0.02

    def __init__(self):
        self.listening = socket.create_server(("0.0.0.0", ECHO_PORT))
        self.lock = threading.Condition()
        self.awaited = collections.deque()
        self.came = 0
        self.gap = 0.0
        self.heard = 0.0
        self.problem = ""
        self.last = threading.Event()
        self.threads = []

    def start(self, limit):
        self.listening.settimeout(limit)
        self.connection, _ = self.listening.accept()
        self.heard = time.monotonic()
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.send, self.receive)]
        for thread in self.threads:
            thread.start()

    def send(self):
        source = random.Random(4)
        try:
            while not self.last.wait(self.PAUSE):
                piece = source.randbytes(self.PIECE)
                with self.lock:
                    self.awaited.append(piece)
                self.connection.sendall(piece)
            self.connection.shutdown(socket.SHUT_WR)
        except OSError as why:
            self.fail(str(why))

    def receive(self):
        try:
            while data := self.connection.recv(1 << 16):
                self.compare(data)
        except OSError as why:
            self.fail(str(why))
        with self.lock:
            if self.awaited:
                self.problem = self.problem or "not all came back"
            self.lock.notify_all()

    def compare(self, data):
        with self.lock:
            now = time.monotonic()
            self.gap, self.heard = max(self.gap, now - self.heard), now
            while data:
                expected = self.awaited.popleft() if self.awaited else b""
                size = min(len(data), len(expected))
                if size == 0 or data[:size] != expected[:size]:
                    raise OSError("other bytes than were sent")
                if size < len(expected):
                    self.awaited.appendleft(expected[size:])
                data = data[size:]
                self.came += size
            self.lock.notify_all()

    def fail(self, problem):
        with self.lock:
            self.problem = self.problem or problem
            self.lock.notify_all()

    def wait_for_more(self, count, limit):
        with self.lock:
            goal = self.came + count
            over = self.lock.wait_for(lambda: self.came >= goal or self.problem, limit)
        if self.problem or not over:
            raise Failed(f"the connection: {self.problem or 'nothing more comes back'}, {self.came} bytes came")

    def longest(self):
        """Since the last time that this was asked."""
        with self.lock:
            gap, self.gap = self.gap, 0.0
        return gap

    def end(self, limit):
        self.last.set()
        for thread in self.threads:
            thread.join(limit)
        if self.problem or any(thread.is_alive() for thread in self.threads):
            raise Failed(f"the connection: {self.problem or 'does not end'}")


class Announcements(threading.Thread):
    """What comes by on any interface of this host and names the guest's place: RARP by Hosta, ARP by the guest."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen = collections.Counter()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.start()

    def run(self):
        while True:
            frame, address = self.socket.recvfrom(2048)
            (kind,) = struct.unpack_from(">H", frame, 12)
            if kind == 0x8035:
                self.seen["RARP", address[0]] += 1
            elif kind == 0x0806 and frame[28:32] == frame[38:42] == socket.inet_aton(GUEST):
                self.seen["gratuitous ARP", address[0]] += 1

    def told(self, where):
        seen, self.seen = self.seen, collections.Counter()
        print(f"\n[{where}: " + ", ".join(f"{count} x {kind} on {card}" for (kind, card), count in sorted(seen.items())) + "]")
        return {kind for kind, _ in seen}


class Hosta:
    def __init__(self, hosta, folder):
        self.hosta, self.folder = hosta, folder

    def command(self, *words):
        return ["env", f"HOSTA_HOME={self.folder}/home", self.hosta, *words]

    def migrate(self, to):
        command = self.command("migrate", "guest", f"{to}:{MOVE_PORT}", "--insecure", "--json", "--downtime", "2s",
                               "--timeout", "60s", "--on-timeout", "force")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "done":
                    return event
                print(f"[{line.strip()}]", flush=True)
        raise Failed(f"the migration ended with {process.returncode}")


def told(report):
    return (f"downtime {report['downtime_us'] / 1000:.0f} ms (pause {report['pause_us'] // 1000}, last pages"
            f" {report['last_pages_us'] // 1000}, state {report['state_us'] // 1000}, hand-over"
            f" {report['hand_over_us'] // 1000}, resume {report['resume_us'] // 1000}), total"
            f" {report['total_us'] / 1e6:.1f} s, {report['sent_bytes'] >> 20} MiB in {report['rounds']} rounds")


def rounds(guest):
    match = guest.ask("cat /tmp/wrong; echo rounds $(cat /tmp/rounds)", r"rounds (\d+)\s")
    if "wrong in round" in guest.shown:
        raise Failed("a sum is wrong")
    return int(match.group(1))


def await_rounds(guest, count):
    while (now := rounds(guest)) < count:
        guest.ask("sleep 1", "")
    return now


class Orders:
    """The way from side a to side b: a word a line, and a line back."""

    def __init__(self, limit):
        end = time.monotonic() + limit
        while True:
            try:
                self.connection = socket.create_connection((B, ORDER_PORT), 5)
                break
            except OSError:
                if time.monotonic() > end:
                    raise Failed("side b is not there") from None
                time.sleep(0.5)
        self.connection.settimeout(limit)
        self.lines = self.connection.makefile("rw")

    def give(self, order):
        self.lines.write(order + "\n")
        self.lines.flush()
        answer = self.lines.readline().strip()
        if not answer.startswith("ok"):
            raise Failed(f"side b, {order}: {answer}")
        return answer[3:]


def side_b(hosta, limit):
    """Does what side a says, one after the other."""
    with socket.create_server(("0.0.0.0", ORDER_PORT)) as listening:
        listening.settimeout(limit)
        connection, _ = listening.accept()
    connection.settimeout(limit)
    lines = connection.makefile("rw")
    announcements = Announcements()
    receiver = None
    for line in lines:
        order = line.strip()
        answer = ""
        try:
            if order == "receive":
                receiver = subprocess.Popen(
                    hosta.command("receive", "--listen", f"{B}:{MOVE_PORT}", "--insecure", "--console",
                                  f"file:{hosta.folder}/console"),
                    stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                receiver.stderr.readline()
            elif order == "announced":
                answer = ",".join(sorted(announcements.told("side b")))
            elif order == "back":
                answer = told(hosta.migrate(A))
                if receiver.wait(limit) != 0:
                    raise Failed(f"the receiver ended with {receiver.returncode}")
            lines.write(f"ok {answer}\n")
            lines.flush()
            if order == "end":
                return
        except (Failed, OSError, subprocess.SubprocessError) as why:
            lines.write(f"{type(why).__name__}: {why}\n".replace("\n", " ") + "\n")
            lines.flush()


def begin_work(guest, echo, limit):
    wait_for_root(guest)
    guest.log_in("root")
    take_addresses(guest, [GUEST])
    guest.ask("mount -t ext4 /dev/vdb /mnt; echo mounted $?", r"mounted 0\s")
    guest.ask("echo 0 > /tmp/rounds; /home/guest/rounds & echo", "")
    guest.ask(f"nc {A} {ECHO_PORT} -e /bin/cat & echo", "")
    echo.start(limit)
    await_rounds(guest, 2)
    echo.wait_for_more(1 << 18, limit)
    print(f"\n[without a migration the peer heard nothing for {echo.longest() * 1000:.0f} ms at most]")


def come_back(hosta, orders, options):
    """Receives the guest; the terminal that goes on."""
    guest = Screen(hosta.command("receive", "--listen", f"{A}:{MOVE_PORT}", "--insecure"), options.limit, PROMPT)
    guest.wait_for("Waiting for a VM on")
    print(f"\n[back: {orders.give('back')}]")
    return guest


def talk(guest, hosta, orders, options):
    echo = Echo()
    announcements = Announcements()
    begin_work(guest, echo, options.limit)
    before = rounds(guest)
    orders.give("receive")
    announcements.told("before")
    print(f"\n[there: {told(hosta.migrate(B))}]")
    status = guest.end()
    if status != 0:
        raise Failed(f"after the migration the command ended with {status}")
    echo.wait_for_more(1 << 18, options.limit)
    print(f"\n[the peer heard nothing for {echo.longest() * 1000:.0f} ms at most]")
    if "RARP" not in announcements.told("side a, of the guest at b"):
        raise Failed("no RARP came over the cable")
    if "RARP" not in orders.give("announced"):
        raise Failed("no RARP was seen at its new place")
    guest = come_back(hosta, orders, options)
    guest.type("\r")
    guest.wait_for(PROMPT)
    echo.wait_for_more(1 << 18, options.limit)
    print(f"\n[the peer heard nothing for {echo.longest() * 1000:.0f} ms at most]")
    if "RARP" not in announcements.told("side a, of the guest at a"):
        raise Failed("no RARP was seen at its old place")
    after = rounds(guest)
    print(f"\n[rounds {before} before, {after} after]")
    await_rounds(guest, after + 2)
    guest.ask("touch /tmp/stop; until [ -e /tmp/stopped ]; do sleep 1; done; echo stopped", r"stopped\s")
    echo.end(options.limit)
    print(f"\n[{rounds(guest)} rounds, no sum wrong; {echo.came} bytes came back as they were]")
    guest.ask("umount /mnt; echo unmounted $?", r"unmounted 0\s")
    ask_for_complaints(guest)
    power_off(guest, guest)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=700)
    parser.add_argument("--side", choices=("a", "b"), required=True)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--disks", required=True)
    options = parser.parse_args()
    hosta = Hosta(options.hosta, options.folder)
    begun = time.monotonic()
    try:
        if options.side == "b":
            side_b(hosta, options.limit)
        else:
            command = hosta.command("run", "--name", "guest", "--memory", "80M", "--kernel", f"{options.folder}/vmlinuz",
                                    "--initrd", f"{options.folder}/root.cpio",
                                    "--append", "root=/dev/vda rw console=ttyS0 quiet panic=-1",
                                    "--disk", f"{options.disks}/root.img,cache=none",
                                    "--disk", f"{options.disks}/data.img,cache=none", "--net", "tap:tap0")
            orders = Orders(options.limit)
            talk(Screen(command, options.limit, PROMPT), hosta, orders, options)
            orders.give("end")
    except (Failed, OSError, subprocess.SubprocessError) as why:
        print(f"\nlinux-migrate, side {options.side}: {why}")
        sys.exit(1)
    print(f"\nlinux-migrate, side {options.side}: nothing was lost, {time.monotonic() - begun:.1f} s")


main()
