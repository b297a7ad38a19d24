"""Compares what tests/programs/counts.c counted for itself (standard input) with what silt recorded of it.

Usage: compare_counts.py SILT RUN
"""
import json
import subprocess
import sys

expected = json.load(sys.stdin)
top = json.loads(subprocess.run([sys.argv[1], "top", "--by", "function", "--format", "json", sys.argv[2]],
                                check=True, capture_output=True, text=True).stdout)
found = {stat["key"]["function"]: [stat["total_blocks"], stat["total_bytes"], stat["count"], stat["size"]]
         for stat in top["stats"]}
wrong = {name: (figures, found.get(name)) for name, figures in expected.items() if found.get(name) != figures}
assert len(expected) == 8 and all(figures[0] > 5000 for figures in expected.values()), expected
if wrong:
    sys.exit(f"expected, found: {wrong}")
