"""What the benchmarks share: start a command, wait for what it prints, look at its memory."""

import os
import re
import selectors
import statistics
import subprocess
import tempfile
import threading
import time


class Run:
    """A started command; its standard output is read here, its input is `given` each millisecond."""

    def __init__(self, command, given=b"", pass_fds=None):
        self.output = b""
        self.complaints = tempfile.TemporaryFile()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            close_fds=bool(pass_fds),
            pass_fds=pass_fds or (),
        )
        self.ended = threading.Event()
        if given:
            threading.Thread(target=self.give, args=(given,), daemon=True).start()

    def give(self, given):
        """Writes to the command's input until the command ends; what it does not read yet waits."""
        pipe = self.process.stdin.fileno()
        os.set_blocking(pipe, False)
        while not self.ended.wait(0.001):
            try:
                os.write(pipe, given)
            except BlockingIOError:
                pass
            except OSError:
                return

    def hush(self):
        """Gives no more of what is given each millisecond; the command's input stays open."""
        self.ended.set()

    def until(self, pattern, timeout):
        """Seconds from the start until the output matches; None when it ends or is late first."""
        wanted = re.compile(pattern, re.DOTALL)
        pipe = self.process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                left = self.started + timeout - time.monotonic()
                if left <= 0 or not selector.select(left):
                    return None
                chunk = os.read(pipe, 65536)
                now = time.monotonic() - self.started
                if not chunk:
                    return None
                self.output += chunk
                if wanted.search(self.output):
                    return now

    def end(self):
        """Ends the command and what it started, if they have not ended yet."""
        for pid in reversed(descendants(self.process.pid)):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.ended.set()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()

    def printed(self):
        """What it has written so far, for an error message."""
        self.complaints.seek(0)
        return (self.output[-2000:] + self.complaints.read()[-2000:]).decode(errors="replace")


def works(program):
    """Whether a program is there and answers --version; the first call may build it."""
    try:
        return subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def descendants(pid):
    """The process and all that it started, parents first."""
    found = [pid]
    for parent in found:
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except FileNotFoundError:
            continue
        for task in tasks:
            try:
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as f:
                    found.extend(int(child) for child in f.read().split())
            except FileNotFoundError:
                pass
    return found


def cpu_nanos(pid):
    """Nanoseconds on a CPU, by thread, without the vCPUs ("vcpu 0" of Hosta, "CPU 0/KVM" of QEMU)."""
    found = {}
    for process in descendants(pid):
        try:
            for task in os.listdir(f"/proc/{process}/task"):
                at = f"/proc/{process}/task/{task}"
                with open(f"{at}/comm", encoding="utf-8", errors="replace") as f:
                    if re.match(r"vcpu|CPU \d+/KVM", f.read()):
                        continue
                with open(f"{at}/schedstat", encoding="ascii") as f:
                    found[(process, task)] = int(f.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def memory_kib(pid, guest_kib):
    """Resident and proportional KiB of a process and its children, without and within guest memory.

    `guest_private` is what a private mapping of guest memory has of its own. Guest memory is every memfd mapping, or where there is none every mapping of exactly its size.
    """
    mappings = []
    for process in descendants(pid):
        try:
            with open(f"/proc/{process}/smaps", encoding="utf-8", errors="replace") as f:
                for line in f:
                    if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                        name = line.split(None, 5)[5:]
                        mappings.append({"name": name[0].strip() if name else ""})
                    else:
                        key, _, value = line.partition(":")
                        if key in ("Size", "Rss", "Pss", "Anonymous"):
                            mappings[-1][key] = int(value.split()[0])
        except FileNotFoundError:
            pass
    guest = [m for m in mappings if m["name"].startswith("/memfd:")]
    if not guest:
        guest = [m for m in mappings if m["Size"] == guest_kib]
    total = sum(m["Rss"] for m in mappings)
    total_pss = sum(m["Pss"] for m in mappings)
    return {
        "rss": total - sum(m["Rss"] for m in guest),
        "pss": total_pss - sum(m["Pss"] for m in guest),
        "guest": sum(m["Rss"] for m in guest),
        "guest_private": sum(m["Anonymous"] for m in guest),
        "guest_found": bool(guest),
    }


def memfds_kib(pids):
    """KiB that the memfds take which these processes and their children have open, each counted once."""
    found = {}
    for pid in pids:
        for process in descendants(pid):
            folder = f"/proc/{process}/fd"
            for number in os.listdir(folder):
                try:
                    if os.readlink(f"{folder}/{number}").startswith("/memfd:"):
                        file = os.stat(f"{folder}/{number}")
                        found[file.st_ino] = file.st_blocks // 2
                except FileNotFoundError:
                    pass
    return sum(found.values())


def summary(samples):
    """Median and minimum."""
    return statistics.median(samples), min(samples)
