/* Draws the screen of `silt watch`: see screen.h. */
#include "render/screen.h"

#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <ncurses.h>
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
#include "render/text.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

#define SPARK 8
#define RATE_SNAPSHOTS 5

volatile sig_atomic_t screen_ended;
static SCREEN *terminal;
static bool blocks;
static int error_output = -1; /* standard error, saved while the screen is shown */

static const char *const sorts[] = {"growth", "live", "rate", "blocks", "name"};

/* -- the terminal -- */

static void ask_to_end(int number)
{
	screen_ended = number;
}

/* Restores the terminal, then dies by the signal. */
static void end_badly(int number)
{
	endwin();
	signal(number, SIG_DFL);
	raise(number);
}

void screen_end(void)
{
	if (terminal && !isendwin())
		endwin();
	if (error_output >= 0) {
		dup2(error_output, STDERR_FILENO);
		close(error_output);
		error_output = -1;
	}
}

/* Messages about symbols must not appear in the middle of the screen. */
static void silence(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	error_output = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (error_output >= 0 && null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
}

bool screen_begin(void)
{
	static const int polite[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT},
			 bad[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
	const char *type = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fputs("silt watch: needs a terminal; silt timeline and silt report print the "
		      "same\n",
		      stderr);
		return false;
	}
	setlocale(LC_CTYPE, ""); /* LC_NUMERIC stays "C" */
	blocks = MB_CUR_MAX > 1 && chart_has_blocks();
	terminal = newterm(type && type[0] ? type : "dumb", stdout, stdin);
	if (!terminal) {
		fprintf(stderr, "silt watch: TERM=%s: no such terminal is known\n",
			type ? type : "");
		return false;
	}
	atexit(screen_end);
	for (size_t i = 0; i < 4; i++) {
		signal(polite[i], ask_to_end);
		signal(bad[i], end_badly);
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	timeout(200);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(1, COLOR_RED, -1);
		init_pair(2, COLOR_GREEN, -1);
		init_pair(3, COLOR_CYAN, -1);
	}
	silence();
	return true;
}

int screen_key(void)
{
	return getch();
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
		mvaddnwstr(y, x, wide, (int)end);
	free(wide);
}

static void put_line(int y, const char *text)
{
	put(y, 0, COLS, text);
}

/* Returns text without control characters; the caller frees it. */
static char *clean(const char *text)
{
	char *result = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&result, &size);

	if (!memory)
		return mem_string("?");
	utf8_print(memory, text ? text : "?");
	fclose(memory);
	return result;
}

/* Shortens a long path at its beginning, which matters less than its end. */
static char *name_of(const struct frame *frame, enum statistics_key key)
{
	char *place = NULL, *function, *name;
	size_t size = 0;
	FILE *memory = open_memstream(&place, &size);
	const char *slash;

	if (!memory)
		return mem_string("?");
	text_place_on(memory, frame, key);
	fclose(memory);
	slash = statistics_has_line(frame) || key == KEY_MODULE ? strrchr(place, '/') : NULL;
	function = frame->function ? clean(frame->function) : NULL;
	if (key == KEY_FUNCTION && function)
		name = mem_format("%s (%s)", function, slash ? slash + 1 : place);
	else if (key == KEY_LINE && function && statistics_has_line(frame))
		name = mem_format("%s  %s", slash ? slash + 1 : place, function);
	else
		name = mem_string(slash ? slash + 1 : place);
	free(function);
	free(place);
	return name;
}

/* -- rows -- */

struct row {
	const struct trend_row *figures;
	char *name;
	double growth, rate;
};

static double rate_of(const struct series *series, const struct trend_row *row)
{
	size_t last = series->count - 1, before = last > RATE_SNAPSHOTS ? last - RATE_SNAPSHOTS : 0;
	double seconds = series->seconds[last] - series->seconds[before];

	return seconds > 0 ? ((double)row->bytes[last] - (double)row->bytes[before]) / seconds : 0;
}

struct order {
	enum screen_sort sort;
	size_t last;
};

static int compare_rows(const void *x, const void *y, void *argument)
{
	const struct row *a = x, *b = y;
	const struct order *order = argument;
	double p = 0, q = 0;

	switch (order->sort) {
	case SCREEN_NAME:
		return strcmp(a->name, b->name);
	case SCREEN_LIVE:
		p = (double)a->figures->bytes[order->last];
		q = (double)b->figures->bytes[order->last];
		break;
	case SCREEN_RATE:
		p = a->rate;
		q = b->rate;
		break;
	case SCREEN_BLOCKS:
		p = (double)a->figures->blocks[order->last];
		q = (double)b->figures->blocks[order->last];
		break;
	default:
		p = a->growth;
		q = b->growth;
	}
	return p != q ? (p < q ? 1 : -1) : strcmp(a->name, b->name);
}

static struct row *make_rows(const struct screen_facts *facts, const struct screen_view *view,
			     size_t *count)
{
	struct row *rows = mem_zeroed(facts->trend->count + 1, sizeof *rows);
	struct order order = {view->sort, facts->series->count - 1};

	*count = 0;
	for (size_t i = 0; i < facts->trend->count; i++) {
		const struct trend_row *figures = &facts->trend->rows[i];
		char *name = name_of(figures->frame, view->key);

		if (view->filter[0] && !strcasestr(name, view->filter)) {
			free(name);
			continue;
		}
		rows[(*count)++] =
			(struct row){figures, name, trend_growth(facts->trend, figures, 0),
				     rate_of(facts->series, figures)};
	}
	if (*count)
		qsort_r(rows, *count, sizeof *rows, compare_rows, &order);
	return rows;
}

