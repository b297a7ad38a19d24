#!/usr/bin/env python3
"""Gives a server work that makes its memory grow: load.py KIND PORT [WORD...], until it is ended."""
import itertools
import socket
import struct
import sys
import time

PAUSE = 0.001  # seconds between requests


def connect(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), 10)
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nobody listens")


def command(*words):
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(w.encode())}\r\n{w}\r\n".encode() for w in words)


def redis(port, *what):
    """One command each time, with the number of the request in place of %."""
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            s.sendall(command(*(w.replace("%", str(i)) for w in what)))
            file.readline()
            yield


def subscribers(port):
    """Clients that subscribe and stay."""
    clients = []
    while True:
        for channel in range(4):
            s = connect(port)
            s.sendall(command("SUBSCRIBE", f"news{channel}"))
            clients.append(s)
        yield
        time.sleep(0.01)
        if len(clients) > 3000:
            time.sleep(60)


def channels(port):
    """One client that subscribes to ever more channels."""
    with connect(port) as s:
        s.settimeout(10)
        for i in itertools.count():
            s.sendall(command("SUBSCRIBE", f"room:{i}"))
            s.recv(4096)
            yield


def mqtt_packet(kind, body):
    length, left = b"", len(body)
    while True:
        left, digit = left >> 7, left & 127
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([kind]) + length + body


def text(string):
    return struct.pack(">H", len(string)) + string.encode()


def mqtt_connect(port, name, clean=True):
    s = connect(port)
    s.sendall(mqtt_packet(0x10, text("MQTT") + bytes([4, 2 if clean else 0, 0, 0]) + text(name)))
    s.recv(4)
    return s


def retained(port):
    s = mqtt_connect(port, "writer")
    for i in itertools.count():
        s.sendall(mqtt_packet(0x31, text(f"room/{i}/kept") + b"x" * 60))
        yield


def queued(port):
    """For a persistent client that is away."""
    away = mqtt_connect(port, "away", clean=False)
    away.sendall(mqtt_packet(0x82, b"\0\1" + text("work/#") + b"\1"))
    away.recv(5)
    away.close()
    s = mqtt_connect(port, "writer")
    for i in itertools.count():
        s.sendall(mqtt_packet(0x32, text("work/all") + struct.pack(">H", i % 65535 + 1) + b"x" * 100))
        s.recv(4)
        yield


def subscriptions(port):
    s = mqtt_connect(port, "reader")
    for i in itertools.count():
        s.sendall(mqtt_packet(0x82, struct.pack(">H", i % 65535 + 1) + text(f"topic/{i}") + b"\0"))
        s.recv(5)
        yield


def sessions(port):
    """Persistent clients, each by a name of its own, that never come back."""
    for i in itertools.count():
        s = mqtt_connect(port, f"client-{i}", clean=False)
        s.sendall(mqtt_packet(0x82, b"\0\1" + text("news") + b"\1"))
        s.recv(5)
        s.close()
        yield


def memcached(port):
    with connect(port) as s:
        file = s.makefile("rb")
        for i in itertools.count():
            s.sendall(f"set key{i} 0 0 900\r\n{'x' * 900}\r\n".encode())
            file.readline()
            yield


def connections(port):
    """That stay open."""
    kept = []
    while len(kept) < 900:
        kept.append(connect(port))
        kept[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.005)
        yield
    time.sleep(60)


KINDS = {f.__name__: f for f in (redis, subscribers, channels, retained, queued, subscriptions, sessions, memcached, connections)}


def main():
    try:
        for _ in KINDS[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:]):
            time.sleep(PAUSE)
    except OSError:
        pass  # the server has ended


if __name__ == "__main__":
    main()
