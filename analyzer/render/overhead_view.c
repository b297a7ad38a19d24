/*
 * Prints what recording costs one program, as text and JSON: see overhead_view.h.
 */
#include "render/overhead_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>

#include "render/json.h"
#include "util/size.h"
#include "util/utf8.h"

int overhead_exit_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *amount(char *buffer, int figure, double value, bool sign)
{
	if (figure == OVERHEAD_MEMORY)
		return size_format(buffer, value, sign);
	snprintf(buffer, SIZE_TEXT, sign ? "%+.*f %s" : "%.*f %s", fabs(value) < 1 ? 2 : 3,
		 fabs(value) < 1 ? value * 1000 : value, fabs(value) < 1 ? "ms" : "s");
	return buffer;
}

static void print_text(const struct overhead *m)
{
	static const char *const names[] = {"wall time", "CPU time", "peak memory"};
	char a[SIZE_TEXT], b[SIZE_TEXT], c[SIZE_TEXT], d[SIZE_TEXT], e[SIZE_TEXT];

	for (char **word = m->command; *word; word++) {
		utf8_print(stdout, *word);
		putchar(word[1] ? ' ' : ':');
	}
	printf(" %" PRIu64 " runs of each kind, in turn; median +- half the interquartile range\n",
	       m->runs);
	printf("  %-12s %22s %22s %12s %9s\n", "", "without silt", "with silt", "cost", "ratio");
	for (int i = 0; i < OVERHEAD_FIGURES; i++) {
		const struct overhead_side *x = &m->without, *y = &m->with;
		double difference = y->median[i] - x->median[i];
		/* if the quartiles of the two sides overlap, the difference may be chance */
		bool clear = y->low[i] > x->high[i] || y->high[i] < x->low[i];

		printf("  %-12s %11s +- %8s %11s +- %8s %11s", names[i],
		       amount(a, i, x->median[i], false),
		       amount(b, i, (x->high[i] - x->low[i]) / 2, false),
		       amount(c, i, y->median[i], false),
		       amount(d, i, (y->high[i] - y->low[i]) / 2, false),
		       amount(e, i, difference, true));
		if (x->median[i] > 0)
			printf("  %.2f", y->median[i] / x->median[i]);
		puts(clear || i == OVERHEAD_MEMORY ? "" : "  within the spread");
	}
	printf("  written: %" PRIu64 " snapshot%s, %s\n", m->written_files,
	       m->written_files == 1 ? "" : "s", size_format(a, (double)m->written_bytes, false));
}

static void json_side(struct json *json, const char *name, const struct overhead_side *side,
		      uint64_t runs)
{
	static const char *const names[] = {"wall_seconds", "cpu_seconds", "peak_rss_bytes"};

	json_object(json, name);
	for (int i = 0; i < OVERHEAD_FIGURES; i++) {
		json_object(json, names[i]);
		json_real(json, "median", side->median[i]);
		json_real(json, "quartile_low", side->low[i]);
		json_real(json, "quartile_high", side->high[i]);
		json_array(json, "sorted");
		for (uint64_t k = 0; k < runs; k++)
			json_real(json, NULL, side->values[i][k]);
		json_end_array(json);
		json_end_object(json);
	}
	json_unsigned(json, "exit_status", (uint64_t)overhead_exit_of(side->status));
	json_end_object(json);
}

static void print_json(const struct overhead *m)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.overhead/1");
	json_array(&json, "command");
	for (char **word = m->command; *word; word++)
		json_string(&json, NULL, *word);
	json_end_array(&json);
	json_unsigned(&json, "runs", m->runs);
	json_side(&json, "without", &m->without, m->runs);
	json_side(&json, "with", &m->with, m->runs);
	json_object(&json, "ratio");
	json_real(&json, "wall", m->with.median[OVERHEAD_WALL] / m->without.median[OVERHEAD_WALL]);
	json_real(&json, "cpu", m->with.median[OVERHEAD_CPU] / m->without.median[OVERHEAD_CPU]);
	json_real(&json, "peak_rss",
		  m->with.median[OVERHEAD_MEMORY] / m->without.median[OVERHEAD_MEMORY]);
	json_end_object(&json);
	json_unsigned(&json, "snapshots", m->written_files);
	json_unsigned(&json, "snapshot_bytes", m->written_bytes);
	json_end_object(&json);
	json_finish(&json);
}

void overhead_view_print(const struct overhead *m, bool as_json)
{
	if (as_json)
		print_json(m);
	else
		print_text(m);
}
