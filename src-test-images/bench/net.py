#!/usr/bin/env python3
"""virtio-net on a tap: frames a second, MB/s, round trips and the monitor's own cost, Hosta beside QEMU microvm.

    net.py [--test TEXT]... [--rounds N] [--seconds S] [--json]

The same polling guest (built/net.elf) under both monitors, in turn in each round, on the same tap, which is made and
removed here (root). QEMU has no vhost, as the frames are then the kernel's work and not the monitor's. The other end is
packets.c, which is compiled here. CPU time is that of all threads of the monitor but the vCPU's. Variables: HOSTA, QEMU.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from measure import Run, cpu_nanos, summary, works

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, "..", "built", "net.elf")
HOSTA = os.environ.get("HOSTA", os.path.join(HERE, "..", "..", "cli", "bin", "hosta"))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
TAP = f"hosta{os.getpid() % 100000}"

# name, mode, bytes a frame, frames a second to begin with, unit
TESTS = [
    ("frames from the guest, 60 bytes", "send", 60, 150000, "frames/s"),
    ("frames to the guest, 60 bytes", "receive", 60, 150000, "frames/s"),
    ("frames from the guest, 1514 bytes", "send", 1514, 150000, "MB/s"),
    ("frames to the guest, 1514 bytes", "receive", 1514, 150000, "MB/s"),
    ("round trips, 60 bytes", "echo", 60, 10000, "us"),
]


def hosta(arguments):
    return [
        HOSTA, "run", "--memory", "128M", "--virtio-cmdline", "--console", "stdio", "--net", f"tap:{TAP}",
        "--kernel", GUEST, "--append", arguments,
    ]  # fmt: skip


def qemu(arguments):
    return [
        QEMU, "-M", "microvm,acpi=off", "-accel", "kvm", "-m", "128", "-name", "bench,debug-threads=on",
        "-kernel", GUEST, "-append", arguments, "-serial", "stdio",
        "-global", "virtio-mmio.force-legacy=false",
        "-netdev", f"tap,id=net,ifname={TAP},script=no,downscript=no,vhost=off",
        "-device", "virtio-net-device,netdev=net",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
        "-no-reboot", "-no-user-config", "-nodefaults", "-display", "none",
    ]  # fmt: skip


def once(name, command, test, count, packets):
    """What was measured, in the test's unit, and the monitor's CPU nanoseconds a frame."""
    _, mode, size, _, unit = test
    run = Run(command(f"{mode} bytes={size} warm={count} count={count}"))
    peer = None
    try:
        if mode == "receive" and run.until(rb"net: ready\r?\n", 60) is not None:
            peer = subprocess.Popen([packets, "flood", TAP, str(size)])
        begin = run.until(rb"net: go\r?\n", 300)
        before = cpu_nanos(run.process.pid)
        if mode == "echo" and begin is not None:
            asked = subprocess.run([packets, "ask", TAP, str(size), str(count)], stdout=subprocess.PIPE, check=True)
            trips = [int(line) for line in asked.stdout.split()]
        end = run.until(rb"net: done\r?\n", 600)
        after = cpu_nanos(run.process.pid)
        if begin is None or end is None:
            sys.exit(f"net: {name} did not do {mode}: {run.printed()}")
        run.until(rb"kicks", 30)
    finally:
        if peer:
            peer.kill()
            peer.wait()
        run.end()
    cost = (sum(after.values()) - sum(before.get(task, 0) for task in after)) / count
    if mode == "echo":
        return statistics.median(trips[len(trips) // 2 :]) / 1000, cost
    rate = count / (end - begin)
    return (rate if unit == "frames/s" else rate * size / 1e6), cost


def measure(options, packets):
    monitors = {name: make for name, program, make in (("hosta", HOSTA, hosta), ("qemu", QEMU, qemu)) if works(program)}
    result = {}
    for test in TESTS:
        name, mode, size, rate, unit = test
        if options.test and not any(text in name for text in options.test):
            continue
        counts, samples = {}, {monitor: [] for monitor in monitors}
        for turn in range(options.rounds + 1):
            for monitor, command in monitors.items():
                count = counts.get(monitor, rate)
                value, cost = once(monitor, command, test, count, packets)
                if turn == 0:  # warms up, and says how many frames fill the time
                    frames = {"frames/s": value, "MB/s": value * 1e6 / size, "us": 1e6 / value}[unit]
                    counts[monitor] = max(1000, int(frames * options.seconds))
                    continue
                samples[monitor].append((value, cost / 1000))
        result[name] = {
            monitor: {"median": summary([v for v, _ in values])[0], "cpu_us": summary([c for _, c in values])[0], "unit": unit}
            for monitor, values in samples.items()
        }  # fmt: skip
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--test", action="append", metavar="TEXT", help="only tests whose name holds this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="each measurement takes, about")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packets = os.path.join(folder, "packets")
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", packets, os.path.join(HERE, "packets.c")], check=True)
        subprocess.run(["ip", "tuntap", "add", "dev", TAP, "mode", "tap"], check=True)
        try:
            subprocess.run(["ip", "link", "set", TAP, "up"], check=True)
            result = measure(options, packets)
        finally:
            subprocess.run(["ip", "tuntap", "del", "dev", TAP, "mode", "tap"], check=True)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"{options.rounds} interleaved rounds; median, the monitor's CPU us a frame; ratio to QEMU")
    for test, by_name in result.items():
        for name, r in by_name.items():
            ratio = f"{r['median'] / by_name['qemu']['median']:8.2f}" if name == "hosta" and "qemu" in by_name else ""
            print(f"{test:36}{name:8}{r['median']:12.1f} {r['unit']:9}{r['cpu_us']:9.2f}{ratio}")


main()
