/* Prints statistics and snapshots as text: see text.h. */
#include "render/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "load/snapshot.h"
#include "model/doubt.h"
#include "model/profile.h"
#include "render/account_text.h"
#include "render/notes.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

struct text_style {
	/* frames shown under a line, 0: none */
	uint64_t traceback;
	bool colour;
	/* compare both sides */
	bool difference;
	/* also print the highest live bytes */
	bool peak;
};

/* -- frames -- */

static void print_symbol(FILE *file, const struct frame *frame)
{
	utf8_print(file, frame->function);
	if (frame->symbol_offset)
		fprintf(file, "+0x%" PRIx64, frame->symbol_offset);
	if (frame->module) {
		fputs(" (", file);
		utf8_print(file, frame->module);
		fputs(")", file);
	}
}

static void print_address(FILE *file, const struct frame *frame)
{
	if (frame->module) {
		utf8_print(file, frame->module);
		fprintf(file, "+0x%" PRIx64, frame->address);
	} else if (frame->address) {
		fprintf(file, "0x%" PRIx64, frame->address);
	} else {
		fputs("<unknown>", file);
	}
}

void text_place_on(FILE *file, const struct frame *frame, enum statistics_key key)
{
	if (key == KEY_MODULE || (key == KEY_FILE && !statistics_has_line(frame))) {
		utf8_print(file, frame->module_path && frame->module_path[0] ? frame->module_path
									     : "<unknown>");
		fputs(":0", file);
	} else if (statistics_has_line(frame)) {
		utf8_print(file, frame->file);
		fprintf(file, ":%u", key == KEY_FILE ? 0 : frame->line);
	} else if (frame->function) {
		print_symbol(file, frame);
	} else {
		print_address(file, frame);
	}
}

void text_place(const struct frame *frame, enum statistics_key key)
{
	text_place_on(stdout, frame, key);
}

/* Prints the source line, indented by four, if the file exists. */
static void print_source_line(const struct frame *frame)
{
	char *line = NULL, *start;
	size_t capacity = 0;
	struct stat status;
	unsigned number = 0;
	FILE *file;

	if (!statistics_has_line(frame) || !frame->line || stat(frame->file, &status) < 0 ||
	    !S_ISREG(status.st_mode))
		return;
	file = fopen(frame->file, "re");
	if (!file)
		return;
	while (number < frame->line && getline(&line, &capacity, file) >= 0)
		number++;
	if (number == frame->line) {
		start = line + strspn(line, " \t");
		start[strcspn(start, "\r\n")] = 0;
		if (start[0]) {
			fputs("    ", stdout);
			utf8_print(stdout, start);
			putchar('\n');
		}
	}
	free(line);
	fclose(file);
}

static void print_frame(const struct frame *frame)
{
	if (statistics_has_line(frame)) {
		fputs("  File \"", stdout);
		utf8_print(stdout, frame->file);
		printf("\", line %u", frame->line);
		if (frame->function) {
			fputs(", in ", stdout);
			utf8_print(stdout, frame->function);
		}
		if (frame->inlined)
			fputs(" (inlined)", stdout);
		putchar('\n');
		print_source_line(frame);
	} else {
		fputs("  ", stdout);
		text_place(frame, KEY_LINE);
		putchar('\n');
	}
}

void text_traceback(const struct profile_site *site, uint64_t limit)
{
	uint64_t shown = site->frame_count < limit ? site->frame_count : limit;

	for (uint64_t i = 0; i < shown; i++)
		print_frame(site->frames[i]);
	if (shown < site->frame_count)
		printf("  ... %" PRIu64 " more\n", site->frame_count - shown);
	else if (site->counters->flags & SILT_SITE_CUT)
		printf("  ... %" PRIu64 " frames deep in all\n", site->counters->depth);
	if (site->counters->flags & SILT_SITE_FAILED)
		puts("  ... unwinding stopped here");
}

