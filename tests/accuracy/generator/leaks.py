"""Leaks of other kinds than a container that grows, and their steady twins."""
from .subjects import kept


def listeners(program, rng, leaking):
    return kept(program, rng, leaking, listener=True)


def choose(rng):
    return rng.choice([kept, kept, kept, kept, listeners, listeners])
