#!/usr/bin/env python3
"""Writes the ELF kernel that a bzImage carries compressed.

    unpack-kernel.py BZIMAGE VMLINUX

The place of the payload is in the setup header (payload_offset, payload_length; boot protocol 2.08).
"""
import lzma
import struct
import subprocess
import sys
import zlib


def pipe(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=False).stdout


def unpack(payload):
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(payload)
    # the last four bytes, the unpacked size, are the kernel's own and no part of the stream
    if payload.startswith(b"\x02!L\x18"):
        return pipe(["lz4", "-dc"], payload[:-4])
    if payload.startswith(b"\x28\xb5\x2f\xfd"):
        return pipe(["zstd", "-dc"], payload[:-4])
    sys.exit(f"{sys.argv[1]}: unknown compression, magic {payload[:6].hex()}")


def main():
    with open(sys.argv[1], "rb") as f:
        image = f.read()
    if image[0x202:0x206] != b"HdrS":
        sys.exit(f"{sys.argv[1]}: not a bzImage")
    real_mode_bytes = ((image[0x1F1] or 4) + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = real_mode_bytes + offset
    kernel = unpack(image[start : start + length])
    if not kernel.startswith(b"\x7fELF"):
        sys.exit(f"{sys.argv[1]}: the payload is no ELF file")
    with open(sys.argv[2], "wb") as f:
        f.write(kernel)


main()
