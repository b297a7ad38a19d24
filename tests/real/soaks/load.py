#!/usr/bin/env python3
"""Keeps a server busy, until it is ended: load.py KIND PORT [ARGUMENT]. Whatever breaks is tried again: servers come and go."""
import itertools
import socket
import struct
import sys
import time

PAUSE = 0.002  # seconds between requests: the server is busy, the machine is not


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 5)


def http(port, path):
    """A connection for each ten requests."""
    while True:
        with connect(port) as s:
            file = s.makefile("rb")
            for i in range(10):
                last = i == 9
                s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {'close' if last else 'keep-alive'}\r\n\r\n".encode())
                length = 0
                while (line := file.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                file.read(length)
                yield


def names(port, name):
    """Questions to a name server, of 500 names by turns."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        for i in itertools.count():
            full = f"h{i % 500}.{name}"
            wire = b"".join(bytes([len(x)]) + x.encode() for x in full.split(".")) + b"\0"
            s.sendto(struct.pack(">HHHHHH", i & 65535, 256, 1, 0, 0, 0) + wire + b"\0\1\0\1", ("127.0.0.1", port))
            s.recv(4096)
            yield


def redis(port, what):
    """`keys`: a thousand keys, written again and again. `scripts`: each script is another one, and stays in the server's cache."""
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            words = ["EVAL", f"return {i}", "0"] if what == "scripts" else ["SET", f"key{i % 1000}", "x" * (i % 90)]
            s.sendall(f"*{len(words)}\r\n".encode() + b"".join(f"${len(w)}\r\n{w}\r\n".encode() for w in words))
            file.readline()
            yield


def memcached(port, _):
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            s.sendall(f"set key{i % 500} 0 0 64\r\n{'x' * 64}\r\nget key{i % 500}\r\n".encode())
            while file.readline() not in (b"END\r\n", b""):
                pass
            yield


def beanstalkd(port, what):
    """`done`: each job is reserved and deleted. `left`: nobody takes them."""
    with connect(port) as s:
        file = s.makefile("rb")
        while True:
            s.sendall(b"put 0 0 60 100\r\n" + b"x" * 100 + b"\r\n")
            file.readline()
            if what == "done":
                s.sendall(b"reserve\r\n")
                number = file.readline().split()[1]
                file.readline()
                s.sendall(b"delete " + number + b"\r\n")
                file.readline()
            yield


def mqtt(port, what):
    """`passed`: to one topic, which nobody keeps. `kept`: to another topic each time, which the broker retains."""
    with connect(port) as s:
        s.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02si")
        s.recv(4)
        for i in itertools.count():
            topic = f"room/{i}/kept".encode() if what == "kept" else b"room/passed"
            body = struct.pack(">H", len(topic)) + topic + b"x" * 60
            s.sendall(bytes([0x31 if what == "kept" else 0x30, len(body)]) + body)
            yield


KINDS = {"http": http, "names": names, "redis": redis, "memcached": memcached, "beanstalkd": beanstalkd, "mqtt": mqtt}


def main():
    kind, port = KINDS[sys.argv[1]], int(sys.argv[2])
    while True:
        try:
            for _ in kind(port, (sys.argv + [""])[3]):
                time.sleep(PAUSE)
        except (OSError, ValueError, IndexError):
            time.sleep(0.1)


if __name__ == "__main__":
    main()
