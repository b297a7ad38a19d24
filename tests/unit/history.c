/*
 * Runs made by hand: see history.h.
 */
#include "history.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "load/snapshot.h"
#include "model/blame.h"
#include "model/profile.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "writer.h"

#define INTERVAL 100000000u /* ns */
#define BINS 64		    /* as the recorder has at most */
#define NUMBERS 131072

size_t history_current;

struct numbers {
	uint64_t list[NUMBERS];
	size_t count;
};

static void add(struct numbers *numbers, uint64_t value)
{
	ck_assert_uint_lt(numbers->count, NUMBERS);
	numbers->list[numbers->count++] = value;
}

static void write_numbers(struct writer *writer, uint32_t kind, uint64_t count,
			  const struct numbers *numbers)
{
	static unsigned char bytes[NUMBERS * 10];

	writer_section(writer, kind, 0, count, bytes,
		       writer_varints(bytes, numbers->list, numbers->count));
}

static uint64_t width_at(uint64_t now)
{
	uint64_t width = 1;

	while ((now + 1) / width >= BINS)
		width *= 2;
	return width;
}

/* A stack of a line has two frames. */
static uint64_t nodes_of(const struct history_site *site)
{
	return site->line ? 2 : 1;
}

static const struct history *written; /* by make() */

static uint64_t size_of(const struct history_site *site, uint64_t now)
{
	return written->size_at && site == &written->sites[0] ? written->size_at(now) : site->size;
}

static void add_site(struct numbers *numbers, const struct history_site *site, uint64_t now,
		     struct silt_process *process)
{
	uint64_t width = width_at(now), made = 0, left = 0, previous = 0, bins = 0;
	uint64_t blocks[BINS + 1] = {0};

	for (uint64_t born = 0; born <= now; born++) {
		made += site->made(born);
		blocks[born / width] += site->left(born, now);
	}
	for (size_t i = 0; i <= BINS; i++) {
		left += blocks[i];
		bins += blocks[i] > 0;
	}
	process->total_blocks += made;
	process->live_blocks += left;
	process->live_bytes += left * size_of(site, now);
	add(numbers, nodes_of(site) << 1); /* the next node, or the one after it */
	add(numbers, 0);
	add(numbers, 1);
	add(numbers, made);
	add(numbers, made * size_of(site, now));
	add(numbers, made - left);
	add(numbers, (made - left) * size_of(site, now));
	add(numbers, left * size_of(site, now));
	add(numbers, 0);
	add(numbers, 0);
	add(numbers, size_of(site, now));
	add(numbers, 0);
	add(numbers, bins);
	for (size_t i = 0; i <= BINS; i++) {
		if (!blocks[i])
			continue;
		add(numbers, i - previous);
		add(numbers, blocks[i]);
		add(numbers, blocks[i] * size_of(site, now));
		previous = i;
	}
}

static void add_verdict(struct numbers *numbers, const struct history_site *site, uint32_t number,
			uint64_t now)
{
	uint64_t left = 0, lost = 0, old = 0;

	for (uint64_t born = 0; born <= now; born++) {
		uint64_t blocks = site->lost ? site->lost(born, now) : 0;

		left += site->left(born, now);
		lost += blocks;
		old += born < now ? blocks : 0;
	}
	add(numbers, number);
	add(numbers, left - lost);
	add(numbers, (left - lost) * size_of(site, now));
	add(numbers, lost);
	add(numbers, lost * size_of(site, now));
	for (int i = 0; i < 6; i++)
		add(numbers, 0);
	add(numbers, old);
	add(numbers, old * size_of(site, now));
	for (int i = 0; i < 3 + SILT_DEGREES; i++)
		add(numbers, 0);
}

static void write_records(struct writer *writer, uint32_t kind,
			  const struct history_records *records)
{
	unsigned char bytes[1000];

	ck_assert_uint_le(records->size, sizeof bytes / 10);
	writer_section(writer, kind, 0, records->count, bytes,
		       writer_varints(bytes, records->numbers, records->size));
}

static void write_graph(struct writer *writer, const struct history *history, uint64_t now)
{
	static struct numbers verdicts;
	static const uint32_t others[] = {SILT_SECTION_HOLDERS, SILT_SECTION_REFCOUNTS,
					  SILT_SECTION_COMPONENTS};
	struct silt_graph graph = {.status = SILT_GRAPH_DONE, .flags = SILT_GRAPH_STOPPED};

	verdicts.count = 0;
	for (uint32_t i = 0; i < history->site_count; i++) {
		history_current = i;
		add_verdict(&verdicts, &history->sites[i], i, now);
	}
	writer_section(writer, SILT_SECTION_GRAPH, sizeof graph, 1, &graph, sizeof graph);
	writer_section(writer, SILT_SECTION_THREADS, sizeof(struct silt_thread), 0, "", 0);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		writer_section(writer, others[i], 0, 0, "", 0);
	write_records(writer, SILT_SECTION_ROOTS, &history->roots);
	write_records(writer, SILT_SECTION_EDGES, &history->edges);
	write_records(writer, SILT_SECTION_PATHS, &history->paths);
	write_records(writer, SILT_SECTION_CODE, &history->code);
	write_numbers(writer, SILT_SECTION_VERDICTS, history->site_count, &verdicts);
}

