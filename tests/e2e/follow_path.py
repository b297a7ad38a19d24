"""Run by gdb in a stopped program: follows a path that `silt holders --format json` gave, by its steps, through the program's
own memory, and asks the library which block is at its end. Prints how many blocks it arrived at and where they were allocated.

Environment: HOLDERS (the JSON), SYMBOL (of the holder)."""
import json
import os

import gdb

LIMIT = 64  # elements of an array, links of a chain


def word(address):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, 8).tobytes(), "little")


def follow(places, step, size):
    """The pointers that a step leads to from objects at `places`."""
    found = []
    for place in places:
        offsets = [step["offset"]]
        if step["stride"]:
            offsets = range(step["offset"], step["offset"] + LIMIT * step["stride"], step["stride"])
        for offset in offsets:
            try:
                pointer = word(place + offset)
            except gdb.MemoryError:
                break
            if pointer and block_of(pointer - step["target"]):
                found.append(pointer - step["target"])
    return found[:size]


def block_of(address):
    """Frames of the traceback of the block that begins there; 0: none does."""
    return int(gdb.parse_and_eval("(unsigned long)silt_lib_traceback_of((void *)%d, (void **)0, 0ul)" % address))


def allocated_in(address):
    """Names of the functions in the traceback of a block."""
    count = block_of(address)
    room = int(gdb.parse_and_eval("(unsigned long)malloc(%dul)" % (8 * count)))
    gdb.parse_and_eval("(unsigned long)silt_lib_traceback_of((void *)%d, (void **)%d, %dul)" % (address, room, count))
    names = []
    for i in range(count):
        block = gdb.block_for_pc(word(room + 8 * i) - 1)
        while block and not block.function:
            block = block.superblock
        names.append(str(block.function) if block else "?")
    gdb.parse_and_eval("(void)free((void *)%d)" % room)
    return names


with open(os.environ["HOLDERS"], encoding="utf-8") as file:
    holders = json.load(file)["holders"]
holder = next(h for h in holders if h["symbol"] == os.environ["SYMBOL"] and not h["together_with"])
for path in holder["paths"]:
    places = [int(gdb.parse_and_eval("(unsigned long)&" + os.environ["SYMBOL"]))]
    for step in path["steps"]:
        if step["repeats"]:
            seen = list(places)
            while places and len(seen) < LIMIT:
                places = follow(places, step, LIMIT)
                seen += places
            places = seen
        else:
            places = follow(places, step, LIMIT)
    right = sum(path["site"]["function"] in allocated_in(place) for place in places)
    print("path %s: %d blocks, %d of %s" % (path["path"], len(places), right, path["site"]["function"]))
