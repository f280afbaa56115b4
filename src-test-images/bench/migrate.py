#!/usr/bin/env python3
"""A running guest from one network namespace to another: Hosta beside QEMU, on the same link, in turn.

    migrate.py [--runs N] [--memory MIB] [--touched MIB] [--rates R,R…] [--downtime MS]
               [--delay MS] [--loss PERCENT] [--rate MBIT] [--bandwidth MIB] [--tls DIR] [--streams N]
               [--compress auto|lz4] [--first] [--json]
    migrate.py --table [--runs N] [--first]

The link is a veth pair between two namespaces that the script makes and removes (it has to be root); --delay and
--loss put `tc netem` on both ends, where the kernel has it; --rate alone does with `tbf`. --tls, --streams and
--compress are for Hosta; QEMU goes in plain, over one connection, in turn with it all the same. --table takes the rows of
bench/README.md, one after the other, and prints them as such; what the kernel cannot do is left out. The guest is `dirty`: it writes memory at R MiB/s
from ring 3, finds every page that does not hold what it wrote last, and tells the largest gap that its clock shows.

Of each migration: `guest`, the largest gap in ms that the guest saw around it; `told`, the downtime in ms that the
monitor reports; `total` ms; `MiB` sent; `MB/s`, that in all of the time. QEMU's limits are those of Hosta: the same downtime is asked for, and its
bandwidth is unlimited unless --bandwidth is given. A run whose guest has lost a write ends the benchmark.

Variables: HOSTA, QEMU as for start.py.
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import types

from measure import Run, summary, works

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "built")
HOSTA = os.environ.get("HOSTA", os.path.join(HERE, "..", "..", "cli", "bin", "hosta"))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
PATIENCE = 180
PORT = 4444


def sh(*command):
    """Runs a command of the host's; ends the benchmark where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"migrate: {' '.join(command)}: {done.stderr.strip()}")


class Link:
    """Two network namespaces and the cable between them."""

    def __init__(self, options):
        self.first = ["nice", "-n", "-20"] if options.first else []
        tag = str(os.getpid())
        self.sides = [f"mig-a-{tag}", f"mig-b-{tag}"]
        self.addresses = ["10.98.7.1", "10.98.7.2"]
        ends = [f"va{tag}"[:15], f"vb{tag}"[:15]]
        for side in self.sides:
            sh("ip", "netns", "add", side)
        sh("ip", "link", "add", ends[0], "netns", self.sides[0], "type", "veth",
           "peer", "name", ends[1], "netns", self.sides[1])  # fmt: skip
        for side, end, address in zip(self.sides, ends, self.addresses):
            sh("ip", "-n", side, "addr", "add", address + "/24", "dev", end)
            sh("ip", "-n", side, "link", "set", end, "up")
            sh("ip", "-n", side, "link", "set", "lo", "up")
            rule = harm(options)
            if rule:
                sh("tc", "-n", side, "qdisc", "add", "dev", end, "root", *rule)

    def within(self, side, command):
        return self.first + ["ip", "netns", "exec", self.sides[side]] + command

    def close(self):
        for side in self.sides:
            subprocess.run(["ip", "netns", "delete", side], check=False)


def harm(options):
    """What `tc` puts on each end of the link; nothing where it is left as it is."""
    if options.delay or options.loss:
        rule = ["netem", "limit", "10000"]
        rule += ["delay", f"{options.delay}ms"] if options.delay else []
        rule += ["loss", f"{options.loss}%"] if options.loss else []
        return rule + (["rate", f"{options.rate}mbit"] if options.rate else [])
    if options.rate:
        return ["tbf", "rate", f"{options.rate}mbit", "burst", "256kb", "latency", "50ms"]
    return []


def has(options):
    """Whether this host's kernel can do that."""
    rule = harm(options)
    if not rule:
        return True
    side = f"mig-try-{os.getpid()}"
    sh("ip", "netns", "add", side)
    try:
        command = ["tc", "-n", side, "qdisc", "add", "dev", "lo", "root", *rule]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    finally:
        sh("ip", "netns", "delete", side)


