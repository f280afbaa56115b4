#!/usr/bin/env python3
"""Process start to the first answer of a fork, and the memory that each one costs.

    fork.py [--forks N] [--touched MIB] [--json]

The `echo` guest writes a word to each page of so much memory and halts. It is forked N times, one fork after the
other; all of them stay, each halted until it is sent something. A fork is sent a character each millisecond from
the start of `hosta fork` on and sends the first that it gets back. At the end all are asked once more.

Memory: that of guests is what their memfds take, each counted once however many share it, and what the processes'
private mappings have of their own; the rest is proportional (PSS). Variable: HOSTA, as for start.py.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile
import time

from measure import Run, memfds_kib, memory_kib, summary

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "built")
HOSTA = os.environ.get("HOSTA", os.path.join(HERE, "..", "..", "cli", "bin", "hosta"))
PATIENCE = 180


def check(run, seconds, what):
    """Ends the benchmark with what was printed, unless it worked."""
    if seconds is None:
        sys.exit(f"fork: {what}: {run.printed()}")
    return seconds


def memory(runs, guest_kib):
    """Of all of them together, KiB."""
    each = [memory_kib(run.process.pid, guest_kib) for run in runs]
    return {
        "guests": memfds_kib(run.process.pid for run in runs) + sum(m["guest_private"] for m in each),
        "rest": sum(m["pss"] for m in each),
    }


def measure(forks, touched, runs):
    """Starts all of them into `runs`, the first one first; milliseconds of each fork, and KiB before and after."""
    guest_mib = touched + 64
    first = Run(
        [HOSTA, "run", "--name", "first", "--memory", f"{guest_mib}M", "--console", "stdio",
         "--kernel", os.path.join(BUILT, "echo.elf"), "--append", str(touched)], b"\0",
    )  # fmt: skip
    runs.append(first)
    check(first, first.until(rb"echo ready", PATIENCE), "hosta does not run the guest")
    first.hush()
    before = memory(runs, guest_mib << 10)
    milliseconds = []
    for i in range(forks):
        fork = Run([HOSTA, "fork", "first", "--name", f"fork{i}", "--console", "stdio"], b"x")
        runs.append(fork)
        milliseconds.append(check(fork, fork.until(rb"x", PATIENCE), f"hosta does not fork, fork {i}") * 1000)
        fork.hush()
    for run in runs:
        run.process.stdin.write(b"z")
        run.process.stdin.flush()
        left = time.monotonic() - run.started + PATIENCE
        check(run, run.until(rb"z", left), "one does not answer any more")
    return milliseconds, before, memory(runs, guest_mib << 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--forks", type=int, default=50)
    parser.add_argument("--touched", type=int, default=512, help="memory that the guest has written, MiB")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="fork-")
    os.environ["HOSTA_HOME"] = os.path.join(folder, "home")
    runs = []
    try:
        milliseconds, before, after = measure(options.forks, options.touched, runs)
    finally:
        for run in reversed(runs):
            run.end()
        shutil.rmtree(folder)
    each = {key: (after[key] - before[key]) / options.forks for key in before}
    if options.json:
        print(json.dumps({"milliseconds": milliseconds, "before_kib": before, "after_kib": after}, indent=2))
        return
    median, least = summary(milliseconds)
    print(f"{options.forks} forks side by side of a guest that has written {options.touched} MiB, load {os.getloadavg()[0]:.0f}")
    print(f"start to the first answer: median {median:.0f} ms, min {least:.0f} ms, last {milliseconds[-1]:.0f} ms")
    print(f"the first machine alone: guest {before['guests'] / 1024:.1f} MiB, the rest {before['rest'] / 1024:.1f} MiB")
    print(f"each fork: guest {each['guests'] / 1024:.2f} MiB, the rest {each['rest'] / 1024:.1f} MiB")



main()