static void write_sites(struct writer *writer, const struct history *history,
			const struct numbers *sites)
{
	static struct numbers pcs, nodes;
	uint64_t node = 0, lines = 0;

	pcs.count = nodes.count = 0;
	for (size_t i = 0; i < history->site_count; i++) {
		add(&pcs, 1 << 1);
		add(&pcs, 0x100 << 1);
		add(&nodes, ++node); /* a root of its own */
		add(&nodes, i);
		if (!history->sites[i].line)
			continue;
		node++;
		add(&nodes, 1); /* called from there */
		add(&nodes, history->site_count + history->sites[i].line - 1);
		if (history->sites[i].line > lines)
			lines = history->sites[i].line;
	}
	for (uint64_t i = 0; i < lines; i++) {
		add(&pcs, 1 << 1);
		add(&pcs, 0x100 << 1);
	}
	write_numbers(writer, SILT_SECTION_PCS, history->site_count + lines, &pcs);
	write_numbers(writer, SILT_SECTION_NODES, node, &nodes);
	write_numbers(writer, SILT_SECTION_SITES, history->site_count, sites);
}

static void write_mapping(struct writer *writer, const struct history *history, size_t name,
			  uint64_t now)
{
	struct silt_mapping mapping = {.name = {(uint32_t)name, 0}, .kind = SILT_MAPPING_ANONYMOUS};

	if (history->mapping_name)
		mapping.name.length = (uint32_t)strlen(history->mapping_name);
	history->mapping(&mapping, now);
	writer_section(writer, SILT_SECTION_MAPPINGS, sizeof mapping, 1, &mapping, sizeof mapping);
}

static void write_mapped(struct writer *writer, const struct history *history, uint64_t now)
{
	static struct numbers numbers;
	struct snapshot_mapped mapped = {.node = 1, .kinds = SILT_MAPPED_ANONYMOUS};

	history->mapped(&mapped, now);
	numbers.count = 0;
	add(&numbers, mapped.node);
	add(&numbers, mapped.kinds);
	add(&numbers, mapped.total);
	add(&numbers, mapped.total_bytes);
	add(&numbers, mapped.live);
	add(&numbers, mapped.live_bytes);
	add(&numbers, 0);
	write_numbers(writer, SILT_SECTION_MAPPED, 1, &numbers);
}

static void make(struct writer *writer, const struct history *history, size_t number)
{
	static const char path[] = "/nowhere/program";
	static struct numbers sites;
	uint64_t now = history->first + number * history->step;
	bool last = history->ends && number + 1 == history->count;
	struct silt_process process = {
		.pid = 42,
		.sequence = number + 1,
		.trigger = last ? SILT_TRIGGER_EXIT : SILT_TRIGGER_INTERVAL,
		.executable = {0, sizeof path - 1},
		.start_unix_ns = 1000ull * 1000000000,
		.uptime_ns = (now + 1) * (history->interval ? history->interval : INTERVAL),
		.threads = 1,
		.generation = now,
		.generation_width = width_at(now)};
	struct silt_module module = {.start = 0x1000, .end = 0x9000, .path = {0, sizeof path - 1}};
	struct silt_string argument = {0, sizeof path - 1};
	char strings[200];

	written = history;
	sites.count = 0;
	for (size_t i = 0; i < history->site_count; i++) {
		history_current = i;
		add_site(&sites, &history->sites[i], now, &process);
	}
	process.freed_blocks = process.total_blocks - process.live_blocks;
	if (history->iterations)
		process.iterations = history->iterations(now);
	if (history->process)
		history->process(&process, now);
	snprintf(strings, sizeof strings, "%s%s", path,
		 history->mapping_name ? history->mapping_name : "");
	writer_begin(writer);
	writer_section(writer, SILT_SECTION_PROCESS, sizeof process, 1, &process, sizeof process);
	writer_section(writer, SILT_SECTION_STRINGS, 0, strlen(strings), strings, strlen(strings));
	writer_section(writer, SILT_SECTION_ARGUMENTS, sizeof argument, 1, &argument,
		       sizeof argument);
	writer_section(writer, SILT_SECTION_MODULES, sizeof module, 1, &module, sizeof module);
	write_sites(writer, history, &sites);
	if (history->mapping)
		write_mapping(writer, history, sizeof path - 1, now);
	if (history->mapped)
		write_mapped(writer, history, now);
	if (history->graph)
		write_graph(writer, history, now);
	writer_end(writer);
}

static struct writer writer;

struct series *history_series(const struct history *history)
{
	struct snapshot **list = mem_zeroed(history->count, sizeof(struct snapshot *));
	struct snapshot_error error;

	for (size_t i = 0; i < history->count; i++) {
		make(&writer, history, i);
		list[i] = snapshot_parse("FILE", writer.data, writer.size, &error);
		ck_assert_msg(list[i] != NULL, "%s", error.text);
	}
	return series_new(list, history->count);
}

void history_write(const struct history *history, const char *directory)
{
	for (size_t i = 0; i < history->count; i++) {
		char path[300];
		FILE *file;

		snprintf(path, sizeof path, "%s/%04zu.silt", directory, i + 1);
		file = fopen(path, "we");
		ck_assert_ptr_nonnull(file);
		make(&writer, history, i);
		ck_assert_uint_eq(fwrite(writer.data, 1, writer.size, file), writer.size);
		fclose(file);
	}
}

struct judged history_judge(const struct history *history)
{
	static const struct blame blame = {0};
	const struct diagnosis_options options = {-1, -1, &blame};
	struct judged judged = {history_series(history), profile_context_new(), NULL};

	judged.diagnosis = diagnosis_new(judged.series, judged.context, &options);
	return judged;
}

void judged_free(struct judged *judged)
{
	diagnosis_free(judged->diagnosis);
	profile_context_free(judged->context);
	series_free(judged->series);
}
