"""What the scripts of this folder have in common: two processes of Hosta, and a link between them that can do
harm to the frames that go over it."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

HOSTA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cli/bin/hosta")
FRAMES = {1: "HELLO", 2: "CHOICE", 3: "RESERVE", 4: "RESERVED", 5: "CANCEL", 6: "BEAT", 16: "PAGES", 17: "ZEROS",
          18: "ROUND", 32: "STATE", 33: "READY", 34: "GO", 35: "RUNNING", 36: "ABORTED", 37: "HEARD", 38: "TAKE_BACK"}
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

    def waits(self, nth=1):
        """The port where it waits, as it says for the n-th time."""
        found = until("the destination", lambda: re.findall(r"Waiting for a VM on 127\.0\.0\.1:(\d+)",
                                                             self.said(self.messages))[nth - 1:])
        return int(found[0])

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

    def typed(self, key):
        """Types for its guest."""
        try:
            self.process.stdin.write(key)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def checked(self):
        """Has the guest check all of its memory, and end."""
        self.typed(b"q")
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Wrong("the guest does not end") from None
        said = self.said()
        if status != 0 or "LOST" in said or "dirty: ok" not in said:
            raise Wrong(f"the guest's check failed, status {status}: {said[-200:]}")


class Link:
    """Carries connections to the destination, and does a harm at the first frame of a type."""

    def __init__(self, port, stage=None, harm=None, swap=False):
        self.port, self.stage, self.harm, self.swap = port, stage, harm, swap
        self.fired = False
        self.broken = None
        self.cut_for_good = False
        self.held_back = None
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

    def swaps(self, here):
        """Whether this frame is to come after the next one, which may be a beat."""
        return here and self.swap

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
                if self.held_back and self.held_back[0] is b and frame:
                    frame, self.held_back = frame + self.held_back[1], None
                elif self.swaps(here):
                    self.held_back, frame = (b, frame), b""
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
