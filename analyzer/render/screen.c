/* Draws the screen of `silt watch`: see screen.h. */
#include "render/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "render/account.h"
#include "render/chart.h"
#include "render/curses.h"
#include "render/screen_rows.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

#define SPARK 8

static const char *const sorts[] = {"growth", "live", "rate", "blocks", "name"};

static bool has_blocks(void)
{
	return MB_CUR_MAX > 1 && chart_has_blocks();
}

/* -- text -- */

/* Draws as many columns of `text` as fit; '?' for what cannot be shown. */
static void put(int y, int x, int width, const char *text)
{
	size_t size = strlen(text) + 1, length, end = 0;
	wchar_t *wide = mem_zeroed(size, sizeof *wide);
	int used = 0;

	length = mbstowcs(wide, text, size);
	if (length == (size_t)-1)
		for (length = 0; text[length]; length++)
			wide[length] =
				(unsigned char)text[length] < 0x7f ? (wchar_t)text[length] : L'?';
	for (; end < length; end++) {
		int columns = wcwidth(wide[end]);

		if (columns < 0) {
			wide[end] = L'?';
			columns = 1;
		}
		if (used + columns > width)
			break;
		used += columns;
	}
	if (width > 0 && end > 0)
		curses.mvaddnwstr(y, x, wide, (int)end);
	free(wide);
}

static void put_line(int y, const char *text)
{
	put(y, 0, *curses.columns, text);
}

static void draw_row(const struct screen_facts *facts, const struct screen_row *row, int y,
		     bool chosen)
{
	struct chart_figure figure = {row->figures->bytes, facts->series->seconds,
				      facts->series->count};
	size_t last = facts->series->count - 1;
	char live[SIZE_TEXT], growth[SIZE_TEXT], rate[SIZE_TEXT], spark[SPARK * 3 + 1], text[128];

	chart_spark(&figure, spark, SPARK, has_blocks());
	snprintf(text, sizeof text, "%9s %10s %10s/s %8" PRIu64,
		 size_format(live, (double)row->figures->bytes[last], false),
		 size_format(growth, row->growth, true), size_format(rate, row->rate, true),
		 row->figures->blocks[last]);
	if (chosen)
		curses.attron(A_REVERSE);
	curses.mvhline(y, 0, ' ', *curses.columns);
	put(y, 0, *curses.columns, text);
	put(y, 43, SPARK, spark);
	put(y, 44 + SPARK, *curses.columns - 44 - SPARK, row->name);
	if (chosen)
		curses.attroff(A_REVERSE);
}

/* -- parts of the screen -- */

static void draw_head(const struct screen_facts *facts)
{
	const struct snapshot *last = facts->series->snapshots[facts->series->count - 1];
	const char *slash = strrchr(last->executable, '/');
	char *program = utf8_clean(slash ? slash + 1 : last->executable), *line;
	char live[SIZE_TEXT], peak[SIZE_TEXT], rss[SIZE_TEXT];
	uint64_t *values = mem_zeroed(facts->series->count, sizeof *values);
	struct chart_figure figure = {values, facts->series->seconds, facts->series->count};
	char *spark = mem_zeroed((size_t)*curses.columns * 3 + 1, 1);

	line = mem_format("silt watch  %s (pid %u)  %s%s  %.1f s  snapshot %" PRIu64, program,
			  last->process.pid, facts->running ? "running" : "ended",
			  facts->paused ? ", paused" : "", (double)last->process.uptime_ns / 1e9,
			  last->process.sequence);
	curses.attron(A_BOLD);
	put_line(0, line);
	curses.attroff(A_BOLD);
	free(line);
	line = mem_format("live %s in %" PRIu64 " block%s, peak %s, RSS %s, threads %u",
			  size_format(live, (double)last->process.live_bytes, false),
			  last->process.live_blocks, words_s(last->process.live_blocks),
			  size_format(peak, (double)last->process.peak_live_bytes, false),
			  size_format(rss, (double)last->process.rss_bytes, false),
			  last->process.threads);
	put_line(1, line);
	for (size_t i = 0; i < facts->series->count; i++)
		values[i] = facts->series->snapshots[i]->process.live_bytes;
	chart_spark(&figure, spark, (size_t)*curses.columns, has_blocks());
	curses.attron(curses.COLOR_PAIR(3));
	put_line(2, spark);
	curses.attroff(curses.COLOR_PAIR(3));
	free(line);
	free(spark);
	free(values);
	free(program);
}

/* Draws the first finding: its headline, and below it the path and the callback. */
static void draw_finding(const struct screen_facts *facts)
{
	struct account *account =
		account_new(facts->diagnosis, facts->context, facts->diagnosis->findings[0], NULL);
	const struct account_lines *lines = &account->facts;
	char *line = mem_format("%s: %s", account->kind, account->headline.text);

	put_line(4, line);
	free(line);
	line = mem_format("  %s%s%s", lines->count ? lines->list[0].text : "",
			  lines->count > 1 ? "; " : "",
			  lines->count > 1 ? lines->list[1].text : "");
	put_line(5, line);
	free(line);
	account_free(account);
}

