#!/usr/bin/env python3
"""Snapshots, suspends and resumes a Linux guest (../linux/make-root.sh) that writes to a disk and talks over TCP.

    linux-suspend.py [--limit SECONDS] [--snapshots N] --hosta HOSTA --folder FOLDER

FOLDER holds vmlinuz, root.cpio, and the disks root.img and disks/data.img, an empty ext4. The host has the tap `tap0` with the
address 10.78.0.1/24. The guest runs `rounds` of suspend-test.sh: it writes files past its cache, reads them back and
compares their MD5 sums; and all that the host sends by one connection it sends back. Snapshots are taken while it also
writes its memory, then it is suspended, and resumed under another runtime folder. Status 0 when no sum was wrong and
each byte of the connection came back in its place.
"""
import argparse
import collections
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time

from root_guest import PROMPT, ask_for_complaints, power_off, take_addresses, wait_for_root
from screen import Failed, Screen

HOST, GUEST = "10.78.0.1", "10.78.0.2"
PORT = 9000


class Echo:
    """The host's end of a connection to one that sends back what it gets.

    Bytes that never repeat go out all the time, some 300 KB/s, so that there are always some on the way; each that
    comes back is compared.
    """

    PIECE = 16384
    PAUSE = 0.05

    def __init__(self):
        self.listening = socket.create_server((HOST, PORT))
        self.lock = threading.Condition()
        self.awaited = collections.deque()  # bytes objects that were sent, and did not come back yet
        self.sent = 0
        self.came = 0
        self.problem = ""
        self.closed = False
        self.last = threading.Event()
        self.threads = []

    def start(self, limit):
        self.listening.settimeout(limit)
        self.connection, _ = self.listening.accept()
        self.listening.close()
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
                self.sent += len(piece)
            self.connection.shutdown(socket.SHUT_WR)
        except OSError as why:
            self.fail(f"after {self.sent} bytes were sent: {why}")

    def receive(self):
        try:
            while data := self.connection.recv(1 << 16):
                self.compare(data)
        except OSError as why:
            self.fail(f"after {self.came} bytes came back: {why}")
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def compare(self, data):
        with self.lock:
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
        """Until so many bytes more came back."""
        with self.lock:
            goal = self.came + count
            over = self.lock.wait_for(lambda: self.came >= goal or self.problem or self.closed, limit)
        if self.problem or not over or self.came < goal:
            raise Failed(f"the connection: {self.problem or 'closed' if over else 'nothing more comes back'}")

    def end(self, limit):
        """Sends no more; all must have come back when the other side has closed."""
        self.last.set()
        for thread in self.threads:
            thread.join(limit)
        if self.problem or not self.closed or self.awaited:
            raise Failed(f"the connection: {self.problem or 'not all came back'}, {self.came} of {self.sent} bytes")


class Hosta:
    """Commands under one of two runtime folders, as on two hosts."""

    def __init__(self, hosta, home):
        self.hosta = hosta
        self.home = home

    def command(self, *words):
        return ["env", f"HOSTA_HOME={self.home}", self.hosta, *words]

    def save(self, action, form):
        """Suspend or snapshot; what it reports."""
        command = self.command(action, "guest", "--to", form, "--json")
        if action == "snapshot":
            command.append("--no-disks")  # nobody resumes from it
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return next(event for event in events if event["event"] == "done")


def rounds(guest):
    """How many rounds of writing and reading back there were; none of them with a wrong sum."""
    match = guest.ask("cat /tmp/wrong; echo rounds $(cat /tmp/rounds)", r"rounds (\d+)\s")
    if re.search(r"wrong in round", guest.shown):
        raise Failed("a sum is wrong")
    return int(match.group(1))


def await_rounds(guest, count):
    """Until there were so many; the commands that ask are the pace."""
    while (now := rounds(guest)) < count:
        guest.ask("sleep 1", "")
    return now


