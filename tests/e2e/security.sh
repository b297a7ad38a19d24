#!/usr/bin/env bash
# What others plant, names that attack, privileges, other users. Most of it needs root, to be somebody else.
. "$(dirname "$0")/lib.sh"

ready() { # LOG: the program has written "ready" there
	wait_for grep -q ready "$1"
}
files() { find "$1" -type f 2>/dev/null | wc -l; }
modes() { find "$1" -mindepth 1 -printf '%y%m\n' | sort -u | tr '\n' ' '; }

# -- names that attack --
python=/usr/bin/python3
[ -x $python ] || python=python3
evil=$'e\033[31m<script>x&"'
$python - "$programs/escapes" "$evil" <<'PY'
import sys
placeholder = b"_attack_name_that_is_long_enough_for_it_x"
attack = b"\x1b[31m<img src=x onerror=a()>\"'&]]%0A|`\n::error::"
with open(sys.argv[1], "rb") as file:
    data = file.read()
assert data.count(placeholder) > 5
with open(sys.argv[2], "wb") as file:
    file.write(data.replace(placeholder, attack[:len(placeholder)]))
PY
chmod +x "$evil"
for _ in 1 2 3 4 5; do # a machine that stands still at the wrong moment makes a run that nothing can be said of
	rm -rf evil
	"$silt" run --graph all -o evil "./$evil" $'\033]0;owned\007<b>' >/dev/null
	run=$(echo evil/*)
	"$silt" check --warmup 100ms "$run" >/dev/null
	[ $? = 1 ] && break
done
equal 'a program of that name is recorded' "$(($(files evil) > 5))" 1
cat >plain.py <<'PY'
import sys
text = sys.stdin.buffer.read().decode()  # UTF-8, or an exception
bad = {hex(ord(c)) for c in text if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or 0x2028 <= ord(c) <= 0x202e}
assert not bad, bad
assert text.count("\n::error::") == text.count("\n::error:: "), "a line of its own"
sys.stdout.write(text)
PY
cat >page.py <<'PY'
import html.parser, sys
class Page(html.parser.HTMLParser):
    seen = 0
    def handle_starttag(self, tag, attributes):
        assert tag not in ("img", "b", "label2"), tag
        assert not [a for a, _ in attributes if a.startswith("on")], attributes
    def handle_data(self, data):
        Page.seen += "onerror" in data
page = Page()
page.feed(sys.stdin.read())
assert page.seen > 3, "the names are shown as text"
PY
while read -r name arguments; do
	# shellcheck disable=SC2086
	check "names that attack: $name" bash -c '"$@" 2>&1 | python3 plain.py | grep -q onerror' _ "$silt" $arguments "$run"
done <<END
top top --traceback
report report --warmup 100ms --verbose --traceback
suppressions check --warmup 100ms --gen-suppressions lsan
github check --warmup 100ms --format github
END
# The same in every name a snapshot file has; without build ids, so that no names come from elsewhere.
mkdir hostile
for s in "$run"/*.silt; do python3 "$top_dir/tests/fuzz/hostile.py" "$s" >"hostile/$(basename "$s")"; done
for arguments in 'top --traceback' 'top --by function' diff timeline report holders lost refs generations dump check 'check --format tap' \
	'check --format github' 'check --gen-suppressions valgrind'; do
	# shellcheck disable=SC2086
	check "a hostile file: $arguments" bash -c '"$@" 2>&1 | python3 plain.py' _ "$silt" $arguments hostile
done
for arguments in top diff timeline report holders lost refs generations check 'top --by function' 'check --format sarif' \
	'check --format gitlab'; do
	case $arguments in *--format*) format= ;; *) format='--format json' ;; esac
	# shellcheck disable=SC2086
	check "a hostile file: JSON of $arguments" bash -c '"$@" | python3 plain.py | jq -e .' _ "$silt" $arguments $format hostile
done
cat >cells.py <<'PY'
import csv, sys
rows = list(csv.reader(sys.stdin, strict=True))
assert len(rows) > 1, rows
formulas = [cell for row in rows for cell in row if cell[:1] in tuple("=+@\t\r\n") or (cell[:1] == "-" and not cell[1:2].isdigit())]
assert not formulas, formulas
assert any(cell.startswith("'") for row in rows for cell in row), "an attack was met"
PY
for by in traceback file module; do
	check "a hostile file: CSV by $by is no formula" bash -c '"$@" | python3 cells.py' _ "$silt" export --format csv --by $by "$(ls hostile/*.silt | tail -n 1)"
done
check 'names that attack: JSON' bash -c '"$@" | python3 plain.py | jq -e .' _ "$silt" report --warmup 100ms --format json "$run"
check 'names that attack: JUnit' bash -c '"$@" | python3 plain.py | xmllint --noout --schema "'"$top_dir"'/tests/e2e/junit.xsd" -' _ \
	"$silt" check --warmup 100ms --format junit "$run"
check 'names that attack: HTML' bash -c '"$@" | python3 plain.py | python3 page.py' _ "$silt" html --out - "$run"
check 'a hostile file: HTML' bash -c '"$@" | python3 plain.py' _ "$silt" html --out - hostile
GITHUB_STEP_SUMMARY=$work/summary.md "$silt" check --warmup 100ms --format github "$run" >/dev/null
check 'names that attack: Markdown' bash -c 'python3 plain.py <summary.md | grep -q "&lt;img" && ! grep -q "<img" summary.md'
printf '[check]\nmin-rate = "\\u001b[31m"\n' >.silt.toml
check 'a configuration that attacks' bash -c '"$@" 2>&1 | python3 plain.py' _ "$silt" check "$run"
rm .silt.toml
equal 'directories are 0700, files 0600' "$(modes evil)" 'd700 f600 '

# -- what the program itself could have been told to plant --
mkdir target links
"$silt" run -o links sh -c "ln -s $work/target links/ends.\$\$; exec $programs/ends return"
equal 'a link in the place of the run directory is not followed' "$(files target):$(ls links | grep -c 'ends.*\.2$')" '0:1'
"$silt" run -o temporary "$programs/grower" 60000 2>log &
ready log
run=$(echo temporary/grower.*)
pid=${run##*.}
echo precious >precious
ln -s "$work/precious" "$run/.0001.silt.tmp"
ln -s "$work/precious" "$run/0001.silt"
"$silt" snap "$pid" >/dev/null
equal 'links in the place of a snapshot and its temporary file' "$(cat precious):$(stat -c %F "$run/0001.silt")" 'precious:regular file'

# -- another user --
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	kill "$pid"
	skip 'other users' 'needs root and setpriv'
	exit 0
fi
nobody='setpriv --reuid nobody --regid nogroup --clear-groups'
chmod 711 "$work"
contains 'silt snap of another user is refused by the directory' "$($nobody "$silt" snap "$pid" --out "$work/temporary" 2>&1)" "$pid"
chmod 755 temporary
chmod 777 "$run" "$run/control"
contains 'and by who asks' "$($nobody "$silt" snap "$pid" --out "$work/temporary" 2>&1)" 'another user'
equal 'nothing was written for it' "$(find "$run" -name '000[2-9].silt' | wc -l)" 0
chmod 700 "$run"
kill "$pid"
wait

# A process of somebody else answers in the name of ours: root does not mind, another user is not fooled.
mkdir -m 777 fake
cat >fake.py <<'PY'
import os, socket, sys
os.mkdir(sys.argv[1], 0o777)
os.chmod(sys.argv[1], 0o777)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + "/control")
os.chmod(sys.argv[1] + "/control", 0o777)
server.listen(1)
connection, _ = server.accept()
if connection.recv(100):
    connection.sendall(b"error \x1b[31mowned\n" if len(sys.argv) > 2 else b"ok /etc/passwd\n")
PY
sleep 20 &
sleeper=$!
$nobody $python fake.py "$work/fake/sleep.$sleeper" &
fake=$!
wait_for test -S "fake/sleep.$sleeper/control"
contains 'a socket of another user is not trusted' "$(setpriv --reuid daemon --regid daemon --clear-groups "$silt" snap $sleeper --out "$work/fake" 2>&1)" 'another user'
kill $fake 2>/dev/null
wait $fake 2>/dev/null
rm -rf "fake/sleep.$sleeper"
$nobody $python fake.py "$work/fake/sleep.$sleeper" escapes &
wait_for test -S "fake/sleep.$sleeper/control"
contains 'what it answers drives no terminal' "$("$silt" snap $sleeper --out "$work/fake" 2>&1)" '\x1b[31mowned'
kill $sleeper
wait

# A directory that all may write to.
mkdir -m 1777 sticky
mkdir mine
$nobody ln -s "$work/mine" sticky/out
"$silt" run -o sticky/out "$programs/ends" return 2>message
equal "another user's link in a sticky directory: the program runs, nothing is written" "$?:$(files mine)" '3:0'
contains 'and it is said' "$(cat message)" 'sticky/out'
SILT_OUT=sticky/out/deeper LD_PRELOAD=$library "$programs/ends" return
equal 'nor below it' "$?:$(files mine)" '3:0'
ln -s "$work/mine" sticky/own
"$silt" run -o sticky/own "$programs/ends" return
equal 'a link of our own is followed' "$?:$(files mine)" '3:1'
mkdir -m 777 open
"$silt" run -o open "$programs/grower" 60000 2>log &
ready log
run=$(echo open/grower.*)
pid=${run##*.}
$nobody mv "$run" open/taken
$nobody mkdir -m 777 "$run"
$nobody ln -s "$work/precious" "$run/.0001.silt.tmp"
kill "$pid"
wait
equal 'a run directory that another user has put in the place of ours is left alone' \
	"$(find "$run" -name '*.silt' | wc -l):$(find "$run.2" -name '*.silt' | wc -l):$(cat precious)" '0:1:precious'

# -- privileges --
cp "$programs/ends" set-uid && chown nobody set-uid && chmod 4755 set-uid
SILT_OUT=$work/mine-too LD_PRELOAD=$library setpriv --reuid daemon --clear-groups ./set-uid return 2>message
equal 'a set-user-ID program is left alone' "$?:$(files mine-too)" '3:0'
cp "$programs/ends" capable
if command -v setcap >/dev/null && setcap cap_net_raw+ep capable 2>/dev/null; then
	mkdir -m 777 cap
	SILT_OUT=$work/cap LD_PRELOAD=$library setpriv --reuid daemon --clear-groups ./capable return 2>message
	equal 'a program with file capabilities is left alone' "$?:$(files cap)" '3:0'
else
	skip 'file capabilities' 'cannot be set here'
fi
