#!/usr/bin/env python3
"""A Linux guest with a disk (../linux/make-root.sh) behind passt, under Hosta and under QEMU in turn, and the host.

    linux-user.py [--limit SECONDS] [--mib N] [--tries N] --hosta HOSTA --folder FOLDER

FOLDER holds vmlinuz, root.cpio and root.img. Status 0 when all megabytes arrived whose sender waited for that; what
became of the others is told.
"""
import argparse
import subprocess
import sys

from root_guest import PROMPT, power_off
from screen import Failed, Screen
from transfers import SEND, SEND_AND_WAIT, Block, Transfers

GATEWAY = "10.77.0.1"
APPEND = "root=/dev/vda rw console=ttyS0 quiet panic=-1"
EARLY_MIB = 16


class Qemu:
    """With a passt of its own, which the caller has to start first."""

    name = "qemu"

    def __init__(self, options):
        self.folder = options.folder
        self.passt = None

    def command(self):
        folder = self.folder
        socket = f"{folder}/passt"
        self.passt = subprocess.Popen(["passt", "-f", "-q", "-1", "-s", socket, "--runas", "0"])
        qemu = ["qemu-system-x86_64", "-M", "microvm", "-accel", "kvm", "-cpu", "host", "-m", "256", "-nodefaults"]
        qemu += ["-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", f"{folder}/vmlinuz"]
        qemu += ["-initrd", f"{folder}/root.cpio", "-append", APPEND, "-global", "virtio-mmio.force-legacy=false"]
        qemu += ["-drive", f"file={folder}/root.img,if=none,id=root,format=raw", "-device", "virtio-blk-device,drive=root"]
        qemu += ["-netdev", f"stream,id=net,server=off,addr.type=unix,addr.path={socket}"]
        # Once passt listens.
        wait = f"until [ -S {socket} ]; do sleep 0.1; done; exec " + " ".join(f"'{word}'" for word in qemu)
        return ["sh", "-c", wait + " -device virtio-net-device,netdev=net"]

    def end(self):
        if self.passt:
            self.passt.kill()
            self.passt.wait()


class Hosta:
    name = "hosta"

    def __init__(self, options):
        self.options = options

    def command(self):
        folder = self.options.folder
        command = [self.options.hosta, "run", "--memory", "256M", "--kernel", f"{folder}/vmlinuz"]
        command += ["--initrd", f"{folder}/root.cpio", "--append", APPEND, "--disk", f"{folder}/root.img"]
        return command + ["--net", "user"]

    def end(self):
        pass


def talk(name, guest, block, options):
    """Gives how many of the early ends lost something."""
    guest.log_in("root")
    guest.ask("until ip -4 addr show dev eth0 | grep inet; do sleep 1; done", r"inet 10\.77\.0\.2/")
    transfers = Transfers(block, options.limit)
    transfers.give_block(guest, GATEWAY)
    transfers.from_host(f"{name}, host to guest", guest, GATEWAY, options.mib)
    transfers.to_host(f"{name}, guest to host", guest, GATEWAY, options.mib, SEND_AND_WAIT)
    lost = []
    for _ in range(options.tries):
        try:
            transfers.to_host(f"{name}, guest to host, ended early", guest, GATEWAY, EARLY_MIB, SEND)
        except Failed as why:
            lost.append(str(why))
            print(f"\n[{name}, guest to host, ended early: {why}]")
    return lost


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    block = Block(options.folder)
    told = []
    for monitor in Hosta(options), Qemu(options):
        guest = Screen(monitor.command(), options.limit, PROMPT)
        try:
            lost = talk(monitor.name, guest, block, options)
            told.append(f"{monitor.name}: {len(lost)} of {options.tries} early ends lost their tail")
            power_off(guest, guest)
        except (Failed, OSError) as why:
            guest.kill()
            print(f"\nlinux-user: {monitor.name}: {why}")
            sys.exit(1)
        finally:
            monitor.end()
    print("\nlinux-user: " + "; ".join(told))


main()
