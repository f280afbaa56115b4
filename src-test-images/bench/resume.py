#!/usr/bin/env python3
"""Process start to the first answer of a resumed guest: Hosta's saved form beside QEMU's migration file.

    resume.py [--runs N] [--memory MIB,MIB…] [--touched MIB] [--folder DIR] [--json]

Under each monitor the same guest is started once and saved (`hosta suspend`; QEMU: `migrate` to a file),
then resumed N times, one run of the one after one of the other, by `hosta resume` and by `-incoming fd:`
of that file. The `pages` guest waits for a byte on its serial line and answers it with its first
instructions; it is sent one each millisecond from the start on, as QEMU drops those that come too early.
With --touched it is `dirty`, that much of its memory written; it says something each 100 ms, so that 0 to
100 ms of each figure are its own.

Hosta checks all of the memory before it runs, QEMU reads all of it. Variables: HOSTA, QEMU as for start.py.
"""
import argparse
import json
import os
import shutil
import socket
import sys
import tempfile
import time

from measure import Run, summary, works

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "built")
HOSTA = os.environ.get("HOSTA", os.path.join(HERE, "..", "..", "cli", "bin", "hosta"))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
PATIENCE = 180


class Guest:
    """What runs under both: an image, its arguments, what it says, and what makes it speak."""

    def __init__(self, mib, touched):
        self.mib = mib
        if touched:
            self.image, self.append = "dirty", f"2000 {touched}"
            self.ready, self.given, self.answer = rb"rounds [1-9]", b"", rb"tick "
        else:
            self.image, self.append = "pages", "wait 0x800000"
            self.ready, self.given, self.answer = rb"pages: ready", b"w", rb"round [1-9]"
        self.kernel = os.path.join(BUILT, self.image + ".elf")


def check(run, seconds, what):
    """Ends the benchmark with what was printed, unless it worked."""
    if seconds is None:
        run.end()
        sys.exit(f"resume: {what}: {run.printed()}")
    return seconds


class Hosta:
    """Saves to a folder, resumes from it."""

    def __init__(self, guest, folder):
        self.form = os.path.join(folder, "form")
        run = Run([HOSTA, "run", "--name", "saved", "--memory", f"{guest.mib}M", "--console", "stdio",
                   "--kernel", guest.kernel, "--append", guest.append])  # fmt: skip
        check(run, run.until(guest.ready, PATIENCE), "hosta does not run the guest")
        save = Run([HOSTA, "suspend", "saved", "--to", self.form])
        if save.process.wait() != 0:
            sys.exit(f"resume: hosta does not suspend: {save.printed()}")
        save.end()
        run.end()

    def resume(self, guest):
        run = Run([HOSTA, "resume", self.form, "--console", "stdio"], guest.given)
        seconds = check(run, run.until(guest.answer, PATIENCE), "hosta does not resume")
        run.end()
        return seconds

    def bytes(self):
        return os.stat(os.path.join(self.form, "memory")).st_blocks * 512


class Qemu:
    """Migrates to a file, and from it."""

    def __init__(self, guest, folder):
        self.file = os.path.join(folder, "qemu")
        control = os.path.join(folder, "qmp")
        run = Run(self.command(guest) + ["-qmp", f"unix:{control},server=on,wait=off"])
        check(run, run.until(guest.ready, PATIENCE), "QEMU does not run the guest")
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(control)
            talk = s.makefile("rw", encoding="utf-8")
            self.ask(talk, "qmp_capabilities")
            self.ask(talk, "migrate-set-parameters", {"max-bandwidth": 1 << 40})
            self.ask(talk, "migrate", {"uri": f"exec:cat >{self.file}"})
            while (status := self.ask(talk, "query-migrate").get("status")) != "completed":
                if status == "failed":
                    sys.exit("resume: QEMU does not save")
                time.sleep(0.05)
            self.ask(talk, "quit")
        run.end()

    @staticmethod
    def ask(talk, command, arguments=None):
        talk.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
        talk.flush()
        for line in talk:
            reply = json.loads(line)
            if "return" in reply:
                return reply["return"]
            if "error" in reply:
                sys.exit(f"resume: QEMU refuses {command}: {reply['error']['desc']}")
        sys.exit("resume: QEMU ended")

    @staticmethod
    def command(guest):
        return [
            QEMU, "-M", "microvm", "-accel", "kvm", "-m", str(guest.mib), "-kernel", guest.kernel,
            "-append", guest.append, "-serial", "stdio", "-no-reboot", "-no-user-config",
            "-nodefaults", "-display", "none",
        ]  # fmt: skip

    def resume(self, guest):
        with open(self.file, "rb") as file:
            run = Run(
                self.command(guest) + ["-incoming", f"fd:{file.fileno()}"], guest.given, (file.fileno(),)
            )
        seconds = check(run, run.until(guest.answer, PATIENCE), "QEMU does not resume")
        run.end()
        return seconds

    def bytes(self):
        return os.stat(self.file).st_size


def measure(guest, monitors, runs, folder):
    """Milliseconds by monitor, and the bytes of what each saved."""
    saved = {name: make(guest, folder) for name, make in monitors.items()}
    samples = {name: [] for name in saved}
    for turn in range(runs + 1):
        for name, monitor in saved.items():
            milliseconds = monitor.resume(guest) * 1000
            if turn > 0:  # the first warms the page cache
                samples[name].append(milliseconds)
    result = {}
    for name, monitor in saved.items():
        median, least = summary(samples[name])
        result[name] = {"median_ms": median, "min_ms": least, "saved_mib": monitor.bytes() / (1 << 20)}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--memory", default="512,4096", help="of the guests, MiB")
    parser.add_argument("--touched", type=int, default=0, help="memory that the guest has written, MiB")
    parser.add_argument("--folder", help="where to save; by default a new one in the temporary folder")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    monitors = {}
    for name, make, program in (("hosta", Hosta, HOSTA), ("qemu", Qemu, QEMU)):
        if works(program):
            monitors[name] = make
        else:
            print(f"resume: {program} does not work, {name} is left out", file=sys.stderr)

    results = {}
    for mib in (int(text) for text in options.memory.split(",")):
        folder = tempfile.mkdtemp(prefix="resume-", dir=options.folder)
        os.environ["HOSTA_HOME"] = os.path.join(folder, "home")
        try:
            results[mib] = measure(Guest(mib, options.touched), monitors, options.runs, folder)
        finally:
            shutil.rmtree(folder)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    load = os.getloadavg()[0]
    print(f"start to a resumed guest's first answer, {options.runs} interleaved runs, load {load:.0f}")
    print(f"{'':8}{'guest MiB':>10}{'saved MiB':>10}{'median ms':>11}{'min ms':>10}")
    for mib, result in results.items():
        for name, r in result.items():
            print(f"{name:8}{mib:10}{r['saved_mib']:10.1f}{r['median_ms']:11.1f}{r['min_ms']:10.1f}")
        if len(result) == 2:
            h, q = result["hosta"], result["qemu"]
            print(
                f"{'ratio':28}{h['median_ms'] / q['median_ms']:11.2f}{h['min_ms'] / q['min_ms']:10.2f}"
            )


main()
