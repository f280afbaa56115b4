#!/usr/bin/env python3
"""Process start to first serial byte, and memory beyond the guest's: Hosta beside QEMU microvm.

    start.py [--runs N] [--memory MIB] [--json]

The same hello image under both, one run of the one after one of the other. Variables: HOSTA (default
cli/bin/hosta of this tree), QEMU (default qemu-system-x86_64). A monitor that is missing is left out.
"""
import argparse
import json
import os
import sys
import time

from measure import Run, memory_kib, summary, works

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "built")
HOSTA = os.environ.get("HOSTA", os.path.join(HERE, "..", "..", "cli", "bin", "hosta"))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")


def hosta(image, mib):
    return [HOSTA, "run", "--memory", f"{mib}M", "--console", "stdio", "--kernel", image]


def qemu(image, mib):
    return [
        QEMU, "-M", "microvm", "-accel", "kvm", "-m", str(mib), "-kernel", image,
        "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
        "-no-reboot", "-no-user-config", "-nodefaults", "-display", "none",
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--memory", type=int, default=128, help="of the guest, MiB")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    monitors = {}
    for name, make, program in (("hosta", hosta, HOSTA), ("qemu", qemu, QEMU)):
        if works(program):
            monitors[name] = make
        else:
            print(f"start: {program} does not work, {name} is left out", file=sys.stderr)
    hello = os.path.join(BUILT, "hello.elf")
    spin = os.path.join(BUILT, "spin.elf")
    starts = {name: [] for name in monitors}
    for turn in range(options.runs + 1):
        for name, make in monitors.items():
            run = Run(make(hello, options.memory))
            seconds = run.until(b".", 30)
            run.until(b"Goodbye", 30)
            run.end()
            if seconds is None or b"Hello from ring 3" not in run.output:
                sys.exit(f"start: {name} did not run hello: {run.printed()}")
            if turn > 0:  # the first warms the page cache
                starts[name].append(seconds * 1000)

    result = {}
    for name, make in monitors.items():
        run = Run(make(spin, options.memory))
        if run.until(b"\n", 30) is None:
            sys.exit(f"start: {name} did not run spin: {run.printed()}")
        time.sleep(1)  # what is loaded late is part of its memory, too
        memory = memory_kib(run.process.pid, options.memory * 1024)
        run.end()
        median, least = summary(starts[name])
        result[name] = {"median_ms": median, "min_ms": least, "runs": options.runs, **memory}
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"start to first serial byte, {options.runs} interleaved runs; memory beyond the guest's")
    print(f"{'':8}{'median ms':>10}{'min ms':>10}{'RSS MiB':>10}{'PSS MiB':>10}{'guest MiB':>10}")
    for name, r in result.items():
        print(
            f"{name:8}{r['median_ms']:10.1f}{r['min_ms']:10.1f}{r['rss'] / 1024:10.1f}"
            f"{r['pss'] / 1024:10.1f}{r['guest'] / 1024:10.1f}"
            + ("" if r["guest_found"] else "  (no guest memory found: RSS and PSS include it)")
        )
    if len(result) == 2:
        h, q = result["hosta"], result["qemu"]
        print(
            f"{'ratio':8}{h['median_ms'] / q['median_ms']:10.2f}{h['min_ms'] / q['min_ms']:10.2f}"
            f"{h['rss'] / q['rss']:10.2f}{h['pss'] / q['pss']:10.2f}"
        )


main()