void text_frame_on(FILE *file, const struct frame *frame)
{
	text_place_on(file, frame, KEY_LINE);
	if (statistics_has_line(frame) && frame->function) {
		fputs("  ", file);
		utf8_print(file, frame->function);
	}
}

void text_site_on(FILE *file, const struct profile_site *site)
{
	text_frame_on(file, site->frames[site->blamed]);
	if (site->through != PROFILE_DIRECTLY && site->frames[site->through]->function) {
		fputs(" (through ", file);
		utf8_print(file, site->frames[site->through]->function);
		fputc(')', file);
	}
}

void text_site(const struct profile_site *site)
{
	text_site_on(stdout, site);
}

/* -- statistics -- */

static const char *change_colour(const struct text_style *style, double change)
{
	return !style->colour || change == 0 ? "" : change > 0 ? "\033[31m" : "\033[32m";
}

/* Prints the half width of the 95% interval of an estimate. */
static void print_margin(double variance)
{
	char size[SIZE_TEXT];

	if (variance > 0)
		printf(" +-%s", size_format(size, 1.96 * sqrt(variance), false));
}

static void print_statistic(const struct statistic *statistic, enum statistics_key key,
			    const struct text_style *style)
{
	const struct statistics_figures *new = &statistic->new, *old = &statistic->old;
	double size_change = (double)new->size - (double)old->size;
	const char *colour = change_colour(style, size_change), *plain = colour[0] ? "\033[0m" : "";
	char size[SIZE_TEXT], difference[SIZE_TEXT], average[SIZE_TEXT];

	if (style->colour)
		fputs("\033[1m", stdout);
	if (key == KEY_FUNCTION && statistic->frame->function) {
		utf8_print(stdout, statistic->frame->function);
		if (statistics_has_line(statistic->frame)) {
			fputs(" (", stdout);
			utf8_print(stdout, statistic->frame->file);
			putchar(')');
		} else if (statistic->frame->module) {
			fputs(" (", stdout);
			utf8_print(stdout, statistic->frame->module);
			putchar(')');
		}
	} else {
		text_place(statistic->frame, key);
	}
	if (style->colour)
		fputs("\033[0m", stdout);
	printf(": size=%s", size_format(size, (double)new->size, false));
	if (style->difference)
		printf(" %s(%s)%s", colour, size_format(difference, size_change, true), plain);
	print_margin(new->size_variance + (style->difference ? old->size_variance : 0));
	printf(", count=%" PRIu64, new->count);
	if (style->difference)
		printf(" %s(%+" PRId64 ")%s", colour, (int64_t)(new->count - old->count), plain);
	if (new->count)
		printf(", average=%s",
		       size_format(average, (double)new->size / (double)new->count, false));
	if (style->peak)
		printf(", peak=%s", size_format(size, (double)new->peak_bytes, false));
	if ((key == KEY_LINE || key == KEY_TRACEBACK) && statistics_has_line(statistic->frame) &&
	    statistic->frame->function) {
		fputs("  ", stdout);
		utf8_print(stdout, statistic->frame->function);
	}
	putchar('\n');
	if (style->traceback)
		text_traceback(statistic->example, style->traceback);
}

void text_statistics(const struct statistics *statistics, bool difference,
		     const struct options *options)
{
	struct text_style style = {options->traceback, options->colour, difference,
				   options->statistics.order == ORDER_PEAK};
	size_t shown = statistics->count < options->limit ? statistics->count : options->limit;

	if (!statistics->count)
		notes_print_nothing(&options->filters, NULL);
	for (size_t i = 0; i < shown; i++)
		print_statistic(&statistics->list[i], statistics->key, &style);
	if (shown < statistics->count)
		printf("%zu more; --limit 0 shows all\n", statistics->count - shown);
}

/* -- snapshots -- */

