#!/usr/bin/env python3
"""migrate-faults.py [--only STAGE/FAULT] [--times N] [--limit SECONDS]: migrates a guest with a disk between
two real processes over a link of its own, does one harm to each migration at one frame, and looks what came of
it: how many copies run (never two), what the guest's check of its memory says, what is left behind. Where the
outcome is not known it is settled as docs/migration-protocol.md says. Prints a table; status 1 if a rule broke.
Needs /dev/kvm and a build (mvn -DskipTests package)."""

import argparse
import collections
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from two_sides import HOSTA, Link, PATIENCE, Side, Wrong, until

STAGES = ["HELLO", "CHOICE", "RESERVE", "RESERVED", "PAGES", "ROUND", "STATE", "READY", "GO", "RUNNING", "HEARD"]
FAULTS = ["kill-source", "kill-destination", "kill-both", "cut", "cut-for-good", "delay", "long-delay", "truncate",
          "corrupt", "swap", "duplicate", "freeze-source", "freeze-destination", "second-migration", "pause", "resume",
          "power-off", "reset", "guest-ends", "lock-held", "no-memory", "no-threads", "no-descriptors", "nothing-left",
          "no-space", "no-space-for-leases"]
# Told to the process of a destination that goes on living.
SCARCE = ("no-memory", "no-threads", "no-descriptors", "nothing-left", "no-space", "no-space-for-leases")
HAND_OVER_MS = 3000
FROZEN_SECONDS = 7


