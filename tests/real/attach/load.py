#!/usr/bin/env python3
"""Gives a server work, checks each answer and notes how long it took: load.py KIND PORT LOG [leak], until it is ended.

With `leak` each request also leaves something behind that nobody takes away. LOG gets a line for each request: when it began and
how long it took, in nanoseconds of the monotonic clock, and `ok` or what was wrong. README.md says what the kinds are."""
import itertools
import signal
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "holders"))
from load import command, connect, mqtt_connect, mqtt_packet, text  # pylint: disable=wrong-import-position

PAUSE = 0.008  # seconds between requests: a low load, so that what is late is late because the server was


class Wrong(Exception):
    """An answer that is not the one expected."""


def expect(got, wanted):
    if got != wanted:
        raise Wrong(f"{got[:60]!r} instead of {wanted[:60]!r}")


def redis(port, leak):
    """A hundred keys, written and read; or ever more of them, which never expire."""
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            key, value = f"key:{i if leak else i % 100}", f"value-{i}" + "x" * 80
            s.sendall(command("SET", key, value) + command("GET", key))
            expect(file.readline(), b"+OK\r\n")
            expect(file.readline() + file.readline(), f"${len(value)}\r\n{value}\r\n".encode())
            yield


def http(port, leak):
    """A page, ten times by one connection; the leak is the server's own."""
    while True:
        with connect(port) as s:
            file = s.makefile("rb")
            for i in range(10):
                s.sendall(f"GET /page.txt HTTP/1.1\r\nHost: x\r\nConnection: {'close' if i == 9 else 'keep-alive'}\r\n\r\n".encode())
                expect(file.readline(), b"HTTP/1.1 200 OK\r\n")
                length = 0
                while (line := file.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                expect(file.read(length), b"served" * 1000)
                yield


def memcached(port, leak):
    """A hundred keys, written and read; or ever more, below the limit of its memory."""
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            key, value = f"key{i if leak else i % 100}", str(i) + "x" * (60000 if leak else 60)
            s.sendall(f"set {key} 0 0 {len(value)}\r\n{value}\r\nget {key}\r\n".encode())
            expect(file.readline(), b"STORED\r\n")
            expect(file.readline() + file.readline() + file.readline(), f"VALUE {key} 0 {len(value)}\r\n{value}\r\nEND\r\n".encode())
            yield


def mqtt(port, leak):
    """A message to a topic that this client subscribes to; and, as a leak, ever more subscriptions that are kept."""
    s = mqtt_connect(port, "client")
    file = s.makefile("rb")
    s.sendall(mqtt_packet(0x82, b"\0\1" + text("room/all") + b"\0"))
    expect(file.read(5), b"\x90\x03\0\1\0")
    for i in itertools.count():
        message = mqtt_packet(0x30, text("room/all") + f"message {i}".encode() + b"x" * 60)
        if leak:
            number = struct.pack(">H", i % 60000 + 2)
            s.sendall(mqtt_packet(0x82, number + text(f"topic/{i}/of/many") + b"\0"))
            expect(file.read(5), b"\x90\x03" + number + b"\0")
        s.sendall(message)
        expect(file.read(len(message)), message)
        yield


def postgres(port, leak):
    """A query of a table; and, as a leak, ever more prepared statements of this connection. Its backend's pid goes to the file
    `target`."""
    with connect(port) as s:
        file = s.makefile("rb")
        start = struct.pack(">I", 196608) + b"user\0postgres\0database\0postgres\0\0"
        s.sendall(struct.pack(">I", len(start) + 4) + start)

        def rows():
            found = []
            while True:
                kind, length = file.read(1), struct.unpack(">I", file.read(4))[0]
                body = file.read(length - 4)
                if kind == b"E":
                    raise Wrong(repr(body))
                if kind == b"D":
                    found.append(body[6:])
                if kind == b"Z":
                    return found

        def query(what):
            s.sendall(b"Q" + struct.pack(">I", len(what) + 5) + what.encode() + b"\0")
            return rows()

        rows()
        Path("target.new").write_bytes(query("SELECT pg_backend_pid()")[0])
        Path("target.new").rename("target")
        for i in itertools.count():
            if leak:
                query(f"PREPARE p{i} AS SELECT $1::int + {i}")
            expect(query(f"SELECT count(*), {i} FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'none'")[0],
                   b"0" + struct.pack(">I", len(str(i))) + str(i).encode())
            yield


def sessions(port, leak):
    """A line for a session, answered by its length and number: of a hundred sessions, or of ever more."""
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            line = f"session{i if leak else i % 100} " + "y" * (i % 50)
            s.sendall(line.encode() + b"\n")
            expect(file.readline(), f"{len(line)} {line.split()[0]}\n".encode())
            yield


KINDS = {f.__name__: f for f in (redis, http, memcached, mqtt, postgres, sessions)}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    work = KINDS[sys.argv[1]](int(sys.argv[2]), "leak" in sys.argv[4:])
    with open(sys.argv[3], "w", buffering=1, encoding="utf-8") as log:
        while True:
            start, said = time.monotonic_ns(), "ok"
            try:
                next(work)
            except (OSError, Wrong, StopIteration, struct.error) as error:
                said = f"{type(error).__name__}: {error}"
            log.write(f"{start} {time.monotonic_ns() - start} {said}\n")
            if said != "ok":
                return 1
            time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main())
