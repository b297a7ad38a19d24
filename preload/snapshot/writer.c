/*
 * Writes snapshot files: see snapshot/writer.h.
 * Must not: stop a thread, call malloc or stdio, use thread-local storage.
 */
#include "snapshot/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "annotations/annotations.h"
#include "base/arch.h"
#include "base/bytes.h"
#include "base/rt.h"
#include "record/counters.h"
#include "record/earlier.h"
#include "record/frees.h"
#include "record/sites.h"
#include "record/track.h"
#include "silt_assert.h"
#include "snapshot/file.h"
#include "snapshot/mappings.h"
#include "snapshot/survivors.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

/* -- sections -- */

/* All that is gathered for a snapshot. */
struct gathered {
	const struct snapshot_process *process;
	const struct snapshot_cause *cause;
	struct snapshot_file file;
	/* by site, from 1 to site_count */
	struct counters_sum *sums;
	uint32_t site_count, node_count, pc_count, module_count;
	uint32_t c_libraries;
	uint64_t generation;
	struct survivors survivors;
	uint64_t overhead;
	/* by site: index in the section of sites; UINT32_MAX: not there */
	uint32_t *record_of;
	struct silt_process totals;
};

static uint64_t unit_blocks(uint64_t blocks)
{
	return track_sample_bytes ? (blocks + COUNTERS_SAMPLED_UNIT / 2) / COUNTERS_SAMPLED_UNIT
				  : blocks;
}

static uint64_t since_start(const struct gathered *g, uint64_t ns)
{
	return ns > g->process->start_ns ? ns - g->process->start_ns : 0;
}