class Trial:
    """One migration with one harm."""

    def __init__(self, stage, fault):
        self.stage, self.fault = stage, fault
        self.folder = tempfile.mkdtemp(prefix="migrate-faults-")
        self.mounted = []
        self.pids = None
        for fault, name in (("no-space", "b"), ("no-space-for-leases", "disks")):
            if self.fault == fault:
                self.mount(os.path.join(self.folder, name))
        os.makedirs(os.path.join(self.folder, "disks"), exist_ok=True)
        self.disk = os.path.join(self.folder, "disks", "disk")
        with open(self.disk, "wb") as f:
            f.truncate(4 << 20)
        self.ports = 0
        self.thaw = 0
        self.thief = None
        self.sides = []
        self.notes = []

    def start_source(self):
        self.a = Side(self.folder, "a", ["run", "--name", "vm", "--memory", "24M", "--disk", self.disk, "dirty", "20", "8"])
        self.sides.append(self.a)
        until("the guest", lambda: "rounds 1" in self.a.said() and os.path.exists(self.a.api.socket))

    def start_destination(self, port=0):
        self.b = Side(self.folder, "b", ["receive", "--listen", f"127.0.0.1:{port}"])
        self.sides.append(self.b)
        self.port = self.b.waits(self.ports + 1)
        self.ports += 1

    def mount(self, folder):
        """A small file system of its own, which can be filled."""
        os.makedirs(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "hosta-faults", folder], check=True)
        self.mounted.append(folder)

    def fill(self, folder):
        with open(os.path.join(folder, "filling"), "wb", buffering=0) as f:
            try:
                while f.write(bytes(4096)):
                    pass
            except OSError:
                return

    def release(self):
        """Gives back all that the host was kept from; what was filled stays so."""
        for folder in self.mounted:
            subprocess.run(["umount", "-l", folder], check=True)
        if self.pids:
            until("the end of its threads", lambda: not open(self.pids + "/cgroup.procs").read())
            os.rmdir(self.pids)

    def exhaust(self, fault):
        """Leaves the destination's process no more of something than it has now."""
        pid = self.b.process.pid
        if fault in ("no-threads", "nothing-left"):
            self.pids = "/sys/fs/cgroup/pids/" + os.path.basename(self.folder)
            os.mkdir(self.pids)
            with open(self.pids + "/cgroup.procs", "w") as f:
                f.write(str(pid))
            with open(self.pids + "/pids.current") as now, open(self.pids + "/pids.max", "w") as f:
                f.write(now.read())
        if fault in ("no-descriptors", "nothing-left"):
            # The kernel gives the lowest number that is free: from there on there are none.
            taken = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
            free = min(set(range(len(taken) + 1)) - taken)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, free))
        if fault in ("no-memory", "nothing-left"):
            used = int(self.b_status("VmSize")) << 10
            resource.prlimit(pid, resource.RLIMIT_AS, (used, used))

    def harm(self, link, frame, seen):
        """Gives what goes over instead of the frame."""
        fault = self.fault
        if fault == "kill-source":
            self.a.kill()
        elif fault == "kill-destination":
            self.b.kill()
        elif fault == "kill-both":
            self.a.kill()
            self.b.kill()
        elif fault in ("cut", "cut-for-good"):
            link.cut_for_good = fault == "cut-for-good"
            raise ConnectionError
        elif fault == "delay":
            time.sleep(1.5)
        elif fault == "long-delay":
            time.sleep(7)
        elif fault == "truncate":
            return self.half_then_cut(link, frame)
        elif fault == "corrupt":
            at = len(frame) // 2
            return frame[:at] + bytes([frame[at] ^ 0x40]) + frame[at + 1:]
        elif fault == "duplicate":
            self.replay(link, (seen or []) + [frame])
        elif fault == "second-migration":
            status, text = self.a.api.put("vm.send-migration", {"destination_url": f"tcp:127.0.0.1:{link.own_port()}"})
            self.notes.append(f"second: {status}")
            if status == 200:
                raise Wrong("a second migration went through: " + text)
        elif fault == "pause":
            threading.Thread(target=self.a.api.put, args=("vm.pause",), daemon=True).start()
            time.sleep(0.3)
        elif fault == "resume":
            # Refused where it runs, and where it was given away.
            status, _ = self.a.api.put("vm.resume", None, 2)
            if status == 204:
                raise Wrong("the source let a guest run on that it gives away")
        elif fault in ("power-off", "reset"):
            call = "vm.shutdown" if fault == "power-off" else "vm.reboot"
            threading.Thread(target=self.a.api.put, args=(call,), daemon=True).start()
            time.sleep(0.3)
        elif fault == "lock-held":
            self.steal()
        elif fault in ("freeze-source", "freeze-destination"):
            self.freeze(self.a if fault == "freeze-source" else self.b)
        elif fault == "guest-ends":
            self.a.typed(b"q")
            time.sleep(0.3)
        elif fault == "no-space":
            self.fill(self.b.home)
        elif fault == "no-space-for-leases":
            self.fill(os.path.dirname(self.disk))
        elif fault in SCARCE:
            self.exhaust(fault)
        return frame

    def freeze(self, side):
        """Its process stands still, and its connections stay open: only silence tells."""
        os.kill(side.process.pid, signal.SIGSTOP)
        timer = threading.Timer(FROZEN_SECONDS, lambda: side.alive() and os.kill(side.process.pid, signal.SIGCONT))
        timer.daemon = True
        timer.start()
        self.thaw = time.monotonic() + FROZEN_SECONDS

    def b_status(self, key):
        with open(f"/proc/{self.b.process.pid}/status") as f:
            return re.search(key + r":\s+(\d+)", f.read())[1]

    def half_then_cut(self, link, frame):
        # What has gone over cannot be taken back: the rest of the connection is lost.
        threading.Timer(0.1, self.cut_all, (link,)).start()
        return frame[: len(frame) // 2]

    def cut_all(self, link):
        for s in list(link.sockets):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def replay(self, link, frames):
        """All that this way carried so far, once more on a connection of its own, which then stays open."""
        try:
            s = socket.create_connection(("127.0.0.1", link.port))
            link.sockets.append(s)
            s.settimeout(0.5)
            for f in frames:
                s.sendall(f)
        except OSError:
            return

    def steal(self):
        """A third process's lock, as soon as the disk is free; a thread asks on."""
        lock = struct.pack("hhiqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0, 0)
        fd = os.open(self.disk, os.O_RDWR)
        self.thief = fd

        def take():
            while self.thief is not None:
                try:
                    fcntl.fcntl(fd, 37, lock)  # F_OFD_SETLK
                    self.notes.append("stolen")
                    return
                except OSError:
                    time.sleep(0.0002)

        threading.Thread(target=take, daemon=True).start()

    def running(self):
        """Which sides run a copy: those whose guest says more and more."""
        live = [s for s in (self.a, self.b) if s.alive()]
        before = [s.grows() for s in live]
        time.sleep(0.6)
        return [s for s, was in zip(live, before) if s.grows() > was]

    def run(self):
        """What came of it: a word for the table."""
        try:
            self.start_source()
            self.start_destination()
            link = Link(self.port, self.stage, self.harm, self.fault == "swap")
            try:
                return self.follow(link)
            finally:
                link.close()
        finally:
            self.thief, fd = None, self.thief
            if fd is not None:
                os.close(fd)
            for side in self.sides:
                side.kill()
            self.release()

    def follow(self, link):
        status, text = self.a.api.put("vm.send-migration", {
            "destination_url": f"tcp:127.0.0.1:{link.own_port()}", "hand_over_ms": HAND_OVER_MS, "downtime_ms": 200}, 120)
        if link.broken:
            raise link.broken
        if not link.fired:
            return "not reached"
        if self.fault == "long-delay":
            time.sleep(3)
        if self.fault == "freeze-destination" and status != 200:
            self.notes.append("told after %d s" % (time.monotonic() - self.thaw + FROZEN_SECONDS))
        time.sleep(max(0, self.thaw + 1 - time.monotonic()))
        self.single()
        if self.fault == "guest-ends" and status not in (200, 504):
            return self.after_the_guest_ended(link)
        if self.fault in ("power-off", "reset") and status != 200:
            # The user's order counts: what is left of the guest is its source's.
            if self.fault == "power-off":
                self.a.process.wait(PATIENCE)
            else:
                until("the guest", lambda: self.running() == [self.a])
            return self.after_the_source_ended(link)
        if status == 504:
            self.relieve()
            return "paused, then " + self.settle(link)
        if status == 200 and self.fault == "kill-destination":
            return self.end(None, "none: killed where it ran", link)
        if status == 200:
            return self.end(self.b, "there", link)
        if status == 502:
            return self.end(self.a, "here", link)
        if status in (0, 405, 500):
            return self.after_the_source_ended(link)
        raise Wrong(f"the call was answered {status}: {text}")

    def relieve(self):
        """What its process lacked it may have now."""
        if self.fault not in SCARCE or not self.b.alive():
            return
        for folder in self.mounted:
            os.remove(os.path.join(folder, "filling"))
        if self.pids:
            with open(self.pids + "/pids.max", "w") as f:
                f.write("max")
        for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS):
            most = resource.prlimit(os.getpid(), limit)
            resource.prlimit(self.b.process.pid, limit, most)

    def single(self):
        running = self.running()
        if len(running) > 1:
            raise Wrong("TWO COPIES RUN")
        return running

    def settle(self, link):
        """As a person does: mends what was broken, and asks."""
        if self.running():
            # The destination's, which the source could not hear of.
            if self.running() != [self.b]:
                raise Wrong("the source runs a guest whose outcome it does not know")
        link.cut_for_good = False
        if self.thief is not None:
            self.thief, fd = None, self.thief
            os.close(fd)
        if not self.b.alive():
            self.start_destination(self.port)
        status, text = self.a.api.put("vm.resolve-migration", {})
        self.single()
        if status != 200:
            raise Wrong(f"not settled: {status} {text}")
        place = json.loads(text)["guest_is"]
        if place == "there":
            if self.fault == "kill-destination" and not self.running():
                # It ran there, or was about to, when its process was killed.
                return self.end(None, "none: killed where it ran", link)
            return self.end(self.b, "there", link)
        if place == "here":
            return self.end(self.a, "here", link)
        raise Wrong("it stays unknown: " + text)

    def after_the_source_ended(self, link):
        """The source is gone or was told to end its guest."""
        running = self.single()
        if running == [self.b]:
            return self.end(self.b, "there", link)
        if running == [self.a]:
            # Reset or not ended: what runs is the source's own.
            return self.end(self.a, "here", link, fresh=self.fault == "reset")
        if self.fault in ("kill-source", "kill-both") and self.b.alive():
            return self.forced(link)
        return self.end(None, "none", link)

    def after_the_guest_ended(self, link):
        """It was told to end, and did so before it could go."""
        self.a.process.wait(PATIENCE)
        if "dirty: ok" not in self.a.said():
            raise Wrong("the guest did not end well: " + self.a.said()[-200:])
        return self.end(None, "none, as ordered", link)

    def forced(self, link):
        """With the source dead, a person may give the guest to the destination where it was handed over."""
        done = subprocess.run([HOSTA, "migrate", "vm", "--resolve", "--force-destination"], capture_output=True,
                              text=True, env=dict(os.environ, HOSTA_HOME=self.b.home), timeout=PATIENCE, check=False)
        self.single()
        if done.returncode == 0 and "it is the destination's" in done.stdout:
            self.notes.append("forced")
            return self.end(self.b, "none, then there by force", link, heard=False)
        return self.end(None, "none", link)

    def end(self, side, word, link, heard=True, fresh=False):
        """Has the guest that is left check itself, then looks what is left behind."""
        if side is not None:
            if self.fault == "pause" and not self.running():
                until("the API", lambda: side.api.put("vm.resume")[0] in (200, 204))
                self.notes.append("paused " + word)
            if self.fault == "guest-ends":
                # What was typed may have stayed in the serial port, or come along there.
                until("the guest", lambda: self.running() == [side] or not side.alive())
            else:
                until("the guest", lambda: self.running() == [side])
            side.checked()
        for other in self.sides:
            if other.alive():
                other.process.terminate()
                try:
                    other.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    raise Wrong("a process does not end") from None
        self.left(word, heard)
        return word

    def left(self, word, heard):
        lease = os.path.exists(self.disk + ".hosta-lease")
        records = os.path.join(self.folder, "b", "migrations")
        tokens = os.listdir(records) if os.path.isdir(records) else []
        # Who was killed, or never heard the last word, cannot tidy up; what it leaves is told of in the protocol.
        killed = self.fault.startswith("kill") or self.fault == "cut-for-good"
        if lease and not killed and heard:
            with open(self.disk + ".hosta-lease") as f:
                self.notes.append("lease left: " + f.read().strip())
        if tokens and not killed and heard:
            self.notes.append("records left")
        for name in ("a", "b"):
            vms = os.path.join(self.folder, name, "vms")
            if not killed and os.path.isdir(vms) and os.listdir(vms):
                self.notes.append("a runtime folder left")
        if os.path.exists(self.disk + ".hosta-lease.new"):
            self.notes.append("half a lease left")
        # Whatever was left: a new guest gets the disk, unless the old one was handed over and never began.
        handed_over = lease and open(self.disk + ".hosta-lease").read().endswith("handed-over\n")
        if handed_over and word != "none":
            raise Wrong("the disk stays handed over")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="STAGE/FAULT", help="such as GO/cut or */cut")
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--limit", type=float, default=1e9, help="seconds after which no run begins")
    parser.add_argument("--at-once", type=int, default=1, help="runs at the same time")
    parser.add_argument("--keep", action="store_true", help="leave what the processes wrote")
    options = parser.parse_args()
    wanted = [(s, f) for _ in range(options.times) for f in FAULTS for s in STAGES
              if not options.only or any(p in (f"{s}/{f}", f"*/{f}", f"{s}/*") for p in options.only)]
    table = collections.defaultdict(collections.Counter)
    notes, wrong, done = collections.Counter(), [], 0
    begun = time.monotonic()
    lock = threading.Lock()
    queue = list(reversed(wanted))

    def work():
        nonlocal done
        while True:
            with lock:
                if not queue or time.monotonic() - begun > options.limit:
                    return
                stage, fault = queue.pop()
            trial = Trial(stage, fault)
            try:
                word = trial.run()
                if not options.keep:
                    shutil.rmtree(trial.folder)
            except Exception as e:  # each run stands alone; what went wrong is kept and counted
                word = f"WRONG: {e}"
                with lock:
                    wrong.append(f"{stage}/{fault}: {e} ({trial.folder})")
            with lock:
                table[fault, stage][word] += 1
                notes.update(f"{fault}: {n}" for n in trial.notes)
                done += 1
                print(f"{done}/{len(wanted)} {time.monotonic() - begun:.0f}s {stage}/{fault}: {word} {trial.notes or ''}", flush=True)

    workers = [threading.Thread(target=work) for _ in range(options.at_once)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    print(f"\n{done} runs, {len(wrong)} wrong")
    for fault in FAULTS:
        for word in sorted({w for s in STAGES for w in table[fault, s]}):
            print(f"{fault:18}{word:40}" + " ".join(f"{s}:{table[fault, s][word]}" for s in STAGES if table[fault, s][word]))
    for note, count in sorted(notes.items()):
        print(f"  {count} x {note}")
    for line in wrong:
        print("WRONG " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
