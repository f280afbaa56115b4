#!/usr/bin/env python3
"""Times script-boot.expect with QEMU and script-boot.yaml with Hosta in turn; within the lane, see script-boot.sh."""
import argparse
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def lines(name):
    """Those that say something."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return sum(1 for line in file if line.strip() and not line.lstrip().startswith("#"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--machine", default="microvm")
    parser.add_argument("kernel")
    parser.add_argument("initrd")
    options = parser.parse_args()
    append = "console=ttyS0 quiet panic=-1"
    expect, yaml = "script-boot.expect", "script-boot.yaml"
    commands = {
        expect: ["expect", "-f", os.path.join(HERE, expect), options.machine, options.kernel, options.initrd, append],
        yaml: [
            options.hosta, "run", "--memory", "256M", "--console", "none", "--kernel", options.kernel,
            "--initrd", options.initrd, "--append", append, "--script", os.path.join(HERE, yaml),
        ],
    }  # fmt: skip
    times = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            begin = time.monotonic()
            run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
            if run.returncode != 0:
                sys.exit(f"script-boot: {name} ended with {run.returncode}: {run.stderr}")
            times[name].append(time.monotonic() - begin)
            print(f"  {name}: {times[name][-1]:.2f} s", flush=True)
    print(f"{'':20}{'lines':>6}{'median s':>10}{'min s':>8}{'ratio':>7}")
    base = statistics.median(times[expect])
    for name, all_seconds in times.items():
        median = statistics.median(all_seconds)
        print(f"{name:20}{lines(name):6}{median:10.2f}{min(all_seconds):8.2f}{median / base:7.2f}")


main()