static void write_bins(struct gathered *g, uint32_t site)
{
	struct survivors_bin *sorted[SURVIVORS_MAX_BINS + 1];
	uint32_t count = 0, previous = 0;

	for (uint32_t i = g->survivors.first ? g->survivors.first[site] : 0;
	     i && count <= SURVIVORS_MAX_BINS; i = g->survivors.bins[i - 1].next) {
		struct survivors_bin *bin = &g->survivors.bins[i - 1];
		uint32_t at = count++;

		for (; at > 0 && sorted[at - 1]->number > bin->number; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = bin;
	}
	bytes_varint(&g->file.bytes, count);
	for (uint32_t i = 0; i < count; i++) {
		bytes_varint(&g->file.bytes, sorted[i]->number - previous);
		bytes_varint(&g->file.bytes, unit_blocks(sorted[i]->blocks));
		bytes_varint(&g->file.bytes, sorted[i]->bytes);
		previous = sorted[i]->number;
	}
}

static void write_site(struct gathered *g, uint32_t number, uint32_t *previous_node)
{
	const struct site *site = sites_get(number);
	struct counters_sum *sum = &g->sums[number];
	struct bytes *out = &g->file.bytes;
	uint64_t first = since_start(g, site->first_ns), last = since_start(g, sum->last_ns);
	uint64_t blocks = unit_blocks(sum->alloc_blocks), freed = unit_blocks(sum->free_blocks);
	uint32_t flags = site->flags | (sum->peak_is_bound ? SILT_SITE_PEAK_BOUND : 0);

	if (freed > blocks)
		freed = blocks;
	bytes_zigzag(out, (int64_t)site->node - *previous_node);
	*previous_node = site->node;
	bytes_varint(out, flags);
	bytes_varint(out, site->depth);
	bytes_varint(out, blocks);
	bytes_varint(out, sum->alloc_bytes);
	bytes_varint(out, freed);
	bytes_varint(out, sum->free_bytes);
	bytes_varint(out, sum->peak_bytes);
	bytes_varint(out, first);
	/* `last` is read from the clock of the last tick, which lags behind that of `first` */
	bytes_varint(out, last > first ? last - first : 0);
	bytes_varint(out, sum->min_size);
	bytes_varint(out, sum->max_size > sum->min_size ? sum->max_size - sum->min_size : 0);
	write_bins(g, number);
	if (track_sample_bytes) {
		bytes_varint(out, sum->sampled);
		bytes_varint(out,
			     sum->sampled - (sum->sampled_freed < sum->sampled ? sum->sampled_freed
									       : sum->sampled));
	}
	g->totals.total_blocks += blocks;
	g->totals.total_bytes += sum->alloc_bytes;
	g->totals.freed_blocks += freed;
	g->totals.freed_bytes += sum->free_bytes;
	g->totals.tracebacks++;
	g->totals.tracebacks_cut += flags & SILT_SITE_CUT ? 1 : 0;
	g->totals.tracebacks_failed += flags & SILT_SITE_FAILED ? 1 : 0;
	g->totals.tracebacks_guessed += flags & SILT_SITE_GUESSED ? 1 : 0;
}

static void write_sites(struct gathered *g)
{
	uint32_t previous_node = 0;
	uint64_t count = 0;

	snapshot_file_begin(&g->file, SILT_SECTION_SITES, 0);
	for (uint32_t i = 1; i <= g->site_count; i++) {
		g->record_of[i] = UINT32_MAX;
		if (g->sums[i].alloc_blocks == 0)
			continue; /* not used since the counters were cleared */
		write_site(g, i, &previous_node);
		g->record_of[i] = (uint32_t)count++;
	}
	snapshot_file_end(&g->file, count);
}

static void write_temporary(struct gathered *g)
{
	uint32_t previous = 0;
	uint64_t count = 0;

	snapshot_file_begin(&g->file, SILT_SECTION_TEMPORARY, 0);
	for (uint32_t i = 1; i <= g->site_count; i++) {
		uint64_t temporary = unit_blocks(g->sums[i].temporary),
			 freed = unit_blocks(g->sums[i].free_blocks);

		if (g->record_of[i] == UINT32_MAX)
			continue;
		if (temporary > freed) /* the two are read a moment apart */
			temporary = freed;
		if (temporary == 0)
			continue;
		bytes_varint(&g->file.bytes, g->record_of[i] - previous);
		bytes_varint(&g->file.bytes, temporary);
		previous = g->record_of[i];
		count++;
	}
	snapshot_file_end(&g->file, count);
}

static void write_freed(struct gathered *g)
{
	uint32_t previous = 0;
	uint64_t count = 0;

	snapshot_file_begin(&g->file, SILT_SECTION_FREED, 0);
	for (uint32_t i = 1; i <= g->site_count; i++) {
		const struct frees_record *record =
			g->record_of[i] == UINT32_MAX ? NULL : frees_of(i);

		for (; record; record = frees_next(record)) {
			uint32_t samples = atomic_load(&record->samples);

			/* Not used since the counters were cleared, or newer than this snapshot. */
			if (samples == 0 || record->stack > g->site_count)
				continue;
			bytes_varint(&g->file.bytes, g->record_of[i] - previous);
			bytes_varint(&g->file.bytes, sites_get(record->stack)->node);
			bytes_varint(&g->file.bytes, record->how);
			bytes_varint(&g->file.bytes, samples);
			bytes_varint(&g->file.bytes, atomic_load(&record->weight));
			previous = g->record_of[i];
			count++;
		}
	}
	snapshot_file_end(&g->file, count);
}

static void write_nodes(struct gathered *g)
{
	snapshot_file_begin(&g->file, SILT_SECTION_NODES, 0);
	for (uint32_t i = 1; i <= g->node_count; i++) {
		const struct sites_node *node = sites_node(i);

		bytes_varint(&g->file.bytes, i - node->parent);
		bytes_varint(&g->file.bytes, node->pc);
	}
	snapshot_file_end(&g->file, g->node_count);
}

static void write_pcs(struct gathered *g)
{
	uintptr_t previous = 0;

	snapshot_file_begin(&g->file, SILT_SECTION_PCS, 0);
	for (uint32_t i = 0; i < g->pc_count; i++) {
		const struct rules_pc *pc = rules_pc(i);
		uint64_t module = pc->module == MODULES_NONE ? 0 : pc->module + 1ul;

		bytes_varint(&g->file.bytes, module << 1 | pc->exact);
		bytes_zigzag(&g->file.bytes, (int64_t)(pc->address - previous));
		previous = pc->address;
	}
	snapshot_file_end(&g->file, g->pc_count);
}

static void write_modules(struct gathered *g)
{
	snapshot_file_begin(&g->file, SILT_SECTION_MODULES, sizeof(struct silt_module));
	for (uint32_t i = 0; i < g->module_count; i++) {
		const struct module *module = modules_get(i);
		struct silt_module record = {
			.start = module->start,
			.end = module->end,
			.bias = module->bias,
			.text_start = module->text_start,
			.text_size = module->text_size,
			.text_offset = module->text_offset,
			.seen_ns = since_start(g, module->seen_ns),
			.unloaded_ns =
				module->unloaded_ns ? since_start(g, module->unloaded_ns) : 0,
			.path = snapshot_file_string(&g->file, module->path),
			.build_id = snapshot_file_bytes(&g->file, module->build_id,
							module->build_id_size),
			.flags = module->flags,
		};

		bytes_add(&g->file.bytes, &record, sizeof record);
	}
	snapshot_file_end(&g->file, g->module_count);
}

static void write_arguments(struct gathered *g)
{
	const char *at = g->process->arguments, *end = at + g->process->arguments_size;
	uint64_t count = 0;

	snapshot_file_begin(&g->file, SILT_SECTION_ARGUMENTS, sizeof(struct silt_string));
	for (; at < end; count++) {
		const char *stop = memchr(at, 0, (size_t)(end - at));
		struct silt_string string =
			snapshot_file_bytes(&g->file, at, (size_t)((stop ? stop : end) - at));

		bytes_add(&g->file.bytes, &string, sizeof string);
		at = (stop ? stop : end) + 1;
	}
	snapshot_file_end(&g->file, count);
}

static void read_kernel_figures(struct gathered *g)
{
	char path[64], status[2048];
	struct rt_text text = {path, sizeof path, 0};

	if (g->cause->peak)
		return; /* of that moment they are not known */

	rt_text(&text, "/proc/");
	rt_text_number(&text, g->process->pid);
	rt_text(&text, "/status");
	if (rt_read_file(path, status, sizeof status) <= 0 || !rt_field(status, "\nVmRSS:")) {
		g->totals.rss_bytes = g->process->rss_bytes;
		g->totals.anonymous_rss_bytes = g->process->anonymous_rss_bytes;
		return;
	}
	g->totals.rss_bytes = rt_field(status, "\nVmRSS:") * 1024;
	g->totals.anonymous_rss_bytes = rt_field(status, "\nRssAnon:") * 1024;
	g->totals.peak_rss_bytes = rt_field(status, "\nVmHWM:") * 1024;
	g->totals.virtual_bytes = rt_field(status, "\nVmSize:") * 1024;
	g->totals.threads = (uint32_t)rt_field(status, "\nThreads:");
	g->totals.ppid = (uint32_t)rt_field(status, "\nPPid:");
}

/* What the library has lost, and the limits that its figures are subject to. */
static void fill_losses(struct gathered *g)
{
	const struct snapshot_process *process = g->process;
	struct silt_process *totals = &g->totals;

	totals->overhead_bytes = g->overhead;
	totals->lost_records = track_lost_records();
	totals->lost_sites = sites_lost();
	totals->lost_snapshots = process->lost_snapshots;
	totals->lost_errno = process->lost_errno;
	totals->children_not_recorded = process->children_not_recorded;
	totals->unknown_frees = track_unknown_frees();
	totals->untraced_modules = modules_lost();
	totals->memory_limit_bytes = rt_memory_limit == UINT64_MAX ? 0 : rt_memory_limit;
	totals->memory_reached_ns =
		rt_memory_refused_ns() ? since_start(g, rt_memory_refused_ns()) + 1 : 0;
	totals->gaps = atomic_load(&track_gaps);
}

/* The C library's figures of its heap, and those of the blocks found. */
static void fill_heap(struct gathered *g)
{
	const struct snapshot_process *process = g->process;
	struct silt_process *totals = &g->totals;

	totals->heap_time_ns = process->heap_ns ? since_start(g, process->heap_ns) : 0;
	totals->heap_arena_bytes = process->heap.arena_bytes;
	totals->heap_mapped_bytes = process->heap.mapped_bytes;
	totals->heap_used_bytes = process->heap.used_bytes;
	totals->heap_free_bytes = process->heap.free_bytes;
	totals->heap_free_chunks = process->heap.free_chunks;
	totals->heap_trimmable_bytes = process->heap.trimmable_bytes;
	totals->heap_books_bytes = process->heap_recorded;
	totals->heap_scanned_bytes = g->survivors.bytes;
	totals->heap_least_bytes = g->survivors.least_bytes;
	totals->heap_most_bytes = g->survivors.most_bytes;
}

static void tell_moment(struct gathered *g)
{
	const struct peak *peak = g->cause->peak;

	g->totals.start_unix_ns = g->process->start_unix_ns;
	g->totals.time_unix_ns = peak ? peak->unix_ns : rt_unix_ns();
	g->totals.uptime_ns = since_start(g, peak ? peak->ns : rt_monotonic_ns());
	g->totals.iterations = peak ? peak->iterations : atomic_load(&track_iterations);
}

static void write_process(struct gathered *g)
{
	const struct snapshot_process *process = g->process;
	struct silt_process *totals = &g->totals;
	uint64_t live, peak;

	read_kernel_figures(g);
	counters_totals(&live, &peak);
	tell_moment(g);
	totals->sequence = g->cause->sequence;
	totals->trigger = g->cause->trigger;
	totals->pid = process->pid;
	totals->label = snapshot_file_string(&g->file, g->cause->label);
	totals->executable =
		snapshot_file_string(&g->file, g->module_count ? modules_get(0)->path : "");
	totals->directory = snapshot_file_string(&g->file, process->directory);
	totals->host = snapshot_file_string(&g->file, process->host);
	totals->version = snapshot_file_string(&g->file, process->version ? process->version : "");
	totals->sample_bytes = track_sample_bytes;
	totals->depth = unwind_depth;
	totals->allocator = process->allocator;
	totals->live_bytes = totals->total_bytes - totals->freed_bytes;
	totals->live_blocks = totals->total_blocks - totals->freed_blocks;
	totals->peak_live_bytes = peak > totals->live_bytes ? peak : totals->live_bytes;
	totals->generation = g->generation;
	totals->generation_width = g->survivors.width;
	fill_heap(g);
	fill_losses(g);
	totals->c_libraries = g->c_libraries;
	totals->earlier = earlier_status(&totals->earlier_blocks, &totals->earlier_bytes);
	totals->threads_at_once = track_threads_at_once();
	totals->machine = ARCH_MACHINE;
	totals->page_size = (uint32_t)rt_page_size();
	if (process->end_ns) {
		/* + 1, since 0 means that the end has not begun */
		totals->end_ns = since_start(g, process->end_ns) + 1;
		totals->end_generation = process->end_generation;
		totals->end_sequence = process->end_sequence;
		totals->end_cause = process->end_cause;
	}
	snapshot_file_begin(&g->file, SILT_SECTION_PROCESS, sizeof *totals);
	bytes_add(&g->file.bytes, totals, sizeof *totals);
	snapshot_file_end(&g->file, 1);
}

#ifdef SILT_DEBUG
/* True if live blocks = allocated - freed, to within the one block at which a signal handler may
 * have interrupted, or if other threads or losses make the comparison void. */
static bool adds_up(const struct gathered *g)
{
	uint64_t live = 0;

	if (rt_is_helper() || track_sample_bytes || track_threads_at_once() > 1 ||
	    atomic_load(&track_gaps) || track_lost_records())
		return true;
	for (uint32_t i = 1; i <= g->site_count; i++)
		live += g->sums[i].alloc_blocks - g->sums[i].free_blocks;
	return live + 1 - g->survivors.blocks <= 2;
}
#endif

/* Counts what there is now. False: no memory. */
static bool count_now(struct gathered *g)
{
	g->sums = rt_map_for(RT_BRIEF, (g->site_count + 1ul) * sizeof *g->sums);
	if (!g->sums || !survivors_start(&g->survivors, g->site_count, g->generation))
		return false;
	counters_sum(g->sums, g->site_count);
	survivors_count(&g->survivors);
	SILT_ASSERT(adds_up(g));
	return !g->survivors.failed;
}

/* Reads the sites first, then what they refer to, which was complete before each site was added. */
static bool gather(struct gathered *g)
{
	const struct peak *peak = g->cause->peak;

	g->generation = g->cause->generation;
	g->overhead = rt_resident();
	g->site_count = peak ? peak->site_count : sites_count();
	g->record_of = rt_map_for(RT_BRIEF, (g->site_count + 1ul) * sizeof *g->record_of);
	if (peak)
		g->sums = (struct counters_sum *)peak->sums;
	if (!g->record_of || (!peak && !count_now(g)))
		return false;
	if (g->cause->graph)
		g->cause->graph->build(g->cause->graph->argument);
	g->node_count = sites_node_count();
	g->pc_count = rules_pc_count();
	g->module_count = modules_count();
	return true;
}

static void discard(struct gathered *g)
{
	if (g->sums && !g->cause->peak)
		rt_unmap(g->sums, (g->site_count + 1ul) * sizeof *g->sums);
	if (g->record_of)
		rt_unmap(g->record_of, (g->site_count + 1ul) * sizeof *g->record_of);
	survivors_free(&g->survivors);
	bytes_free(&g->file.bytes);
	bytes_free(&g->file.strings);
}

static void write_graph(struct gathered *g)
{
	if (g->cause->graph) {
		g->cause->graph->write(g->cause->graph->argument, &g->file, g->record_of,
				       g->site_count);
	} else if (g->cause->graph_outcome) {
		snapshot_file_begin(&g->file, SILT_SECTION_GRAPH, sizeof *g->cause->graph_outcome);
		bytes_add(&g->file.bytes, g->cause->graph_outcome, sizeof *g->cause->graph_outcome);
		snapshot_file_end(&g->file, 1);
	}
}

long snapshot_write(const struct snapshot_process *process, const struct snapshot_cause *cause,
		    int directory, const char *name)
{
	static const struct silt_header placeholder;
	struct gathered g = {.process = process, .cause = cause};
	long result = -ENOMEM;

	if (gather(&g)) {
		bytes_add(&g.file.bytes, &placeholder, sizeof placeholder);
		write_sites(&g);
		write_temporary(&g);
		if (!cause->peak) {
			write_freed(&g);
			mappings_write_mapped(&g.file, g.site_count);
			write_graph(&g);
		}
		write_nodes(&g);
		write_pcs(&g);
		write_modules(&g);
		write_arguments(&g);
		if (!cause->peak)
			g.c_libraries = mappings_write(&g.file, process->pid);
		write_process(&g);
		snapshot_file_finish(&g.file);
		if (!g.file.bytes.failed && !g.file.strings.failed)
			result = snapshot_file_write(&g.file, directory, name);
	}
	discard(&g);
	return result;
}
