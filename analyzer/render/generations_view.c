/*
 * Prints the survivors of each site by the snapshot interval they were born in: see
 * generations_view.h.
 */
#include "render/generations_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "render/json.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/size.h"

/* Indices of the sites shown, sorted by live bytes. */
struct chosen {
	uint64_t *sites;
	size_t count, capacity;
};

static const struct profile *sorting;

static int compare_sites(const void *a, const void *b)
{
	uint64_t i = *(const uint64_t *)a, j = *(const uint64_t *)b;
	uint64_t x = snapshot_live_bytes(sorting->sites[i].counters),
		 y = snapshot_live_bytes(sorting->sites[j].counters);

	if (x != y)
		return x < y ? 1 : -1;
	return i < j ? -1 : i > j;
}

static struct chosen choose(const struct profile *profile, const struct filter_list *filters)
{
	struct chosen chosen = {0};

	for (uint64_t i = 0; i < profile->site_count; i++) {
		if (!profile->sites[i].counters->bin_count ||
		    !filter_keeps(filters, &profile->sites[i]))
			continue;
		MEM_GROW(chosen.sites, chosen.count, chosen.capacity);
		chosen.sites[chosen.count++] = i;
	}
	sorting = profile;
	if (chosen.count)
		qsort(chosen.sites, chosen.count, sizeof *chosen.sites, compare_sites);
	return chosen;
}

/* Sums by bin number, in ascending order. */
struct sums {
	struct snapshot_bin *list;
	size_t count, capacity;
};

static void add_bin(struct sums *sums, const struct snapshot_bin *bin)
{
	size_t at = sums->count;

	while (at > 0 && sums->list[at - 1].number > bin->number)
		at--;
	if (at == 0 || sums->list[at - 1].number != bin->number) {
		MEM_GROW(sums->list, sums->count, sums->capacity);
		for (size_t move = sums->count++; move > at; move--)
			sums->list[move] = sums->list[move - 1];
		sums->list[at++] = (struct snapshot_bin){bin->number, 0, 0};
	}
	sums->list[at - 1].blocks += bin->blocks;
	sums->list[at - 1].bytes += bin->bytes;
}

/* Adds up the bins of all sites shown. */
static struct snapshot_bin *add_up(const struct profile *profile, const struct chosen *chosen,
				   size_t *count)
{
	const struct snapshot *snapshot = profile->snapshot;
	struct sums sums = {NULL, 0, 0};

	for (size_t i = 0; i < chosen->count; i++) {
		const struct snapshot_site *site = profile->sites[chosen->sites[i]].counters;

		for (uint32_t b = 0; b < site->bin_count; b++)
			add_bin(&sums, &snapshot->bins[site->first_bin + b]);
	}
	*count = sums.count;
	return sums.list;
}

static void json_bins(struct json *json, const struct snapshot_bin *bins, size_t count,
		      uint64_t width)
{
	json_array(json, "generations");
	for (size_t i = 0; i < count; i++) {
		json_object(json, NULL);
		json_unsigned(json, "first", bins[i].number * width);
		json_unsigned(json, "last", bins[i].number * width + width - 1);
		json_unsigned(json, "blocks", bins[i].blocks);
		json_unsigned(json, "bytes", bins[i].bytes);
		json_end_object(json);
	}
	json_end_array(json);
}

static void print_json(const struct profile *profile, const struct chosen *chosen,
		       const struct snapshot_bin *sums, size_t sum_count, uint64_t limit)
{
	const struct snapshot *snapshot = profile->snapshot;
	uint64_t width = snapshot->process.generation_width;
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.generations/1");
	record_snapshot(&json, "snapshot", snapshot);
	json_unsigned(&json, "generation", snapshot->process.generation);
	json_bins(&json, sums, sum_count, width);
	json_array(&json, "sites");
	for (size_t i = 0; i < chosen->count && i < limit; i++) {
		const struct profile_site *site = &profile->sites[chosen->sites[i]];

		json_object(&json, NULL);
		json_unsigned(&json, "size", snapshot_live_bytes(site->counters));
		json_unsigned(&json, "count", snapshot_live_blocks(site->counters));
		json_bins(&json, snapshot->bins + site->counters->first_bin,
			  site->counters->bin_count, width);
		record_traceback(&json, site);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

#define BAR 40

static void print_bins(const struct snapshot_bin *bins, size_t count, uint64_t width)
{
	uint64_t most = 1;
	char size[SIZE_TEXT];

	for (size_t i = 0; i < count; i++)
		most = bins[i].bytes > most ? bins[i].bytes : most;
	for (size_t i = 0; i < count; i++) {
		double share = (double)bins[i].bytes / (double)most * BAR;

		if (width == 1)
			printf("  %8" PRIu64, bins[i].number);
		else
			printf("  %8" PRIu64 "-%-8" PRIu64, bins[i].number * width,
			       bins[i].number * width + width - 1);
		printf(" %10s %10" PRIu64 "  ", size_format(size, (double)bins[i].bytes, false),
		       bins[i].blocks);
		for (int star = 0; star < (int)(share + 0.5); star++)
			putchar('*');
		putchar('\n');
	}
}

static void print_text(const struct profile *profile, const struct chosen *chosen,
		       const struct snapshot_bin *sums, size_t sum_count,
		       const struct options *options)
{
	const struct snapshot *snapshot = profile->snapshot;
	uint64_t width = snapshot->process.generation_width;
	size_t shown = chosen->count < options->limit ? chosen->count : options->limit;
	char size[SIZE_TEXT];

	text_snapshot("", snapshot);
	printf("survivors by interval of birth (interval, size, count); this snapshot ends "
	       "interval %" PRIu64 "\n",
	       snapshot->process.generation);
	print_bins(sums, sum_count, width);
	if (!chosen->count)
		notes_print_nothing(&options->filters, NULL);
	for (size_t i = 0; i < shown; i++) {
		const struct profile_site *site = &profile->sites[chosen->sites[i]];

		text_site(site);
		printf(": size=%s, count=%" PRIu64 ", survivors of %u interval%s\n",
		       size_format(size, (double)snapshot_live_bytes(site->counters), false),
		       snapshot_live_blocks(site->counters), site->counters->bin_count,
		       site->counters->bin_count == 1 ? "" : "s");
		print_bins(snapshot->bins + site->counters->first_bin, site->counters->bin_count,
			   width);
		if (options->traceback)
			text_traceback(site, options->traceback);
	}
	if (shown < chosen->count)
		printf("%zu more; --limit 0 shows all\n", chosen->count - shown);
}

void generations_view_print(const struct profile *profile, const struct options *options)
{
	struct chosen chosen = choose(profile, &options->filters);
	size_t sum_count;
	struct snapshot_bin *sums = add_up(profile, &chosen, &sum_count);

	if (options->json)
		print_json(profile, &chosen, sums, sum_count, options->limit);
	else
		print_text(profile, &chosen, sums, sum_count, options);
	free(sums);
	free(chosen.sites);
}
