#!/usr/bin/env python3
"""The part of linux-boot.sh that runs inside the lane."""
import argparse
import glob
import os
import sys

from measure import Run, summary

MARKER = rb"hosta: init at ([0-9.]+)"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--linuxboot", required=True)
    parser.add_argument("--hosta", help="left out where it is not given")
    parser.add_argument("--machine", required=True)
    parser.add_argument("--memory", type=int, required=True)
    options = parser.parse_args()
    cache = os.environ["LANE_CACHE"]
    kernel = glob.glob(f"{cache}/k-cloud/boot/vmlinuz-*")[0]
    initrd = f"{cache}/guest.cpio"
    line = "console=ttyS0 quiet hosta.run=true"
    mib = options.memory
    commands = {
        "linuxboot": [options.linuxboot, "-m", str(mib), kernel, initrd, line],
        f"qemu {options.machine}": [
            "qemu-system-x86_64", "-M", options.machine, "-accel", "kvm", "-cpu", "host",
            "-m", str(mib), "-kernel", kernel, "-initrd", initrd, "-append", line,
            "-serial", "stdio", "-no-reboot", "-no-user-config", "-nodefaults", "-display", "none",
        ],
        "hosta": [
            options.hosta, "run", "--memory", f"{mib}M", "--console", "stdio",
            "--kernel", kernel, "--initrd", initrd, "--append", line,
        ],
    }  # fmt: skip
    if not options.hosta:
        del commands["hosta"]
    times = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            run = Run(command)
            seconds = run.until(MARKER, 120)
            run.end()
            if seconds is None:
                sys.exit(f"linux-boot: {name} did not reach init: {run.printed()}")
            times[name].append(seconds)
            print(f"  {name}: {seconds:.2f} s", flush=True)
    print("start to the guest's init, seconds")
    print(f"{'':16}{'median':>8}{'min':>8}{'of linuxboot':>14}")
    base = summary(times["linuxboot"])[0]
    for name, samples in times.items():
        median, least = summary(samples)
        print(f"{name:16}{median:8.2f}{least:8.2f}{median / base:14.2f}")


main()
