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

HOSTA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cli/bin/hosta")
FRAMES = {1: "HELLO", 2: "CHOICE", 3: "RESERVE", 4: "RESERVED", 5: "CANCEL", 6: "BEAT", 16: "PAGES", 17: "ZEROS",
          18: "ROUND", 32: "STATE", 33: "READY", 34: "GO", 35: "RUNNING", 36: "ABORTED", 37: "HEARD", 38: "TAKE_BACK"}
STAGES = ["HELLO", "CHOICE", "RESERVE", "RESERVED", "PAGES", "ROUND", "STATE", "READY", "GO", "RUNNING", "HEARD"]
FAULTS = ["kill-source", "kill-destination", "kill-both", "cut", "cut-for-good", "delay", "long-delay", "truncate",
          "corrupt", "duplicate", "second-migration", "pause", "resume", "power-off", "reset", "lock-held", "no-memory"]
HAND_OVER_MS = 3000
PATIENCE = 60


class Wrong(Exception):
    """A rule was broken, or something that must happen did not."""


def until(what, condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Wrong("waited in vain for " + what)
        time.sleep(0.02)


class Api:
    """One call over a VM's socket."""

    def __init__(self, home):
        self.socket = os.path.join(home, "vms/vm/api.sock")

    def put(self, call, body=None, seconds=PATIENCE):
        """Status and text; status 0 where the connection is lost."""
        text = "" if body is None else json.dumps(body)
        request = f"PUT /api/v1/{call} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(seconds)
                s.connect(self.socket)
                s.sendall(request.encode())
                answer = b""
                while part := s.recv(65536):
                    answer += part
                head, _, rest = answer.partition(b"\r\n\r\n")
                return (int(head.split()[1]), rest.decode()) if head else (0, "")
        except OSError as e:
            return 0, str(e)


class Side:
    """A process of `hosta`, its console and what it says."""

    def __init__(self, folder, name, arguments):
        self.home = os.path.join(folder, name)
        self.console = os.path.join(folder, name + ".console")
        self.messages = os.path.join(folder, name + ".messages")
        with open(self.console, "ab") as out, open(self.messages, "ab") as err:
            self.process = subprocess.Popen([HOSTA, *arguments], stdin=subprocess.PIPE, stdout=out, stderr=err,
                                            env=dict(os.environ, HOSTA_HOME=self.home), start_new_session=True)
        self.api = Api(self.home)

    def said(self, file=None):
        with open(file or self.console, errors="replace") as f:
            return f.read()

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def grows(self):
        """Whether its guest runs: it says something each 100 ms."""
        return os.path.getsize(self.console)

    def checked(self):
        """Has the guest check all of its memory, and end."""
        self.process.stdin.write(b"q")
        self.process.stdin.flush()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Wrong("the guest does not end") from None
        said = self.said()
        if status != 0 or "LOST" in said or "dirty: ok" not in said:
            raise Wrong(f"the guest's check failed, status {status}: {said[-200:]}")


class Link:
    """Carries connections to the destination, and does a harm at the first frame of a type."""

    def __init__(self, port, stage, harm):
        self.port, self.stage, self.harm = port, stage, harm
        self.fired = False
        self.broken = None
        self.cut_for_good = False
        self.lock = threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.sockets = []
        self.open = True
        threading.Thread(target=self.accept, daemon=True).start()

    def own_port(self):
        return self.server.getsockname()[1]

    def accept(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            try:
                if self.cut_for_good:
                    raise ConnectionError
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            self.sockets += [near, far]
            seen = []
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(a, b, seen if a is near else None), daemon=True).start()

    def exactly(self, s, count):
        data = b""
        while len(data) < count:
            part = s.recv(min(1 << 20, count - len(data)))
            if not part:
                raise ConnectionError
            data += part
        return data

    def carry(self, a, b, seen):
        try:
            while True:
                header = self.exactly(a, 24)
                frame = header + self.exactly(a, struct.unpack_from("<I", header, 4)[0])
                with self.lock:
                    here = not self.fired and FRAMES.get(header[0]) == self.stage
                    self.fired |= here
                if here:
                    try:
                        frame = self.harm(self, frame, seen)
                    except Wrong as e:
                        self.broken = e
                b.sendall(frame)
                if seen is not None and sum(map(len, seen)) < 1 << 20:
                    seen.append(frame)
        except (OSError, ConnectionError):
            for s in (a, b):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.server.close()
        for s in self.sockets:
            s.close()


class Trial:
    """One migration with one harm."""

    def __init__(self, stage, fault):
        self.stage, self.fault = stage, fault
        self.folder = tempfile.mkdtemp(prefix="migrate-faults-")
        self.disk = os.path.join(self.folder, "disk")
        with open(self.disk, "wb") as f:
            f.truncate(4 << 20)
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
        found = until("the destination", lambda: re.findall(r"Waiting for a VM on 127\.0\.0\.1:(\d+)",
                                                             self.b.said(self.b.messages))[self.heard_ports():])
        self.port = int(found[-1])
        self.ports = getattr(self, "ports", 0) + 1

    def heard_ports(self):
        return getattr(self, "ports", 0)

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
            link.half = frame[: len(frame) // 2]
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
        elif fault == "no-memory":
            used = int(self.b_status("VmSize")) << 10
            resource.prlimit(self.b.process.pid, resource.RLIMIT_AS, (used + (1 << 20), used + (1 << 20)))
        return frame

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
            link = Link(self.port, self.stage, self.harm)
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

    def follow(self, link):
        status, text = self.a.api.put("vm.send-migration", {
            "destination_url": f"tcp:127.0.0.1:{link.own_port()}", "hand_over_ms": HAND_OVER_MS, "downtime_ms": 200}, 120)
        if link.broken:
            raise link.broken
        if not link.fired:
            return "not reached"
        if self.fault == "long-delay":
            time.sleep(3)
        self.single()
        if self.fault in ("power-off", "reset") and status != 200:
            # The user's order counts: what is left of the guest is its source's.
            if self.fault == "power-off":
                self.a.process.wait(PATIENCE)
            else:
                until("the guest", lambda: self.running() == [self.a])
            return self.after_the_source_ended(link)
        if status == 504:
            return "paused, then " + self.settle(link)
        if status == 200 and self.fault == "kill-destination":
            return self.end(None, "none: killed where it ran", link)
        if status == 200 and self.fault == "no-memory":
            # Whoever can make no thread any more after it has answered loses the guest.
            try:
                until("the guest", lambda: self.running() == [self.b], 10)
            except Wrong:
                self.single()
                return self.end(None, "none: lost there", link)
        if status == 200:
            return self.end(self.b, "there", link)
        if status == 502:
            return self.end(self.a, "here", link)
        if status in (0, 405, 500):
            return self.after_the_source_ended(link)
        raise Wrong(f"the call was answered {status}: {text}")

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
    parser.add_argument("--at-once", type=int, default=1)
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
