#!/usr/bin/env python3
"""Logs in to a Linux guest with a disk of its own (../linux/make-root.sh), as guest and then as root.

    linux-login.py [--limit SECONDS] -- COMMAND...

COMMAND starts the guest and gets a real terminal. In guest's home the file `before` is checked against
`before.sum`; the files `after` and `after.sum` are made. Status 0 when all was answered and COMMAND ended with 0
after `poweroff`; otherwise one line that says what was waited for, and status 1.
"""
import argparse
import sys

from root_guest import PROMPT, power_off, wait_for_root
from screen import Failed, Screen


def talk(screen):
    wait_for_root(screen)
    screen.log_in("guest")
    print(f"\n[logged in after {screen.seconds():.1f} s]")
    screen.ask("id -un; pwd", r"guest\s+/home/guest\s")
    screen.ask("mount | grep ' / '", r"/dev/vda on / type ext4 \(rw,")
    screen.ask("sha256sum -c before.sum", r"before: OK\s")
    screen.ask("touch /etc/mine; echo $((40+2))", r"Permission denied\s+42\s")
    made = "dd if=/dev/urandom of=after bs=1k count=777 2>/dev/null; sha256sum after > after.sum; cat after.sum"
    screen.ask(made, r"[0-9a-f]{64}  after\s")
    screen.type("exit\r")
    screen.log_in("root")
    power_off(screen, screen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=240)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    screen = Screen(options.command, options.limit, PROMPT)
    try:
        talk(screen)
    except Failed as why:
        screen.kill()
        print(f"\nlinux-login: {why}")
        sys.exit(1)
    print(f"\nlinux-login: all answered, {screen.seconds():.1f} s")


main()