def certificates(folder):
    """Certificates of both sides for the link's addresses, by openssl."""
    os.mkdir(folder)
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    steps = [f"req -x509 {curve} -keyout ca-key.pem -out ca-cert.pem -subj /CN=ca"]
    with open(os.path.join(folder, "names"), "w", encoding="utf-8") as names:
        names.write("subjectAltName=IP:10.98.7.1,IP:10.98.7.2\n")
    for side in ("server", "client"):
        steps.append(f"req {curve} -keyout {side}-key.pem -out {side}.csr -subj /CN={side}")
        steps.append(
            f"x509 -req -in {side}.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial"
            f" -out {side}-cert.pem -extfile names"
        )
    for step in steps:
        done = subprocess.run(["openssl", *step.split()], cwd=folder, capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f"migrate: openssl {step}: {done.stderr.decode()}")
    return folder


class Guest:
    def __init__(self, mib, touched, rate):
        self.mib = mib
        self.kernel = os.path.join(BUILT, "dirty.elf")
        self.append = f"{rate} {touched}"
        # A writer has written all of its memory once before it moves.
        self.ready = rb"rounds [1-9]" if rate else rb"tick \d+ time \d+ ms gap \d+ ms wrote"


def check(good, run, what):
    """Ends the benchmark with what was printed, unless it worked."""
    if not good:
        text = run.printed()
        run.end()
        sys.exit(f"migrate: {what}: {text}")
    return good


def gap(before, after):
    """Largest gap in ms of the guest's clock around its move, and whether it lost anything."""
    said = before.output + after.output
    if b"LOST" in said or b"went back" in said:
        sys.exit(f"migrate: the guest is not what it was: {said[-400:]}")
    gaps = [int(g) for g in re.findall(rb"gap (\d+) ms", b"".join(after.output.split(b"\n")[:4]))]
    return max(gaps, default=0)


def follow(run):
    """Some ticks of the guest in its new place."""
    check(run.until(rb"(tick [^\n]*\n[^\n]*){3}", PATIENCE), run, "the guest does not run over there")


class Hosta:
    """`hosta receive` and `hosta migrate`."""

    def __init__(self, folder, options):
        self.options = options
        self.turn = 0
        self.home = os.path.join(folder, "home")

    def environment(self):
        os.environ["HOSTA_HOME"] = self.home

    def security(self):
        return ["--tls-dir", self.options.tls] if self.options.tls else ["--insecure"]

    def move(self, link, guest):
        self.environment()
        self.turn += 1
        name = f"m{self.turn}"
        there = Run(link.within(1, [HOSTA, "receive", "--listen", f"{link.addresses[1]}:{PORT}",
                                    "--name", name + "-b", "--console", "stdio", *self.security()]))  # fmt: skip
        here = Run(link.within(0, [HOSTA, "run", "--name", name, "--memory", f"{guest.mib}M", "--console",
                                   "stdio", "--kernel", guest.kernel, "--append", guest.append]))  # fmt: skip
        try:
            check(here.until(guest.ready, PATIENCE), here, "hosta does not run the guest")
            command = [HOSTA, "migrate", name, f"{link.addresses[1]}:{PORT}", "--json", "--downtime",
                       f"{self.options.downtime}ms", "--timeout", "120s", *self.security()]  # fmt: skip
            if self.options.streams > 1:
                command += ["--streams", str(self.options.streams)]
            if self.options.compress:
                command += ["--compress=" + self.options.compress]
            if self.options.bandwidth:
                command += ["--bandwidth", f"{self.options.bandwidth}M"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"migrate: hosta: {done.stderr}{there.printed()}")
            report = json.loads(done.stdout.splitlines()[-1])
            follow(there)
            return {
                "guest": gap(here, there),
                "told": report["downtime_us"] / 1000,
                "total": report["total_us"] / 1000,
                "MiB": report["sent_bytes"] / (1 << 20),
                "MB/s": report["sent_bytes"] / report["total_us"],
                "parts": {k: report[k] / 1000 for k in
                          ("pause_us", "last_pages_us", "state_us", "hand_over_us", "resume_us")},
            }  # fmt: skip
        finally:
            here.end()
            there.end()