static void draw_verdict(const struct screen_facts *facts)
{
	static const char *const names[] = {"clean", "leaking", "inconclusive"};
	const struct diagnosis *diagnosis = facts->diagnosis;
	int colour = diagnosis->verdict == DIAGNOSIS_LEAKING ? 1
		     : diagnosis->verdict == DIAGNOSIS_CLEAN ? 2
							     : 0;
	char *line;

	curses.attron(curses.COLOR_PAIR(colour) | A_BOLD);
	curses.mvprintw(3, 0, "%s so far", names[diagnosis->verdict]);
	curses.attroff(curses.COLOR_PAIR(colour) | A_BOLD);
	curses.printw(", %zu finding%s, %zu interval%s judged", diagnosis->count,
		      words_s(diagnosis->count), diagnosis_intervals(diagnosis),
		      words_s(diagnosis_intervals(diagnosis)));
	if (diagnosis->count) {
		draw_finding(facts);
		return;
	}
	line = utf8_clean(diagnosis->note_count ? diagnosis->notes[0] : "");
	put_line(4, line);
	free(line);
}

static void draw_details(const struct screen_row *row)
{
	const struct profile_site *site = row->figures->example;
	char *line = mem_format("%s: call stack, innermost first (any key: back)", row->name);

	curses.erase();
	curses.attron(A_BOLD);
	put_line(0, line);
	curses.attroff(A_BOLD);
	free(line);
	for (uint32_t i = 0; i < site->frame_count && (int)i + 2 < *curses.lines; i++) {
		char *name = screen_row_name(site->frames[i], KEY_LINE);

		put((int)i + 2, 2, *curses.columns - 2, name);
		free(name);
	}
}

static void draw_help(void)
{
	static const char *const lines[] = {
		"Up Down PgUp PgDn Home End   choose a row",
		"Enter                        its call stack",
		"F6 > s                       sort by growth, live, rate, blocks, name",
		"g                            group by line, function, file, module",
		"F4 / \\                       filter: a part of the name; Escape ends it",
		"t                            take a snapshot now, with the heap graph",
		"p                            pause: load no newer snapshots",
		"F1 h ?                       this",
		"F10 q                        quit",
	};

	curses.erase();
	curses.attron(A_BOLD);
	put_line(0, "silt watch: keys (any key: back)");
	curses.attroff(A_BOLD);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		put((int)i + 2, 2, *curses.columns - 2, lines[i]);
}

static void draw_foot(const struct screen_facts *facts, const struct screen_view *view)
{
	static const char *const keys[] = {"line", "function", "file", "module"};
	char *line;

	if (view->typing)
		line = mem_format("filter: %s_", view->filter);
	else if (facts->message)
		line = utf8_clean(facts->message);
	else
		line = mem_format(
			"F1 Help  F4 Filter%s%s  F6 Sort:%s  g By:%s  Enter Stack  t Snap  q Quit",
			view->filter[0] ? ":" : "", view->filter, sorts[view->sort],
			keys[view->key]);
	curses.attron(A_REVERSE);
	curses.mvhline(*curses.lines - 1, 0, ' ', *curses.columns);
	put(*curses.lines - 1, 0, *curses.columns - 1, line);
	curses.attroff(A_REVERSE);
	free(line);
}

static void draw_rows(const struct screen_facts *facts, struct screen_view *view)
{
	size_t room = *curses.lines > SCREEN_HEAD + 1 ? (size_t)(*curses.lines - SCREEN_HEAD - 1)
						      : 1,
	       count;
	struct screen_row *rows = screen_rows_make(facts, view, &count);

	if (view->chosen >= count)
		view->chosen = count ? count - 1 : 0;
	if (view->chosen < view->first)
		view->first = view->chosen;
	if (view->chosen >= view->first + room)
		view->first = view->chosen - room + 1;
	if (view->details && count) {
		draw_details(&rows[view->chosen]);
	} else {
		curses.attron(A_REVERSE);
		curses.mvhline(SCREEN_HEAD - 1, 0, ' ', *curses.columns);
		put_line(SCREEN_HEAD - 1,
			 "     live     growth        rate    blocks  course   site");
		curses.attroff(A_REVERSE);
		for (size_t i = view->first; i < count && i < view->first + room; i++)
			draw_row(facts, &rows[i], SCREEN_HEAD + (int)(i - view->first),
				 i == view->chosen);
	}
	for (size_t i = 0; i < count; i++)
		free(rows[i].name);
	free(rows);
}

void screen_draw(const struct screen_facts *facts, struct screen_view *view)
{
	char *line;

	curses.erase();
	if (view->help) {
		draw_help();
	} else if (!facts->series) {
		line = utf8_clean(facts->run);
		put(0, 0, *curses.columns, line);
		put_line(1, "waiting for its first snapshot; t asks for one, q quits");
		free(line);
		draw_foot(facts, view);
	} else {
		draw_head(facts);
		draw_verdict(facts);
		draw_rows(facts, view);
		if (!view->details)
			draw_foot(facts, view);
	}
	curses.refresh();
}