static void draw_row(const struct screen_facts *facts, const struct row *row, int y, bool chosen)
{
	struct chart_figure figure = {row->figures->bytes, facts->series->seconds,
				      facts->series->count};
	size_t last = facts->series->count - 1;
	char live[SIZE_TEXT], growth[SIZE_TEXT], rate[SIZE_TEXT], spark[SPARK * 3 + 1], text[128];

	chart_spark(&figure, spark, SPARK, blocks);
	snprintf(text, sizeof text, "%9s %10s %10s/s %8" PRIu64,
		 size_format(live, (double)row->figures->bytes[last], false),
		 size_format(growth, row->growth, true), size_format(rate, row->rate, true),
		 row->figures->blocks[last]);
	if (chosen)
		attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	put(y, 0, COLS, text);
	put(y, 43, SPARK, spark);
	put(y, 44 + SPARK, COLS - 44 - SPARK, row->name);
	if (chosen)
		attroff(A_REVERSE);
}

/* -- parts of the screen -- */

static void draw_head(const struct screen_facts *facts)
{
	const struct snapshot *last = facts->series->snapshots[facts->series->count - 1];
	const char *slash = strrchr(last->executable, '/');
	char *program = clean(slash ? slash + 1 : last->executable), *line;
	char live[SIZE_TEXT], peak[SIZE_TEXT], rss[SIZE_TEXT];
	uint64_t *values = mem_zeroed(facts->series->count, sizeof *values);
	struct chart_figure figure = {values, facts->series->seconds, facts->series->count};
	char *spark = mem_zeroed((size_t)COLS * 3 + 1, 1);

	line = mem_format("silt watch  %s (pid %u)  %s%s  %.1f s  snapshot %" PRIu64, program,
			  last->process.pid, facts->running ? "running" : "ended",
			  facts->paused ? ", paused" : "", (double)last->process.uptime_ns / 1e9,
			  last->process.sequence);
	attron(A_BOLD);
	put_line(0, line);
	attroff(A_BOLD);
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
	chart_spark(&figure, spark, (size_t)COLS, blocks);
	attron(COLOR_PAIR(3));
	put_line(2, spark);
	attroff(COLOR_PAIR(3));
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

	attron(COLOR_PAIR(colour) | A_BOLD);
	mvprintw(3, 0, "%s so far", names[diagnosis->verdict]);
	attroff(COLOR_PAIR(colour) | A_BOLD);
	printw(", %zu finding%s, %zu interval%s judged", diagnosis->count,
	       words_s(diagnosis->count), diagnosis_intervals(diagnosis),
	       words_s(diagnosis_intervals(diagnosis)));
	if (diagnosis->count) {
		draw_finding(facts);
		return;
	}
	line = clean(diagnosis->note_count ? diagnosis->notes[0] : "");
	put_line(4, line);
	free(line);
}

static void draw_details(const struct row *row)
{
	const struct profile_site *site = row->figures->example;
	char *line = mem_format("%s: call stack, innermost first (any key: back)", row->name);

	erase();
	attron(A_BOLD);
	put_line(0, line);
	attroff(A_BOLD);
	free(line);
	for (uint32_t i = 0; i < site->frame_count && (int)i + 2 < LINES; i++) {
		char *name = name_of(site->frames[i], KEY_LINE);

		put((int)i + 2, 2, COLS - 2, name);
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

	erase();
	attron(A_BOLD);
	put_line(0, "silt watch: keys (any key: back)");
	attroff(A_BOLD);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		put((int)i + 2, 2, COLS - 2, lines[i]);
}

static void draw_foot(const struct screen_facts *facts, const struct screen_view *view)
{
	static const char *const keys[] = {"line", "function", "file", "module"};
	char *line;

	if (view->typing)
		line = mem_format("filter: %s_", view->filter);
	else if (facts->message)
		line = clean(facts->message);
	else
		line = mem_format(
			"F1 Help  F4 Filter%s%s  F6 Sort:%s  g By:%s  Enter Stack  t Snap  q Quit",
			view->filter[0] ? ":" : "", view->filter, sorts[view->sort],
			keys[view->key]);
	attron(A_REVERSE);
	mvhline(LINES - 1, 0, ' ', COLS);
	put(LINES - 1, 0, COLS - 1, line);
	attroff(A_REVERSE);
	free(line);
}

static void draw_rows(const struct screen_facts *facts, struct screen_view *view)
{
	size_t room = LINES > SCREEN_HEAD + 1 ? (size_t)(LINES - SCREEN_HEAD - 1) : 1, count;
	struct row *rows = make_rows(facts, view, &count);

	if (view->chosen >= count)
		view->chosen = count ? count - 1 : 0;
	if (view->chosen < view->first)
		view->first = view->chosen;
	if (view->chosen >= view->first + room)
		view->first = view->chosen - room + 1;
	if (view->details && count) {
		draw_details(&rows[view->chosen]);
	} else {
		attron(A_REVERSE);
		mvhline(SCREEN_HEAD - 1, 0, ' ', COLS);
		put_line(SCREEN_HEAD - 1,
			 "     live     growth        rate    blocks  course   site");
		attroff(A_REVERSE);
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

	erase();
	if (view->help) {
		draw_help();
	} else if (!facts->series) {
		line = clean(facts->run);
		put(0, 0, COLS, line);
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
	refresh();
}
