/*
 * Groups traces as silt does and prints the lines silt prints, for compare_tracemalloc.py to hold
 * against CPython's tracemalloc.
 *
 * Usage: group_traces BY CUMULATIVE FILTERS ALL_FRAMES <TRACES TRACES: lines "old|new SIZE
 * FILE:LINE FILE:LINE ..." (innermost frame first), one block each. FILTERS: "+PATTERN[:LINE]" or
 * "-PATTERN[:LINE]", joined by ";", or "". Without an "old" trace the statistics of one snapshot
 * are printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/statistics.h"
#include "render/text.h"
#include "util/mem.h"

struct side {
	struct snapshot snapshot;
	struct profile profile;
	size_t capacity;
	struct snapshot_site **counters;
	size_t counters_capacity;
};

static void add_trace(struct side *side, char *size, char *frames)
{
	struct profile_site *site;
	size_t capacity = 0, count = 0;
	struct snapshot_site *counters = mem_zeroed(1, sizeof *counters);

	counters->total_blocks = 1;
	counters->total_bytes = strtoull(size, NULL, 10);
	MEM_GROW(side->profile.sites, side->profile.site_count, side->capacity);
	site = &side->profile.sites[side->profile.site_count++];
	*site = (struct profile_site){.counters = counters};
	for (char *word = strtok(frames, " \n"); word; word = strtok(NULL, " \n")) {
		struct frame *frame = mem_zeroed(1, sizeof *frame);
		char *colon = strrchr(word, ':');

		frame->file = mem_substring(word, (size_t)(colon - word));
		frame->line = (unsigned)atoi(colon + 1);
		MEM_GROW(site->frames, count, capacity);
		site->frames[count++] = frame;
	}
	site->frame_count = (uint32_t)count;
}

static void add_filters(struct filter_list *list, char *text)
{
	for (char *word = strtok(text, ";"); word; word = strtok(NULL, ";"))
		filter_add(list, word + 1, word[0] == '+');
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"line", "function", "file", "module", "traceback"};
	struct side old = {.profile.snapshot = &old.snapshot},
		    new = {.profile.snapshot = &new.snapshot};
	struct filter_list filters = {0};
	struct statistics_options options = {.filters = &filters};
	struct options shown = {.limit = UINT64_MAX};
	struct statistics *statistics;
	bool difference;
	size_t capacity = 0;
	char *line = NULL;

	if (argc != 5)
		return 2;
	for (int i = 0; i < 5; i++)
		if (strcmp(argv[1], names[i]) == 0)
			options.key = (enum statistics_key)i;
	options.cumulative = atoi(argv[2]);
	add_filters(&filters, argv[3]);
	filters.all_frames = atoi(argv[4]);
	while (getline(&line, &capacity, stdin) > 0) {
		char *size = strchr(line, ' ') + 1, *frames = strchr(size, ' ') + 1;

		add_trace(line[0] == 'o' ? &old : &new, size, frames);
	}
	difference = old.profile.site_count > 0;
	statistics = statistics_new(difference ? &old.profile : NULL, &new.profile, &options);
	if (statistics->count)
		text_statistics(statistics, difference, &shown);
	return 0;
}
