"""What keeps the items."""
from . import cxx, glib, lists, tables, trees

C = [*lists.ALL, tables.CHAINED, tables.OPEN, *trees.ALL, tables.UTHASH]
CXX = cxx.ALL
GLIB = glib.ALL
RING = lists.RING
