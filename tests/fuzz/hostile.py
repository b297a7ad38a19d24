#!/usr/bin/env python3
"""Writes the snapshots named, one after the other, with every name in them replaced by one that attacks whoever prints it:
terminal escapes, markup, the separators of CI formats. Usage: hostile.py SNAP... > OUT
Called by tests/e2e/security.sh; the kept inputs of fuzz_commands were made by it."""
import struct
import sys

ATTACKS = [
    b"\x1b]0;owned\x07\x1b[31m",
    b"<script>alert(1)</script>",
    b"=1+cmd|' /C calc'!A0,",
    b"\"'><img src=x onerror=alert(1)>",
    b"\n::error::x%0Ay",
    b"]]>&lt;&#27;&amp;",
    b"@SUM(1)",
    b"\t-1+1",
    b"\xff\xfe\xc0\x80\xed\xa0\x80",
    b"\r\n# SKIP\nok 1 - x\n",
    b"\xe2\x80\xae\xc2\x9b31m|`*",
    b"</script><!--<style>",
    b"\\u001b\\",
]
HEADER = struct.Struct("<8sIIQQII")
SECTION = struct.Struct("<IIQQQII")
STRING_FIELDS = {  # kind: offsets of struct silt_string in a record
    1: [48, 56, 64, 72],
    3: [0],
    4: [64],
    9: [8],
    18: [0],
}


TABLE = []
for value in range(256):
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    TABLE.append(value)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def hostile(data):
    data = bytearray(data)
    magic, version, count, size, table, _, _ = HEADER.unpack_from(data)
    assert magic == b"SILTSNAP" and version == 2 and size == len(data)
    sections = [list(SECTION.unpack_from(data, table + i * SECTION.size)) for i in range(count)]
    strings = next(s for s in sections if s[0] == 2)[2]
    number = 0
    for kind, record_size, offset, _, records, _, _ in sections:
        for field in STRING_FIELDS.get(kind, []):
            for i in range(records):
                at, length = struct.unpack_from("<II", data, offset + i * record_size + field)
                attack = ATTACKS[number % len(ATTACKS)] + ATTACKS[(number + 1) % len(ATTACKS)]
                number += 1
                data[strings + at : strings + at + length] = (attack * (length // len(attack) + 1))[:length]
        for i in range(records if kind == 4 else 0):  # no build ids: names are not looked for elsewhere
            struct.pack_into("<II", data, offset + i * record_size + 72, 0, 0)
    for i, section in enumerate(sections):
        section[5] = crc32c(data[section[2] : section[2] + section[3]])
        SECTION.pack_into(data, table + i * SECTION.size, *section)
    table_crc = crc32c(data[table : table + count * SECTION.size])
    HEADER.pack_into(data, 0, magic, version, count, size, table, table_crc, 0)
    struct.pack_into("<I", data, HEADER.size - 4, crc32c(data[: HEADER.size - 4]))
    return bytes(data)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            sys.stdout.buffer.write(hostile(file.read()))
