#!/usr/bin/env bash
# What a finding's lines look like: equal ones are one, and a terminal's are no longer than 100 columns.
. "$(dirname "$0")/lib.sh"

cat >formats.c <<'C'
#include <stdlib.h>
#include <unistd.h>
#include "silt.h"
struct format { struct format *next; char text[100]; };
struct format *formats_of_the_document_that_is_open;
static __attribute__((noinline, noclone)) void format_add(void)
{
	struct format *format = calloc(1, sizeof *format);
	format->next = formats_of_the_document_that_is_open;
	formats_of_the_document_that_is_open = format;
}
int main(void)
{
	for (int i = 0; i < 400; i++) {
		format_add(), format_add(), format_add(), format_add(), format_add(), format_add();
		usleep(1000);
		if (i % 20 == 0) silt_snapshot(NULL);
	}
}
C
gcc -g -O1 -I"$top_dir/include" -o formats formats.c && "$silt" run -q --graph last -o out -- ./formats
report=$("$silt" report out)
equal 'equal lines are one with a count' "$(grep -c 'formats.c:8  format_add: +.* (6 call stacks)$' <<<"$report"):$(grep -c '^   .*formats.c:8  format_add: ' <<<"$report")" 1:1
equal 'nothing is said of more' "$(grep -c 'more call stacks$' <<<"$report")" 0
equal 'JSON has them all' "$("$silt" report --format json out | jq '.findings[0].sites | length')" 6
width() { sed -E 's/\x1b\[[0-9;]*m//g; s/\r//' | awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }'; }
check 'a file has whole lines' test "$(width <<<"$report")" -gt 100
check 'a terminal lines of 100 columns' test "$(cd out && script -qec "$silt report ." /dev/null | width)" -le 100

# One file, several programs: it is known by the link that it was called by.
ln -s formats rhymes && strip -o formats.stripped formats && mv formats.stripped formats
"$silt" run -q --graph last -o called -- ./rhymes
equal 'called by a link' "$("$silt" report called | grep -c 'rhymes+0x'):$("$silt" report called | grep -c 'formats+0x')" "$("$silt" report called | grep -c '+0x'):0"
contains 'by any way' "$(cd / && "$silt" run -q -o "$work/path" -- env PATH="$work:$PATH" rhymes && "$silt" top "$work"/path/rhymes.*)" 'rhymes+0x'
