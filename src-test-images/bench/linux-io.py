"""In the lane: TCP by a tap (iperf3) and direct reads of a disk (fio) of a stock kernel, under QEMU and Hosta in turn.

Run by linux-io.sh. Needs FOLDER/vmlinuz, root.cpio and root.img with iperf3 and fio in guest's home, and the tap `guest`,
on the host's side of which is 10.78.0.1. Prints a table, and Hosta's figures over QEMU's.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lane"))
from screen import Screen  # noqa: E402

HOST, GUEST = "10.78.0.1", "10.78.0.2"
PROMPT = r"root@guest# "
APPEND = "root=/dev/vda rw console=ttyS0 quiet panic=-1"
LOADER = "./ld-linux-x86-64.so.2 --library-path ."
# Of fio's terse output, version 3: kilobytes a second, and requests a second, that were read.
KILOBYTES, REQUESTS = 6, 7


def commands(options):
    folder = options.folder
    kernel, initrd, disk = (f"{folder}/{name}" for name in ("vmlinuz", "root.cpio", "root.img"))
    qemu = ["qemu-system-x86_64", "-M", "microvm", "-accel", "kvm", "-cpu", "host", "-m", "256", "-no-user-config"]
    qemu += ["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel, "-initrd", initrd]
    qemu += ["-append", APPEND, "-global", "virtio-mmio.force-legacy=false"]
    qemu += ["-object", "iothread,id=io", "-device", "virtio-blk-device,drive=root,iothread=io"]
    qemu += ["-drive", f"file={disk},if=none,id=root,format=raw,cache=none,aio=io_uring"]
    qemu += ["-netdev", "tap,id=net,ifname=guest,script=no,downscript=no,vhost=off"]
    qemu += ["-device", "virtio-net-device,netdev=net"]
    hosta = [options.hosta, "run", "--memory", "256M", "--kernel", kernel, "--initrd", initrd, "--append", APPEND]
    hosta += ["--disk", f"{disk},cache=none", "--net", "tap:guest"]
    return {"qemu": qemu, "hosta": hosta}


def iperf(seconds, *more):
    command = ["iperf3", "-J", "-c", GUEST, "-t", str(seconds), *more]
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return answer["end"]["sum_received"]["bits_per_second"] / 8e6


def reads(guest, options, depth, size, field):
    """What fio tells of reads past the guest's page cache."""
    job = f"--name=reads --filename=/dev/vda --readonly --rw={'randread' if size == '4k' else 'read'} --bs={size}"
    job += f" --iodepth={depth} --ioengine=libaio --direct=1 --time_based --runtime={options.seconds}"
    job += f" --ramp_time={options.warm} --thread --disable_lat=1 --disable_clat=1 --disable_slat=1 --minimal --terse-version=3"
    text = f"cd /home/guest/fio; {LOADER} ./fio {job} | cut -d';' -f1-8 | sed 's/^/fio /'"
    return float(guest.ask(text, r"\nfio (3;[^\s]*)").group(1).split(";")[field])


def measure(command, options):
    guest = Screen(command, options.limit, PROMPT)
    try:
        guest.log_in("root")
        guest.ask("set +m; killall udhcpc; ip addr add 10.78.0.2/24 dev eth0; echo is $?", r"is 0")
        guest.ask(f"cd /home/guest/iperf3; {LOADER} ./iperf3 -s -D; echo is $?", r"is 0")
        for way in ([], ["-R"]):  # a monitor that compiles while it runs has to have run
            iperf(options.warm, *way)
        figures = {
            "iperf3 to the guest, MB/s": iperf(options.seconds),
            "iperf3 from the guest, MB/s": iperf(options.seconds, "-R"),
            "fio random read, 4 KiB, depth 1, IOPS": reads(guest, options, 1, "4k", REQUESTS),
            "fio random read, 4 KiB, depth 32, IOPS": reads(guest, options, 32, "4k", REQUESTS),
            "fio sequential read, 256 KiB, depth 8, MB/s": reads(guest, options, 8, "256k", KILOBYTES) / 1024,
        }
        guest.type("poweroff\r")
        guest.end()
        return figures
    except BaseException:
        guest.kill()
        raise


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--warm", type=int, default=8, help="seconds that each runs before it counts")
    parser.add_argument("--limit", type=float, default=400)
    parser.add_argument("--hosta", required=True)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    monitors = commands(options)
    seen = {name: [] for name in monitors}
    for _ in range(options.rounds):
        for name, command in monitors.items():
            begun = time.monotonic()
            seen[name].append(measure(command, options))
            print(f"\n[{name}: {seen[name][-1]}, {time.monotonic() - begun:.0f} s]", flush=True)
    print(f"\nlinux-io: medians of {options.rounds}")
    for figure in seen["qemu"][0]:
        qemu, hosta = (statistics.median(one[figure] for one in seen[name]) for name in ("qemu", "hosta"))
        print(f"  {figure}: QEMU {qemu:.1f}, Hosta {hosta:.1f}, ratio {hosta / qemu:.2f}")


main()
