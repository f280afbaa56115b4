#!/usr/bin/env python3
"""Sits at both consoles of a Linux guest with a disk (../linux/make-root.sh) and a rootless network.

    linux-net.py [--limit SECONDS] --folder FOLDER --address A --gateway A -- COMMAND...

COMMAND starts the guest with its virtio console at the socket FOLDER/hvc, the port `notes` at the file FOLDER/notes,
and port 18080 of the host published as the guest's 8080. The guest must get the address A, and reach the host as the
gateway: it fetches FOLDER/file from a server here, and serves what a client here fetches. Status 0 when all was
answered and COMMAND ended with 0 after `poweroff`; otherwise one line that says what was waited for, and status 1.
"""
import argparse
import functools
import hashlib
import http.server
import os
import re
import socket
import sys
import threading
import urllib.request

from root_guest import PROMPT, power_off, wait_for_root
from screen import Failed, Screen, Terminal

SERVED = 8000
PUBLISHED = 18080
PATIENCE = 60


def serve(folder):
    """The host's server: only on loopback, where the guest comes out when it asks for its gateway."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", SERVED), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def fetch_published(name):
    """By the published port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PUBLISHED}/{name}", timeout=PATIENCE) as answer:
            return answer.read()
    except TimeoutError:
        raise Failed("no answer by the published port") from None


def network(screen, options):
    wait = "until ip -4 addr show dev eth0 | grep inet; do sleep 1; done"
    screen.ask(wait, rf"inet {re.escape(options.address)}/")
    print(f"\n[an address after {screen.seconds():.1f} s]")
    screen.ask("ip route", rf"default via {re.escape(options.gateway)} ")
    with open(f"{options.folder}/file", "rb") as file:
        expected = digest(file.read())
    url = f"http://{options.gateway}:{SERVED}/file"
    screen.ask(f"wget -q -O fetched {url}; echo $?; sha256sum fetched", rf"0\s+{expected}  fetched")
    print(f"\n[fetched after {screen.seconds():.1f} s]")
    made = "dd if=/dev/urandom of=served bs=1k count=777 2>/dev/null; sha256sum served"
    expected = screen.ask(made, r"([0-9a-f]{64})  served").group(1)
    screen.ask("httpd -p 8080 -h /home/guest; echo $?", r"0\s")
    if digest(fetch_published("served")) != expected:
        raise Failed("another file came through the published port")
    print(f"\n[served after {screen.seconds():.1f} s]")


def console(options):
    """The virtio console, from its login on."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(f"{options.folder}/hvc")
    hvc = Terminal(line.detach(), options.limit, PROMPT)
    hvc.type("\r")  # for a prompt, which may have come before anyone was there
    hvc.log_in("root")
    hvc.ask("tty; echo $((6*7))", r"/dev/hvc0\s+42\s")
    hvc.ask("cat /sys/class/misc/hw_random/rng_current", r"virtio_rng")
    taken = "head -c 4096 /dev/hwrng > /tmp/r; wc -c < /tmp/r; gzip < /tmp/r | wc -c"
    size, packed = (int(text) for text in hvc.ask(taken, r"(\d+)\s+(\d+)\s").groups())
    if size != 4096 or packed < size:
        raise Failed(f"{size} random bytes, {packed} when packed")
    find = "name=$(grep -lx notes /sys/class/virtio-ports/*/name); port=${name%/name}; echo noted > /dev/${port##*/}"
    hvc.ask(find + "; echo $?", r"0\s")
    with open(f"{options.folder}/notes", encoding="ascii") as notes:
        if notes.read() != "noted\n":
            raise Failed("the port's file holds something else")
    return hvc


def talk(screen, options):
    wait_for_root(screen)
    screen.log_in("guest")
    network(screen, options)
    hvc = console(options)
    power_off(screen, hvc)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    serve(options.folder)
    print(f"linux-net: user {os.getuid()}")
    screen = Screen(options.command, options.limit, PROMPT)
    try:
        talk(screen, options)
    except (Failed, OSError) as why:
        screen.kill()
        print(f"\nlinux-net: {why}")
        sys.exit(1)
    print(f"\nlinux-net: all answered, {screen.seconds():.1f} s")


main()
