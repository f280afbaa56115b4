#!/usr/bin/env python3
"""virtio-blk: requests a second, MB/s and the monitor's own cost, Hosta beside QEMU microvm.

    block.py [--file FILE] [--test TEXT]... [--rounds N] [--seconds S] [--hosta TEXT]... [--syscalls] [--json]

The same polling guest (built/block.elf) and the same file under every monitor and setting, all in turn in
each round. QEMU: cache=none with aio=threads, native and io_uring on an I/O thread; what counts is its best at
each test. Hosta: --disk FILE,cache=none,TEXT for each --hosta TEXT (default: none). The file is made (1 GiB)
where it is missing; what is in it is overwritten. CPU time is that of all threads but the vCPU's. --syscalls
counts system calls a 4 KiB read at depth 1 and 32 with strace, in runs of their own. Variables: HOSTA, QEMU.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from measure import Run, cpu_nanos, summary, works

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, "..", "built", "block.elf")
HOSTA = os.environ.get("HOSTA", os.path.join(HERE, "..", "..", "cli", "bin", "hosta"))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
FILE_BYTES = 1 << 30

# name, mode, depth, bytes a request, requests a second to begin with, unit
TESTS = [
    ("random read, depth 1", "randread", 1, 4096, 5000, "IOPS"),
    ("random read, depth 32", "randread", 32, 4096, 10000, "IOPS"),
    ("random write, depth 1", "randwrite", 1, 4096, 5000, "IOPS"),
    ("random write, depth 32", "randwrite", 32, 4096, 10000, "IOPS"),
    ("sequential read", "seqread", 8, 262144, 3000, "MB/s"),
    ("sequential write", "seqwrite", 8, 262144, 1500, "MB/s"),
]


def hosta(path, extra):
    disk = f"{path},cache=none,format=raw" + (f",{extra}" if extra else "")
    return lambda arguments: [
        HOSTA, "run", "--memory", "128M", "--virtio-cmdline", "--console", "stdio", "--disk", disk,
        "--kernel", GUEST, "--append", arguments,
    ]  # fmt: skip


def qemu(path, aio):
    return lambda arguments: [
        QEMU, "-M", "microvm,acpi=off", "-accel", "kvm", "-m", "128", "-name", "bench,debug-threads=on",
        "-kernel", GUEST, "-append", arguments, "-serial", "stdio", "-object", "iothread,id=io",
        "-global", "virtio-mmio.force-legacy=false",
        "-drive", f"if=none,id=disk,format=raw,file={path},cache=none,aio={aio}",
        "-device", "virtio-blk-device,drive=disk,iothread=io",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
        "-no-reboot", "-no-user-config", "-nodefaults", "-display", "none",
    ]  # fmt: skip


def once(name, make, mode, depth, size, count):
    """Seconds and the monitor's CPU nanoseconds for `count` requests, after half as many to warm up."""
    run = Run(make(f"{mode} depth={depth} bytes={size} warm={count // 2} count={count}"))
    begin = run.until(rb"block: go\r?\n", 300)
    before = cpu_nanos(run.process.pid)
    end = run.until(rb"block: done\r?\n", 600)
    after = cpu_nanos(run.process.pid)
    if begin is None or end is None:
        run.end()
        sys.exit(f"block: {name} did not do {mode}: {run.printed()}")
    run.until(rb"kicks", 30)
    run.end()
    return end - begin, sum(after.values()) - sum(before.get(task, 0) for task in after)


def syscalls(name, make, depth):
    """System calls a request: the difference of two runs, so that start and end do not count."""
    calls = []
    few, many = 2000, 12000
    for count in (few, many):
        with tempfile.NamedTemporaryFile("r") as out:
            command = ["strace", "-f", "-c", "-U", "calls,name", "-o", out.name]
            subprocess.run(
                command + make(f"randread depth={depth} count={count}"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=300,
            )
            rows = [line.split() for line in out.read().splitlines()]
            calls.append({row[1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit() and row[1] != "total"})
    if not all(calls):
        sys.exit(f"block: strace saw nothing of {name}")
    each = {call: (n - calls[0].get(call, 0)) / (many - few) for call, n in calls[1].items()}
    return {call: n for call, n in sorted(each.items(), key=lambda item: -item[1]) if n >= 0.005}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--file", help="the disk (default: made in /var/tmp, removed afterwards)")
    parser.add_argument("--test", action="append", metavar="TEXT", help="only tests whose name holds this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="each measurement takes, about")
    parser.add_argument("--hosta", action="append", metavar="TEXT", help="added to Hosta's --disk")
    parser.add_argument("--syscalls", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    folder = None
    path = options.file
    if path is None:
        folder = tempfile.mkdtemp(dir="/var/tmp")
        path = os.path.join(folder, "disk.img")
    try:
        if not os.path.exists(path):
            with open(path, "wb") as f:
                for _ in range(FILE_BYTES >> 20):
                    f.write(os.urandom(1 << 20))
                os.fsync(f.fileno())
        measure(options, path)
    finally:
        if folder:
            shutil.rmtree(folder)


def measure(options, path):
    monitors = {}
    if works(HOSTA):
        for extra in options.hosta or [""]:
            monitors["hosta" + (" " + extra if extra else "")] = hosta(path, extra)
    if works(QEMU):
        for aio in ("threads", "native", "io_uring"):
            monitors["qemu " + aio] = qemu(path, aio)
    result = {}
    for test, mode, depth, size, rate, unit in TESTS:
        if options.test and not any(text in test for text in options.test):
            continue
        counts, samples = {}, {name: [] for name in monitors}
        for turn in range(options.rounds + 1):
            for name, make in monitors.items():
                count = counts.get(name, int(rate * 0.5))
                seconds, nanos = once(name, make, mode, depth, size, count)
                if turn == 0:  # warms up, and says how many requests fill the time
                    counts[name] = max(100, int(count / seconds * options.seconds))
                    continue
                speed = count / seconds if unit == "IOPS" else count * size / seconds / 1e6
                samples[name].append((speed, nanos / count / 1000))
        result[test] = {
            name: {"median": summary([s for s, _ in values])[0], "best": max(s for s, _ in values),
                   "cpu_us": summary([c for _, c in values])[0], "unit": unit}
            for name, values in samples.items()
        }  # fmt: skip
    calls = {}
    if options.syscalls:
        for name, make in monitors.items():
            for depth in (1, 32):
                calls[f"{name}, depth {depth}"] = syscalls(name, make, depth)
    if options.json:
        print(json.dumps({"tests": result, "syscalls": calls}, indent=2))
        return
    print(f"{options.rounds} interleaved rounds; median, best, the monitor's CPU us a request; ratio to QEMU's best")
    for test, by_name in result.items():
        best = max((r["median"] for name, r in by_name.items() if name.startswith("qemu")), default=None)
        for name, r in by_name.items():
            ratio = f"{r['median'] / best:8.2f}" if best and name.startswith("hosta") else ""
            print(f"{test:24}{name:24}{r['median']:10.0f}{r['best']:10.0f} {r['unit']:5}{r['cpu_us']:9.1f}{ratio}")
    for name, each in calls.items():
        shown = ", ".join(f"{call} {n:.2f}" for call, n in each.items())
        print(f"system calls a 4 KiB read, {name}: {sum(each.values()):.2f} ({shown})")


main()
