#!/usr/bin/env python3
"""migrate-often.py [--moves N] [--guests N] [--rate MIB]: guests that write their memory and hold a disk go from one host
to the other and back, so often, all at the same time; afterwards each checks every page, and nothing may be left behind.
Needs /dev/kvm and a build (mvn -DskipTests package)."""

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time

from two_sides import Side, Wrong, until


class Traveller:
    """One guest, and where it has been."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="migrate-often-")
        self.disk = os.path.join(self.folder, "disk")
        with open(self.disk, "wb") as f:
            f.truncate(4 << 20)
        self.problem = "not begun"

    def run(self):
        sides = []
        try:
            side = Side(self.folder, "a", ["run", "--name", "vm", "--memory", "24M", "--disk", self.disk, "dirty",
                                           str(self.options.rate), "8"])
            sides.append(side)
            until("the guest", lambda: "rounds 1" in side.said() and os.path.exists(side.api.socket))
            for move in range(self.options.moves):
                side = self.move(side, "ba"[move % 2], move)
                sides.append(side)
            side.checked()
            self.left()
            self.problem = ""
        except (Wrong, OSError) as why:
            self.problem = f"after {len(sides) - 1} moves: {why} ({self.folder})"
        finally:
            for one in sides:
                one.kill()

    def move(self, source, name, number):
        target = Side(self.folder, name, ["receive", "--listen", "127.0.0.1:0"])
        status, text = source.api.put("vm.send-migration", {
            "destination_url": f"tcp:127.0.0.1:{target.waits(number // 2 + 1)}", "timeout_strategy": "Ignore",
            "timeout_s": 20, "downtime_ms": 200}, 120)
        if status != 200:
            target.kill()
            raise Wrong(f"move {number + 1}: {status} {text}")
        # The name is free again when the process has ended.
        if source.process.wait(60) != 0:
            raise Wrong(f"the source ended with {source.process.returncode}")
        said = target.grows()
        until("the guest at its new place", lambda: target.grows() > said and os.path.exists(target.api.socket))
        return target

    def left(self):
        """What tells of a hand-over goes when the source has said that it heard, beside the running guest."""
        until("the end of its leases", lambda: os.listdir(self.folder + "/").count("disk.hosta-lease") == 0)
        for name in ("a", "b"):
            for kind in ("vms", "migrations"):
                place = os.path.join(self.folder, name, kind)
                until(f"the end of {place}/*", lambda p=place: not os.path.isdir(p) or not os.listdir(p))
        shutil.rmtree(self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--guests", type=int, default=1)
    parser.add_argument("--rate", type=int, default=20, help="MiB/s that each guest writes")
    options = parser.parse_args()
    travellers = [Traveller(options) for _ in range(options.guests)]
    threads = [threading.Thread(target=one.run) for one in travellers]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [one.problem for one in travellers if one.problem]
    print(f"{options.guests} guests, {options.moves} moves each, {time.monotonic() - begun:.0f} s, {len(wrong)} wrong")
    for problem in wrong:
        print("WRONG " + problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
