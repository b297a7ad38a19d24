#!/usr/bin/env python3
"""Writes an ELF file for x86-64 that attacks whoever reads its symbols or debug information. Usage: hostile_elf.py ATTACK LOW HIGH > OUT
LOW and HIGH are addresses of code that a snapshot refers to. Called by tests/e2e/hostile.sh."""
import lzma
import struct
import sys
import zlib

MEGABYTE = 1 << 20
COMPRESSED = 0x800


def uleb(value):
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value >> 7 else 0))
        value >>= 7
        if not value:
            return bytes(out)


def elf(sections):
    """sections: (name, type, flags, link, entry size, contents)"""
    names = b"\0" + b"".join(name.encode() + b"\0" for name, *_ in sections) + b".shstrtab\0"
    sections = sections + [(".shstrtab", 3, 0, 0, 0, names)]
    body, headers, at = bytearray(), [bytes(64)], 64 + 56
    for name, kind, flags, link, entry, contents in sections:
        body += bytes(-(at + len(body)) % 8)
        headers.append(struct.pack("<IIQQQQIIQQ", names.index(name.encode() + b"\0"), kind, flags, 0, at + len(body),
                                   len(contents), link, 0, 8, entry))
        body += contents
    body += bytes(-(at + len(body)) % 8)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, at + len(body), 0, 64, 56, 1, 64,
                                                           len(headers), len(headers) - 1)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 1 << 40, 1 << 40, 4096)
    return header + segment + bytes(body) + b"".join(headers)


def progbits(name, contents, flags=0):
    return (name, 1, flags, 0, 0, contents)


def inflating(name, size, start=b""):
    packer = zlib.compressobj(9)
    contents = packer.compress(start)
    for _ in range(size // MEGABYTE):
        contents += packer.compress(bytes(MEGABYTE))
    contents += packer.flush()
    return progbits(name, struct.pack("<IIQQ", 1, 0, len(start) + size // MEGABYTE * MEGABYTE, 1) + contents, COMPRESSED)


# DW_TAG_compile_unit with low_pc, high_pc (data8), stmt_list; with ranges; a subprogram with ranges and one with nothing
ABBREVIATIONS = (b"\x01\x11\x01\x11\x01\x12\x07\x10\x17\0\0" b"\x02\x2e\x00\x55\x17\0\0" b"\x03\x0b\x01\0\0" b"\x04\x2e\x00\0\0" b"\0")


# compile_unit; subprogram with low_pc, high_pc; variable with a list of places; variable with a place and a type; structure with a size;
# member with nothing; member with a type
TYPES = (b"\x07\x11\x01\x11\x01\x12\x07\0\0" b"\x01\x2e\x01\x11\x01\x12\x07\0\0" b"\x02\x34\0\x02\x17\0\0"
         b"\x03\x34\0\x03\x08\x02\x18\x49\x13\0\0" b"\x04\x17\x01\x0b\x07\0\0" b"\x05\x0d\0\0\0" b"\x06\x0d\0\x49\x13\0\0" b"\0")
VARIABLE = b"\x03everywhere\0\x09\x03" + struct.pack("<QI", 8, 11 + 1 + 16 + 12 + 10 + 4)


def described(low, high, children):
    body = struct.pack("<HIB", 4, 0, 8) + b"\x07" + struct.pack("<QQ", low, high - low) + children + b"\0"
    return [progbits(".debug_info", struct.pack("<I", len(body)) + body), progbits(".debug_abbrev", TYPES)]


def unit(low, high, children=b"", abbreviations=0, code=1):
    body = struct.pack("<HIB", 4, abbreviations, 8) + uleb(code)
    if code == 1:
        body += struct.pack("<QQI", low, high - low, 0) + children + b"\0"
    return struct.pack("<I", len(body)) + body


def line_program(low, rows):
    header = struct.pack("<BBBBBB", 1, 1, 1, 0xFB, 14, 13) + bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) + b"\0a.c\0\0\0\0\0"
    body = struct.pack("<HI", 4, len(header)) + header + b"\0\x09\x02" + struct.pack("<Q", low) + rows + b"\0\x01\x01"
    return struct.pack("<I", len(body)) + body


def symbols(low, count, name_of):
    table, names = bytearray(24), bytearray(b"\0")
    for i in range(count):
        table += struct.pack("<IBBHQQ", name_of(i, names), 0x12, 0, 1, low, 16)
    return [(".symtab", 2, 0, 2, 24, bytes(table)), (".strtab", 3, 0, 0, 0, bytes(names))]


def long_names(i, names):
    if len(names) == 1:
        names += b"x" * MEGABYTE + b"\0"
    return 1


def packed_symbols(megabytes):
    packer = lzma.LZMACompressor()
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)) + packer.flush()