def begin_work(guest, echo, limit):
    guest.log_in("root")
    take_addresses(guest, [GUEST])
    guest.ask("mount -t ext4 /dev/vdb /mnt; echo mounted $?", r"mounted 0\s")
    guest.ask("echo 0 > /tmp/rounds; /home/guest/rounds & echo", "")
    guest.ask(f"nc {HOST} {PORT} -e /bin/cat & echo", "")
    echo.start(limit)
    await_rounds(guest, 3)
    echo.wait_for_more(1 << 20, limit)


def take_snapshots(guest, here, options):
    """While a program writes 32 MiB of memory over and over."""
    guest.ask("/home/guest/writer & echo $! > /tmp/writer", "")
    guest.ask("until [ -e /tmp/written ]; do sleep 1; done; echo written", r"written\s")
    pauses = []
    for _ in range(options.snapshots):
        before = rounds(guest)
        done = here.save("snapshot", f"{options.folder}/snapshot")
        pauses.append(done["pause_us"] / 1000)
        print(f"\n[snapshot: stood still {pauses[-1]:.1f} ms, {done['written_bytes'] >> 20} MiB in {done['elapsed_ms']} ms]")
        await_rounds(guest, before + 1)
    guest.ask("kill $(cat /tmp/writer); echo killed $?", r"killed 0\s")
    print(f"\n[snapshots stood still, ms: {' '.join(f'{pause:.1f}' for pause in pauses)}]")


def move(guest, echo, here, there, options):
    """Suspends it and resumes it elsewhere; the terminal that goes on."""
    form = f"{options.folder}/form"
    before = rounds(guest)
    came = echo.came
    begun = time.monotonic()
    done = here.save("suspend", form)
    status = guest.end()
    if status != 0:
        raise Failed(f"after the suspend the command ended with {status}")
    suspended = time.monotonic()
    if os.path.exists(f"{here.home}/vms/guest/api.sock"):
        raise Failed("the first runtime folder still has the VM")
    guest = Screen(there.command("resume", form), options.limit, PROMPT)
    after = rounds(guest)
    print(
        f"\n[suspended in {suspended - begun:.1f} s, {done['written_bytes'] >> 20} MiB; first answer after {guest.seconds():.1f} s;"
        f" rounds {before} before, {after} after; {came} bytes before]"
    )
    await_rounds(guest, after + 3)
    echo.wait_for_more(1 << 20, options.limit - guest.seconds())
    print(f"\n[{echo.came} bytes came back, {guest.seconds():.1f} s after the resume]")
    return guest


def end_work(guest, echo, limit):
    guest.ask("touch /tmp/stop; until [ -e /tmp/stopped ]; do sleep 1; done; echo stopped", r"stopped\s")
    echo.end(limit)
    print(f"\n[{rounds(guest)} rounds, no sum wrong; {echo.came} bytes sent, and back as they were]")
    guest.ask("umount /mnt; echo unmounted $?", r"unmounted 0\s")
    ask_for_complaints(guest)


def talk(guest, here, there, options):
    echo = Echo()
    wait_for_root(guest)
    begin_work(guest, echo, options.limit)
    take_snapshots(guest, here, options)
    guest = move(guest, echo, here, there, options)
    end_work(guest, echo, options.limit)
    power_off(guest, guest)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=700)
    parser.add_argument("--snapshots", type=int, default=3)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    folder = options.folder
    here, there = (Hosta(options.hosta, f"{folder}/{home}") for home in ("here", "there"))
    command = here.command("run", "--name", "guest", "--memory", "256M", "--kernel", f"{folder}/vmlinuz")
    command += ["--initrd", f"{folder}/root.cpio", "--append", "root=/dev/vda rw console=ttyS0 quiet panic=-1"]
    command += ["--disk", f"{folder}/root.img", "--disk", f"{folder}/disks/data.img,cache=none", "--net", "tap:tap0"]
    begun = time.monotonic()
    try:
        talk(Screen(command, options.limit, PROMPT), here, there, options)
    except (Failed, OSError, subprocess.CalledProcessError) as why:
        print(f"\nlinux-suspend: {why}")
        sys.exit(1)
    print(f"\nlinux-suspend: nothing was lost, {time.monotonic() - begun:.1f} s")


main()
