"""The hands and eyes at a guest's terminal: a command on a pseudo-terminal, typed at and waited for."""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time


class Failed(Exception):
    pass


class Terminal:
    """A guest's terminal at the other side of a descriptor, and what it showed."""

    def __init__(self, descriptor, limit, prompt):
        self.begun = time.monotonic()
        self.limit = limit
        self.prompt = prompt
        self.shown = ""
        self.read_to = 0
        self.terminal = descriptor

    def seconds(self):
        return time.monotonic() - self.begun

    def read(self):
        """More output; False at its end."""
        left = self.limit - self.seconds()
        if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
            raise Failed("out of time")
        try:
            data = os.read(self.terminal, 4096)
        except OSError:  # Linux's way to say that the other side of the terminal is closed
            return False
        sys.stdout.write(data.decode("latin-1"))
        sys.stdout.flush()
        self.shown += data.decode("latin-1")
        return bool(data)

    def wait_for(self, pattern):
        """Reads until the pattern stands behind what earlier waits took; the match."""
        while True:
            match = re.compile(pattern).search(self.shown, self.read_to)
            if match:
                self.read_to = match.end()
                return match
            try:
                if not self.read():
                    raise Failed("the command ended")
            except Failed as why:
                raise Failed(f"{why}, still waiting for {pattern!r}") from None

    def type(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self.terminal, data) :]

    def ask(self, command, answer):
        """Types a line at the prompt; what is printed up to the next prompt must hold the answer."""
        self.type(command + "\r")
        self.wait_for(r"\n")
        begin = self.read_to
        self.wait_for(self.prompt)
        printed = self.shown[begin : self.read_to]
        match = re.search(answer, printed)
        if not match:
            raise Failed(f"{command!r} was answered by {printed!r} and not {answer!r}")
        return match

    def log_in(self, user):
        """As a user of ../linux/make-root.sh, whose prompt the terminal's must match."""
        self.wait_for("guest login: ")
        self.type(user + "\r")
        self.wait_for("Password: ")
        self.type(user + "\r")
        self.wait_for(user + "@guest# ")


class Screen(Terminal):
    """A command on a terminal of its own, of so many rows and columns."""

    def __init__(self, command, limit, prompt, rows=24, columns=80):
        self.child, terminal = pty.fork()
        if self.child == 0:
            resize(0, rows, columns)
            os.execvp(command[0], command)
        super().__init__(terminal, limit, prompt)

    def resize(self, rows, columns):
        resize(self.terminal, rows, columns)

    def end(self):
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])

    def kill(self):
        os.kill(self.child, 15)


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