static void print_quality(const struct silt_process *process)
{
	if (process->lost_records)
		printf("  lost: %" PRIu64 " block%s could not be recorded (no memory, or a signal "
		       "handler that allocates)\n",
		       process->lost_records, words_s(process->lost_records));
	if (process->lost_sites)
		printf("  lost: %" PRIu64
		       " of these because their call stack could not be stored\n",
		       process->lost_sites);
	if (process->memory_reached_ns) {
		char size[SIZE_TEXT];

		printf("  lost: from %.1f s after the start on, new call stacks: the limit of %s "
		       "(--memory) was reached\n",
		       (double)process->memory_reached_ns / 1e9,
		       size_format(size, (double)process->memory_limit_bytes, false));
	}
	if (process->lost_snapshots)
		printf("  not written: %" PRIu64 " snapshot%s%s%s%s\n", process->lost_snapshots,
		       words_s(process->lost_snapshots), process->lost_errno ? " (" : "",
		       process->lost_errno ? strerror((int)process->lost_errno) : "",
		       process->lost_errno ? ")" : "");
	if (process->tracebacks_cut || process->tracebacks_failed || process->tracebacks_guessed)
		printf("  call stacks: %" PRIu64 ", of these %" PRIu64 " cut at %u frames, %" PRIu64
		       " incomplete, %" PRIu64 " guessed by frame pointer\n",
		       process->tracebacks, process->tracebacks_cut, process->depth,
		       process->tracebacks_failed, process->tracebacks_guessed);
	if (process->sample_bytes) {
		char size[SIZE_TEXT];

		printf("  estimates from a sample, on average one block per %s; +- is a 95%% "
		       "interval\n",
		       size_format(size, (double)process->sample_bytes, false));
	}
}

/* Prints the snapshot's path, its process, and when it was taken. */
static void print_title(const char *title, const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;
	char *path = utf8_clean(snapshot->path), *program = utf8_clean(snapshot_program(snapshot)),
	     *label = utf8_clean(snapshot->label);
	const char *quote = *label ? "\"" : "";
	char *text = mem_format("%s%s: %s (pid %u), %s%s%s%s%s, %.1f s after the start", title,
				path, program, process->pid,
				snapshot_trigger_name(process->trigger), *label ? " " : "", quote,
				label, quote, (double)process->uptime_ns / 1e9);

	account_wrap(stdout, 0, "", text);
	free(path);
	free(program);
	free(label);
	free(text);
}

void text_snapshot(const char *title, const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;
	char live[SIZE_TEXT], total[SIZE_TEXT], peak[SIZE_TEXT], rss[SIZE_TEXT];

	print_title(title, snapshot);
	printf("  live %s in %" PRIu64 " block%s, peak %s; allocated %s in %" PRIu64
	       " block%s; RSS %s\n",
	       size_format(live, (double)process->live_bytes, false), process->live_blocks,
	       words_s(process->live_blocks),
	       size_format(peak, (double)process->peak_live_bytes, false),
	       size_format(total, (double)process->total_bytes, false), process->total_blocks,
	       words_s(process->total_blocks),
	       process->trigger == SILT_TRIGGER_PEAK
		       ? "not known"
		       : size_format(rss, (double)process->rss_bytes, false));
	print_quality(process);
	if (doubt_of(snapshot))
		printf("  %s\n", doubt_of(snapshot));
}

void text_graph(const struct silt_graph *graph)
{
	if (graph->flags & SILT_GRAPH_ENDED)
		puts("  possible only: the process had ended when the heap was searched, its "
		     "registers were lost");
	else if (graph->flags & SILT_GRAPH_MOVED)
		puts("  possible only: a thread woke up while the heap was copied");
	else if (!(graph->flags & SILT_GRAPH_STOPPED) && graph->flags & SILT_GRAPH_STILL)
		printf("  possible only: %u of %u threads slept in system calls and were not "
		       "interrupted; what only their registers held is not known\n",
		       graph->threads - graph->threads_stopped, graph->threads);
	else if (!(graph->flags & SILT_GRAPH_STOPPED))
		printf("  possible only: %u of %u threads could be stopped while the heap was "
		       "copied%s\n",
		       graph->threads_stopped, graph->threads,
		       graph->threads_stopped <= 1 ? " (ptrace is forbidden here)" : "");
}