class Qemu:
    """microvm with `-incoming tcp:`, told what to do over QMP."""

    def __init__(self, folder, options):
        self.folder = folder
        self.options = options

    def command(self, guest, control):
        return [
            QEMU, "-M", "microvm", "-accel", "kvm", "-m", str(guest.mib), "-kernel", guest.kernel,
            "-append", guest.append, "-serial", "stdio", "-no-reboot", "-no-user-config", "-nodefaults",
            "-display", "none", "-qmp", f"unix:{control},server=on,wait=off",
        ]  # fmt: skip

    def move(self, link, guest):
        control = os.path.join(self.folder, "qmp")
        address = f"tcp:{link.addresses[1]}:{PORT}"
        there = Run(link.within(1, self.command(guest, control + "-b") + ["-incoming", address]))
        here = Run(link.within(0, self.command(guest, control)))
        try:
            check(here.until(guest.ready, PATIENCE), here, "QEMU does not run the guest")
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(control)
                talk = s.makefile("rw", encoding="utf-8")
                ask(talk, "qmp_capabilities")
                rate = (self.options.bandwidth << 20) if self.options.bandwidth else 1 << 40
                ask(talk, "migrate-set-parameters",
                    {"max-bandwidth": rate, "downtime-limit": self.options.downtime})  # fmt: skip
                ask(talk, "migrate", {"uri": address})
                while (info := ask(talk, "query-migrate")).get("status") != "completed":
                    if info.get("status") in ("failed", "cancelled"):
                        sys.exit(f"migrate: QEMU: {info}")
                    time.sleep(0.02)
                follow(there)
            return {
                "guest": gap(here, there),
                "told": info["downtime"],
                "total": info["total-time"],
                "MiB": info["ram"]["transferred"] / (1 << 20),
                "MB/s": info["ram"]["transferred"] / max(1, info["total-time"]) / 1000,
            }
        finally:
            here.end()
            there.end()
            for path in (control, control + "-b"):
                if os.path.exists(path):
                    os.unlink(path)


def ask(talk, command, arguments=None):
    talk.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
    talk.flush()
    for line in talk:
        reply = json.loads(line)
        if "return" in reply:
            return reply["return"]
        if "error" in reply:
            sys.exit(f"migrate: QEMU refuses {command}: {reply['error']['desc']}")
    sys.exit("migrate: QEMU ended")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", type=int, default=512, help="of the guest, MiB")
    parser.add_argument("--touched", type=int, default=0, help="how much the guest writes; default 3/4 of it")
    parser.add_argument("--rates", default="0,50,500", help="at which the guest writes, MiB/s")
    parser.add_argument("--downtime", type=int, default=50, help="that is asked for, ms")
    parser.add_argument("--delay", type=int, default=0, help="of the link, ms one way")
    parser.add_argument("--loss", type=float, default=0, help="of the link, percent each way")
    parser.add_argument("--streams", type=int, default=1, help="connections, for Hosta")
    parser.add_argument("--compress", choices=["auto", "lz4"], help="for Hosta")
    parser.add_argument("--table", action="store_true", help="all rows of README.md")
    parser.add_argument("--rate", type=int, default=0, help="of the link, Mbit/s")
    parser.add_argument("--bandwidth", type=int, default=0, help="limit for the migration, MiB/s")
    parser.add_argument("--first", action="store_true", help="before all else that this machine does (nice -20)")
    parser.add_argument("--tls", help="folder with certificates, for Hosta; 'make' makes them")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.table:
        table(options)
        return
    results = measure(options)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    show(options, results)


