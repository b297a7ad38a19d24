#!/usr/bin/env python3
"""Writes a snapshot with so many call stacks of the greatest depth, one beside the other on one chain of callers: a few bytes each in
the file. Usage: hostile_stacks.py SNAP COUNT > OUT
Called by tests/e2e/hostile.sh."""
import struct
import sys

from hostile import HEADER, SECTION, crc32c

DEPTH = 256  # SILT_MAX_DEPTH
PCS, NODES, SITES = 5, 6, 7


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def pcs(count):
    """In no module, 16 bytes from one to the next."""
    return b"\0\x20" * (count + 1), count + 1


def nodes(count):
    """The first is called by nobody, each of a chain by the one before, and the others by the chain's end."""
    out = bytearray(b"\1\0")
    out += b"\1\0" * (DEPTH - 2)
    for i in range(count):
        out += varint(i + 1) + varint(i + 1)
    return bytes(out), DEPTH - 1 + count


def sites(count):
    """Node (zigzag, from the one before), flags, depth, one block of one byte, none freed, peak, times, sizes, no generations."""
    out = bytearray()
    for i in range(count):
        out += varint(2 * (DEPTH if i == 0 else 1)) + b"\0" + varint(DEPTH) + b"\1\1\0\0\1\0\0\1\0\0"
    return bytes(out), count


def rewrite(data, count):
    magic, version, section_count, _, table, _, _ = HEADER.unpack_from(data)
    sections = [list(SECTION.unpack_from(data, table + i * SECTION.size)) for i in range(section_count)]
    new = {PCS: pcs(count), NODES: nodes(count), SITES: sites(count)}
    out = bytearray(HEADER.size)
    kept = [s for s in sections if s[0] <= SITES]
    for section in kept:
        body = data[section[2] : section[2] + section[3]]
        if section[0] in new:
            body, section[4] = new[section[0]]
        section[2], section[3], section[5] = len(out), len(body), crc32c(body)
        out += body + bytes(-len(body) % 8)
    at = len(out)
    for section in kept:
        out += SECTION.pack(*section)
    HEADER.pack_into(out, 0, magic, version, len(kept), len(out), at, crc32c(out[at:]), 0)
    struct.pack_into("<I", out, HEADER.size - 4, crc32c(out[: HEADER.size - 4]))
    return bytes(out)


with open(sys.argv[1], "rb") as file:
    sys.stdout.buffer.write(rewrite(file.read(), int(sys.argv[2])))