def with_index(packed, size):
    """The index at the end of an xz file of one block says that this unpacks to `size`."""
    index_size = (struct.unpack("<I", packed[-8:-4])[0] + 1) * 4
    index, body = packed[-12 - index_size : -12], packed[: -12 - index_size]
    at = 2
    while index[at] & 0x80:
        at += 1
    index = index[: at + 1] + uleb(size)
    index += bytes(-len(index) % 4)
    index += struct.pack("<I", zlib.crc32(index))
    footer = struct.pack("<I", len(index) // 4 - 1) + packed[-4:-2]
    return body + index + struct.pack("<I", zlib.crc32(footer)) + footer + b"YZ"


def attack(kind, low, high):
    info, abbrev = progbits(".debug_info", unit(low, high)), progbits(".debug_abbrev", ABBREVIATIONS)
    line = progbits(".debug_line", line_program(low, b""))
    if kind == "inflate":  # half a megabyte that unpacks to half a gigabyte
        return elf([info, abbrev, line, inflating(".debug_str", 1 << 29)])
    if kind == "inflate-info":
        return elf([inflating(".debug_info", 1 << 29, unit(low, high)), abbrev, line])
    if kind == "inflate-lie":  # says that it unpacks to far more than it does
        contents = struct.pack("<IIQQ", 1, 0, 1 << 45, 1) + zlib.compress(bytes(1000))
        return elf([info, abbrev, line, progbits(".debug_str", contents, COMPRESSED)])
    if kind == "minidebug":
        return elf([progbits(".gnu_debugdata", packed_symbols(384))])
    if kind == "minidebug-less":  # its index says that it unpacks to nothing much
        return elf([progbits(".gnu_debugdata", with_index(packed_symbols(384), 1000))])
    if kind == "minidebug-more":  # and to far more than it does
        return elf([progbits(".gnu_debugdata", with_index(packed_symbols(1), 1 << 45))])
    if kind == "ranges":  # many functions, each with the same many ranges
        entries = b"".join(struct.pack("<QQ", i * 2, i * 2 + 1) for i in range(65536)) + bytes(16)
        children = struct.pack("<BI", 2, 0) * 200000
        return elf([progbits(".debug_info", unit(low, high, children)), abbrev, line, progbits(".debug_ranges", entries)])
    if kind == "abbreviations":  # many units, each of which reads the same large table to its end
        table = b"".join(uleb(i + 1) + b"\x2e\x00\0\0" for i in range(300000)) + b"\0"
        units = unit(low, high, code=300000) * 100000
        return elf([progbits(".debug_info", units), progbits(".debug_abbrev", table), line])
    if kind == "nest":
        children = b"\x03" * 1500000 + b"\0" * 1500000
        return elf([progbits(".debug_info", unit(low, high, children)), abbrev, line])
    if kind == "functions":  # one byte each
        return elf([progbits(".debug_info", unit(low, high, b"\x04" * 3000000)), abbrev, line])
    if kind == "lines":  # one byte a row
        return elf([info, abbrev, progbits(".debug_line", line_program(low, b"\x20" * 3000000))])
    if kind == "lines-inflate":
        body = line_program(low, bytes([32]) * (40 * MEGABYTE))
        packed = struct.pack("<IIQQ", 1, 0, len(body), 1) + zlib.compress(body, 9)
        return elf([info, abbrev, progbits(".debug_line", packed, COMPRESSED)])
    if kind == "symbols":
        return elf(symbols(low, 125000, lambda i, names: 1 if len(names) > 1 else names.extend(b"f\0") or 1))
    if kind == "symbol-names":  # all at one place, with one name of a megabyte
        return elf(symbols(low, 80000, long_names))
    if kind == "locals":  # many variables, each at the end of the same long list of places
        places = b"".join(struct.pack("<QQHB", i + 1, i + 2, 1, 0x30) for i in range(100000)) + bytes(16)
        function = b"\x01" + struct.pack("<QQ", low, high - low) + (b"\x02" + struct.pack("<I", 0)) * 200000 + b"\0"
        return elf(described(low, high, function) + [progbits(".debug_loc", places)])
    if kind == "members":  # a variable everywhere, of a structure of many members
        return elf(described(low, high, VARIABLE + b"\x04" + struct.pack("<Q", 1 << 40) + b"\x05" * 3000000 + b"\0"))
    if kind == "unions":  # each of which holds the next twice
        body = VARIABLE
        start = 11 + 1 + 8 + 8 + len(VARIABLE)
        for i in range(300):
            body += b"\x04" + struct.pack("<Q", 1 << 40)
            following = start + len(body) - len(VARIABLE) + 2 * 5 + 1
            body += (b"\x06" + struct.pack("<I", following)) * 2 + b"\0"
        return elf(described(low, high, body + b"\x04" + struct.pack("<Q", 1 << 40) + b"\0"))
    if kind == "frame":  # an instruction of a byte that copies all rules
        entry = struct.pack("<IBBBBBBB", 0xFFFFFFFF, 4, 0, 8, 0, 1, 0x78, 16) + b"\x0c\x07\x08\x90\x01"
        entry += bytes(-len(entry) % 8)
        rules = struct.pack("<IQQ", 0, low, high - low) + b"\x0a" * 2999996
        return elf(described(low, high, b"\x01" + struct.pack("<QQ", low, high - low) + b"\0") +
                   [progbits(".debug_frame", struct.pack("<I", len(entry)) + entry + struct.pack("<I", len(rules)) + rules)])
    raise SystemExit(f"no such attack: {kind}")


if __name__ == "__main__":
    sys.stdout.buffer.write(attack(sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3], 0)))
