"""Containers in C: each keeps `struct $item *` in a `struct $box` and has the same four functions.

$add(box, item); $take(box, key) unlinks one item and returns it: the one with that key, or the oldest, or any;
$find(box, key); $sweep(box, before) unlinks and frees what $goes(item, before) says, all of it if before is ~0.
"""


class Container:
    """links: what an item has for being a member. can: what the functions are good for. walk: calls $call(item) for each.

    allocates: the functions that allocate parts of the container."""

    def __init__(self, name, code, links="", can="take sweep find", allocates=(), shape="unknown", headers=(), walk=""):
        self.name, self.code, self.links, self.walk = name, code, links, walk
        self.can = set(can.split())
        self.allocates, self.shape, self.headers = allocates, shape, headers
