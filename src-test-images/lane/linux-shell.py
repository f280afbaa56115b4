#!/usr/bin/env python3
"""Sits at the terminal of a Linux test guest: waits for what it prints, types, waits for the answer.

    linux-shell.py [--cpus N] [--reboot] [--limit SECONDS] -- COMMAND...

COMMAND starts the guest (linux/init) with a shell on its console and gets a real terminal. Status 0
when everything typed was answered and COMMAND ended with 0 after `poweroff -f`; otherwise one line
that says what was waited for, and status 1.
"""
import argparse
import hashlib
import re
import sys

from screen import Failed, Screen

PROMPT = r"guest# "


def up(screen):
    """Awaits init's first line and the shell."""
    guest = screen.wait_for(r"hosta: init at ([0-9.]+)\r").group(1)
    print(f"\n[init after {screen.seconds():.1f} s, at {guest} s of the guest's time]")
    screen.wait_for("hosta: shell")
    screen.wait_for(PROMPT)


def paste(screen):
    """Some hundred bytes at once, faster than any guest reads a serial line."""
    text = "".join(f"line {i} of what is pasted, {'0123456789' * 4}\n" for i in range(12))
    digest = hashlib.md5(text.encode()).hexdigest()
    screen.type("stty -echo; echo 'now '$((0)); md5sum; stty echo\r")
    screen.wait_for(r"\r\nnow 0\r\n")
    screen.type(text.replace("\n", "\r") + "\x04")
    screen.wait_for(digest)
    screen.wait_for(PROMPT)


def kernel_log(screen, cpus):
    """What a board that is not quite a PC shows there first."""
    screen.ask("dmesg | grep 'registered as rtc0'", "rtc_cmos")
    screen.ask("dmesg | grep 'smp: Brought up'", rf"Brought up 1 node, {cpus} CPU")
    # Left out, seen under QEMU in the lane too: supposedly TCG does not intercept XSETBV, so KVM's CPUID leaf 0xd stays as at reset, and
    # the kernel warns of that size under any VMM there.
    screen.ask(
        "dmesg | grep -E 'WARNING:|BUG:|Oops|detected stall|nobody cared'"
        " | grep -v fpu__init_system_xstate; echo end",
        r"[^\n]*echo end\r\nend\r\n|^end\r\n",
    )
    # the longest that it said nothing before init, and where: a device that it waits for shows here
    gap = screen.ask(
        "dmesg | sed 's/^<[0-9]*>//' | awk -F'[][]' '/Run .init as/ {exit} {t=$2+0; if (t-l>g) {g=t-l; a=$0} l=t}"
        " END {printf \"gap %.1f s before %s\\n\", g, a}'",
        r"gap ([0-9.]+) s before [^\r]*",
    )
    if float(gap.group(1)) >= 8:
        raise Failed(f"the kernel waited: {gap.group(0)}")


def talk(screen, cpus, reboot):
    up(screen)
    screen.ask("echo $((6*7))", r"42\r\n")
    screen.ask("nproc", rf"{cpus}\r\n")
    paste(screen)
    kernel_log(screen, cpus)
    if reboot:
        screen.type("reboot -f\r")
        up(screen)
    screen.type("poweroff -f\r")
    status = screen.end()
    if status != 0:
        raise Failed(f"after poweroff the command ended with {status}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--reboot", action="store_true")
    parser.add_argument("--limit", type=float, default=300)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    screen = Screen(options.command, options.limit, PROMPT)
    try:
        talk(screen, options.cpus, options.reboot)
    except Failed as why:
        screen.kill()
        print(f"\nlinux-shell: {why}")
        sys.exit(1)
    print(f"\nlinux-shell: all answered, {screen.seconds():.1f} s")


main()
