#!/usr/bin/env python3
"""Two Linux guests with disks (../linux/make-root.sh) and the host send one another pings and megabytes.

    linux-nets.py [--limit SECONDS] [--mib N] [--cable-mib N] --hosta HOSTA --folder FOLDER

FOLDER holds vmlinuz, root.cpio, and the disks left.img and right.img. The host has a bridge with the address 10.78.0.1/24
and on it the taps `left` and `right`; each guest's first card is on its tap, the second on a cable between the two. The right one's
terminal is its virtio console. Each byte of a transfer is compared, or summed up. Status 0 when all arrived as it was sent.
"""
import argparse
import subprocess
import sys

from root_guest import PROMPT, ask_for_complaints, power_off, take_addresses
from screen import Failed, Screen
from transfers import Block, Transfers

HOST, LEFT, RIGHT = "10.78.0.1", "10.78.0.2", "10.78.0.3"
CABLE_LEFT, CABLE_RIGHT = "10.79.0.2", "10.79.0.3"
FETCH_PORT = 8000
SIZE = (31, 101)
LATER_SIZE = (42, 111)


def ping(guest, address, more=""):
    guest.ask(f"ping -c 3 -W 30 {more} {address}", r"3 packets transmitted, 3 packets received")


def resized(guest):
    """The terminal's size, and that it follows."""
    guest.ask("stty size", rf"{SIZE[0]} {SIZE[1]}\s")
    guest.resize(*LATER_SIZE)
    rows, columns = LATER_SIZE
    guest.ask(f"until [ \"$(stty size)\" = '{rows} {columns}' ]; do sleep 1; done; stty size", rf"{rows} {columns}\s")


def talk(left, right, transfers, options):
    for guest, addresses in (left, [LEFT, CABLE_LEFT]), (right, [RIGHT, CABLE_RIGHT]):
        guest.log_in("root")
        take_addresses(guest, addresses)
    resized(right)
    ping(left, HOST)
    ping(left, HOST, "-s 1472")
    ping(left, RIGHT)
    ping(right, LEFT)
    ping(left, CABLE_RIGHT)
    ping(right, CABLE_LEFT)
    for address in LEFT, RIGHT:
        subprocess.run(["busybox", "ping", "-c", "3", "-W", "30", address], check=True)
    fetch = f"wget -q -O /tmp/block http://{HOST}:{FETCH_PORT}/block; md5sum /tmp/block"
    for guest in left, right:
        guest.ask(fetch, transfers.block.digest(1))
    print(f"\n[all there after {left.seconds():.1f} s]")
    transfers.to_host("tap, guest to host", left, HOST, options.mib)
    transfers.from_host("tap, host to guest", left, HOST, options.mib)
    transfers.between("tap, guest to guest", left, right, RIGHT, options.mib)
    transfers.between("cable, guest to guest", right, left, CABLE_LEFT, options.cable_mib)
    for guest in left, right:
        ask_for_complaints(guest)
        power_off(guest, guest)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--cable-mib", type=int, default=16)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    folder = options.folder
    block = Block(folder)
    command = [options.hosta, "run", "--memory", "256M", "--kernel", f"{folder}/vmlinuz"]
    command += ["--initrd", f"{folder}/root.cpio", "--rng", "--append", "root=/dev/vda rw console=ttyS0 quiet panic=-1"]
    cable = ["--net", f"socket:{folder}/cable"]
    left = Screen(
        command + ["--disk", f"{folder}/left.img", "--net", "tap:left"] + cable,
        options.limit,
        PROMPT,
    )
    right = Screen(
        command
        + ["--disk", f"{folder}/right.img", "--net", "tap:right"]
        + cable
        + ["--console", f"file:{folder}/right.console", "--hvc", "stdio"],
        options.limit,
        PROMPT,
        *SIZE,
    )
    try:
        talk(left, right, Transfers(block, options.limit), options)
    except (Failed, OSError, subprocess.CalledProcessError) as why:
        left.kill()
        right.kill()
        print(f"\nlinux-nets: {why}")
        sys.exit(1)
    print(f"\nlinux-nets: all arrived, {left.seconds():.1f} s")


main()