def measure(options):
    """The samples of each monitor at each rate."""
    folder = tempfile.mkdtemp(prefix="migrate-", dir="/dev/shm")
    if options.tls == "make":
        options.tls = certificates(os.path.join(folder, "tls"))
    monitors = {}
    for name, make, program in (("hosta", Hosta, HOSTA), ("qemu", Qemu, QEMU)):
        if works(program):
            monitors[name] = make(folder, options)
        else:
            print(f"migrate: {program} does not work, {name} is left out", file=sys.stderr)
    results = {}
    link = Link(options)
    try:
        for rate in (int(text) for text in options.rates.split(",")):
            guest = Guest(options.memory, options.touched or options.memory * 3 // 4, rate)
            samples = {name: [] for name in monitors}
            for _ in range(options.runs):
                for name, monitor in monitors.items():
                    samples[name].append(monitor.move(link, guest))
            results[rate] = samples
    finally:
        link.close()
        shutil.rmtree(folder)
    return results


# What is measured beyond the plain link and 512 MiB: what it is called, and what is other.
ROWS = [
    ("512 MiB", {"rates": "0,50,500"}),
    ("512 MiB, 4 streams", {"rates": "500", "streams": 4}),
    ("2 GiB", {"memory": 2048, "rates": "0,500"}),
    ("512 MiB, TLS", {"rates": "0,500", "tls": "make"}),
    ("512 MiB, TLS, 2 streams", {"rates": "500", "tls": "make", "streams": 2}),
    ("512 MiB, 1 Gbit/s", {"rates": "50", "rate": 1000}),
    ("512 MiB, 1 Gbit/s, compressed", {"rates": "50", "rate": 1000, "compress": "auto"}),
    ("512 MiB, compressed", {"rates": "500", "compress": "auto"}),
    ("512 MiB, 5 ms each way", {"rates": "0,50", "delay": 5}),
    ("512 MiB, 5 ms and 0.1 % lost each way", {"rates": "50", "delay": 5, "loss": 0.1}),
]


def table(options):
    """Prints all rows as Markdown, each as soon as it is there."""
    print(f"load {os.getloadavg()[0]:.1f}, {options.runs} runs in turn, medians, Hosta / QEMU\n")
    print("| | MiB/s | gap in the guest, ms | downtime told, ms | total, ms | MiB sent | MB/s |")
    print("|---|---|---|---|---|---|---|")
    for name, other in ROWS:
        row = types.SimpleNamespace(**{**vars(options), **other})
        if not has(row):
            print(f"migrate: '{name}' is left out: the kernel has no {harm(row)[0]}", file=sys.stderr)
            continue
        for rate, samples in measure(row).items():
            cells = []
            for key, digits in (("guest", 0), ("told", 1), ("total", 0), ("MiB", 0), ("MB/s", 0)):
                medians = [summary([run[key] for run in runs])[0] for runs in samples.values()]
                cells.append(" / ".join(f"{median:.{digits}f}" for median in medians))
            print(f"| {name} | {rate} | " + " | ".join(cells) + " |", flush=True)


def show(options, results):
    keys = ("guest", "told", "total", "MiB", "MB/s")
    print(
        f"migration of {options.memory} MiB, {options.runs} interleaved runs, median (min),"
        f" load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'MiB/s':>6} {'':6}" + "".join(f"{key:>20}" for key in keys))
    for rate, samples in results.items():
        medians = {}
        for name, runs in samples.items():
            medians[name] = {key: summary([run[key] for run in runs]) for key in keys}
            cells = (f"{m:.1f} ({least:.1f})" for m, least in medians[name].values())
            print(f"{rate:>6} {name:6}" + "".join(f"{cell:>20}" for cell in cells))
        if len(medians) == 2:
            ratios = (medians["hosta"][k][0] / max(1e-9, medians["qemu"][k][0]) for k in keys)
            print(f"{rate:>6} {'ratio':6}" + "".join(f"{ratio:>20.2f}" for ratio in ratios))
        for runs in (samples.get("hosta", []),):
            if runs:
                parts = {k: summary([run["parts"][k] for run in runs])[0] for k in runs[0]["parts"]}
                print(f"{'':13} hosta's downtime: " + ", ".join(f"{k[:-3]} {v:.1f}" for k, v in parts.items()))


main()
