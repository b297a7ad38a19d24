"""What the programs of tests/bench/run work on: made here, the same every time."""
import os

SQL = """
PRAGMA journal_mode = off;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, grade INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, 'name ' || (i * 7919 % 100003), i % 97, printf('%x-%o', i, i * 31) FROM n;
CREATE INDEX by_name ON item(name);
CREATE INDEX by_grade ON item(grade, name);
UPDATE item SET note = note || '/' || upper(name) WHERE grade % 3 = 0;
SELECT grade, count(*), sum(length(note)), max(name) FROM item GROUP BY grade ORDER BY 2 DESC LIMIT 5;
SELECT count(*) FROM item a JOIN item b ON a.name = b.name WHERE a.grade < 20;
SELECT group_concat(substr(name, 1, 4), '') FROM (SELECT name FROM item ORDER BY note LIMIT 2000);
DELETE FROM item WHERE id % 5 = 0;
"""

LUA = """
local words, seen = {}, {}
for i = 1, %d do
  local word = "w" .. (i * 7919 %% 10007)
  seen[word] = (seen[word] or 0) + 1
  words[#words + 1] = { word = word, rank = i %% 13, make = function() return word .. i end }
end
table.sort(words, function(a, b) if a.rank ~= b.rank then return a.rank < b.rank end return a.word < b.word end)
local parts = {}
for i, entry in ipairs(words) do parts[i] = entry.make():rep(2):gsub("w", "v") end
print(#table.concat(parts, ","), #words)
"""

PERL = """
my (%%count, @rows);
for my $i (1 .. %d) {
    my $line = join ';', "k" . ($i * 7919 %% 10007), $i %% 13, "text $i", sprintf("%%x", $i * 31);
    my @fields = split /;/, $line;
    $count{$fields[0]} += length $fields[2];
    push @rows, { key => $fields[0], fields => [@fields] };
}
my @sorted = sort { $a->{key} cmp $b->{key} or $a->{fields}[1] <=> $b->{fields}[1] } @rows;
my $text = join ',', map { my $t = $_->{fields}[2]; $t =~ s/text/note/; $t } @sorted;
print length($text), ' ', scalar(keys %%count), "\\n";
"""

PYTHON = """
import json
rows = [{"key": f"k{i * 7919 %% 10007}", "rank": i %% 13, "tags": [str(i), str(i * 31)]} for i in range(%d)]
rows.sort(key=lambda row: (row["key"], row["rank"]))
groups = {}
for row in rows:
    groups.setdefault(row["key"], []).append(row)
text = json.dumps(groups)
print(len(text), sum(len(group) for group in json.loads(text).values()))
"""

JQ = "[.[] | select(.rank % 2 == 0) | {key, size: (.tags | map(length) | add), text: (.key + \"-\" + (.rank | tostring))}] | group_by(.key) | map({key: .[0].key, count: length, sizes: (map(.size) | add)}) | sort_by(.count, .key) | .[-3:]"


def json_rows(count):
    rows = (f'{{"key":"k{i * 7919 % 1009}","rank":{i % 13},"tags":["a{i}","b{i * 31}"]}}' for i in range(count))
    return "[" + ",\n".join(rows) + "]\n"


def c_source(functions):
    """Something for gcc to compile."""
    lines = ["struct node { struct node *next; int value; const char *name; };", "int use(const char *, int);"]
    for i in range(functions):
        lines.append(
            f"static int step_{i}(struct node *list, int n)\n{{\n\tint sum = {i};\n\tfor (struct node *p = list; p; p = p->next) {{\n"
            f"\t\tswitch ((p->value + n) % 7) {{\n\t\tcase 0: sum += p->value * {i % 17 + 2}; break;\n\t\tcase 1: sum ^= n << {i % 5}; break;\n"
            f"\t\tcase 3: sum -= use(p->name, sum); break;\n\t\tdefault: if (sum > {i * 3}) sum /= {i % 9 + 2}; else sum += n;\n\t\t}}\n\t}}\n"
            f"\treturn {'step_%d(list, sum)' % (i // 2) if i else 'sum'};\n}}")
    lines.append("int run(struct node *list)\n{\n\treturn " + " + ".join(f"step_{i}(list, {i})" for i in range(0, functions, 3)) + ";\n}")
    return "\n".join(lines) + "\n"


def wide_source(functions, calls):
    """A program with `functions` * `calls` places that allocate, each on a line of its own. Like `allocs sites` it says when it is
    ready, and makes another block at each tenth place for every line on its standard input."""
    lines = ["#include <stdio.h>", "#include <stdlib.h>", "static void **last;",
             "static void keep(void **block) { block[0] = last; last = block; }"]
    for i in range(functions):
        lines.append(f"static void place_{i}(int which)\n{{\n\tswitch (which) {{")
        lines += [f"\tcase {j}: keep(malloc({24 + (i + j) % 40})); break;" if j % 2 == 0 else
                  f"\tcase {j}:\n\t\tkeep(malloc({24 + (i + j) % 40}));\n\t\tbreak;" for j in range(calls)]
        lines.append("\t}\n}")
    lines.append("static void (*const places[])(int) = {" + ", ".join(f"place_{i}" for i in range(functions)) + "};")
    lines.append(f"""
static void make(int step)
{{
	for (int i = 0; i < {functions}; i++)
		for (int j = 0; j < {calls}; j += step)
			places[i](j);
}}
int main(void)
{{
	make(1);
	puts("ready");
	fflush(stdout);
	for (char line[16]; fgets(line, sizeof line, stdin); fflush(stdout)) {{
		make(10);
		puts("done");
	}}
	return 0;
}}""")
    return "\n".join(lines) + "\n"


def write(folder, name, text):
    """Returns the path of a file with this text."""
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
