/* Reads the sections of a snapshot file about the process and its call sites: see sections.h. */
#include "load/sections.h"

#include <inttypes.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/spare.h"

/* -- fixed records -- */

static bool read_process(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	struct silt_process *process = &snapshot->process;

	if (!reader_check_records(reader, SILT_SECTION_PROCESS))
		return false;
	if (reader->sections[SILT_SECTION_PROCESS]->count != 1)
		return reader_damaged(reader, "section process has no record");
	reader_record(reader, SILT_SECTION_PROCESS, 0, process, sizeof *process);
	if (process->freed_blocks > process->total_blocks ||
	    process->freed_bytes > process->total_bytes)
		return reader_damaged(reader, "section process counts more freed than allocated");
	if (process->generation_width == 0)
		process->generation_width = 1;
	return reader_string(reader, process->label, "the label", &snapshot->label) &&
	       reader_string(reader, process->executable, "the executable",
			     &snapshot->executable) &&
	       reader_string(reader, process->directory, "the directory", &snapshot->directory) &&
	       reader_string(reader, process->host, "the host", &snapshot->host) &&
	       reader_string(reader, process->version, "the version", &snapshot->version);
}

static bool read_arguments(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t budget = reader->size * 16;

	if (!reader_check_records(reader, SILT_SECTION_ARGUMENTS))
		return false;
	snapshot->arguments = mem_zeroed(reader->sections[SILT_SECTION_ARGUMENTS]->count + 1,
					 sizeof *snapshot->arguments);
	for (; snapshot->argument_count < reader->sections[SILT_SECTION_ARGUMENTS]->count;
	     snapshot->argument_count++) {
		struct silt_string string;

		reader_record(reader, SILT_SECTION_ARGUMENTS, snapshot->argument_count, &string,
			      sizeof string);
		if (!reader_within_budget(reader, &budget, string.length) ||
		    !reader_string(reader, string, "an argument",
				   &snapshot->arguments[snapshot->argument_count]))
			return false;
	}
	return true;
}

static bool read_modules(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t budget = reader->size * 16;

	if (!reader_check_records(reader, SILT_SECTION_MODULES))
		return false;
	snapshot->modules = mem_zeroed(reader->sections[SILT_SECTION_MODULES]->count,
				       sizeof *snapshot->modules);
	for (; snapshot->module_count < reader->sections[SILT_SECTION_MODULES]->count;
	     snapshot->module_count++) {
		struct snapshot_module *module = &snapshot->modules[snapshot->module_count];
		struct silt_module record;

		reader_record(reader, SILT_SECTION_MODULES, snapshot->module_count, &record,
			      sizeof record);
		*module = (struct snapshot_module){
			.start = record.start,
			.end = record.end,
			.bias = record.bias,
			.text_start = record.text_start,
			.text_size = record.text_size,
			.text_offset = record.text_offset,
			.seen_ns = record.seen_ns,
			.unloaded_ns = record.unloaded_ns,
			.build_id = reader_string_bytes(reader, record.build_id, "a build id"),
			.build_id_size = record.build_id.length,
			.flags = record.flags,
		};
		if (!module->build_id ||
		    !reader_within_budget(reader, &budget, record.path.length) ||
		    !reader_string(reader, record.path, "a module's path", &module->path))
			return false;
	}
	return true;
}

static bool read_mappings(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t budget = reader->size * 16, count;

	if (!reader->sections[SILT_SECTION_MAPPINGS])
		return true;
	if (!reader_check_records(reader, SILT_SECTION_MAPPINGS))
		return false;
	count = reader->sections[SILT_SECTION_MAPPINGS]->count;
	snapshot->mappings = mem_zeroed(count + 1, sizeof *snapshot->mappings);
	for (; snapshot->mapping_count < count; snapshot->mapping_count++) {
		struct snapshot_mapping *mapping = &snapshot->mappings[snapshot->mapping_count];

		reader_record(reader, SILT_SECTION_MAPPINGS, snapshot->mapping_count,
			      &mapping->record, sizeof mapping->record);
		if (!reader_within_budget(reader, &budget, mapping->record.name.length) ||
		    !reader_string(reader, mapping->record.name, "a mapping", &mapping->name))
			return false;
	}
	return true;
}

static bool read_pcs(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t address = 0;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_PCS, 2, &v))
		return false;
	snapshot->pc_count = reader->sections[SILT_SECTION_PCS]->count;
	snapshot->pcs = spare_take(snapshot->pc_count, sizeof *snapshot->pcs);
	for (; v.record < snapshot->pc_count && !v.bad; v.record++) {
		uint64_t module = reader_next(&v);

		address += reader_next_zigzag(&v);
		if (!v.bad && module >> 1 > snapshot->module_count)
			return reader_fail_at(&v, "no such module");
		snapshot->pcs[v.record] = (struct snapshot_pc){
			address, module >> 1 ? (uint32_t)((module >> 1) - 1) : SNAPSHOT_NO_MODULE,
			module & 1};
	}
	return reader_close(&v);
}

static bool read_nodes(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_NODES, 2, &v))
		return false;
	snapshot->node_count = reader->sections[SILT_SECTION_NODES]->count;
	snapshot->nodes = spare_take(snapshot->node_count + 1, sizeof *snapshot->nodes);
	snapshot->nodes[0] = (struct snapshot_node){0, 0};
	for (; v.record < snapshot->node_count && !v.bad; v.record++) {
		uint64_t back = reader_next(&v), pc = reader_next(&v), number = v.record + 1;

		if (!v.bad && (back == 0 || back > number))
			return reader_fail_at(&v, "a caller that is not an earlier node");
		if (!v.bad && pc >= snapshot->pc_count)
			return reader_fail_at(&v, "no such pc");
		snapshot->nodes[number] =
			(struct snapshot_node){(uint32_t)(number - back), (uint32_t)pc};
	}
	return reader_close(&v);
}

/* Room for that many more; doubled, as one site follows the other. */
static struct snapshot_bin *room_for_bins(struct snapshot *snapshot, uint64_t count,
					  uint64_t *capacity)
{
	if (*capacity - snapshot->bin_count < count) {
		*capacity = 2 * *capacity + count;
		snapshot->bins = mem_resize(snapshot->bins, *capacity, sizeof *snapshot->bins);
	}
	return snapshot->bins + snapshot->bin_count;
}

static bool read_bins(struct reader_varints *v, struct snapshot_site *site, uint64_t *capacity)
{
	struct snapshot *snapshot = v->reader->snapshot;
	uint64_t count = reader_next(v), number = 0;
	struct snapshot_bin *bins;

	if (count > (uint64_t)(v->end - v->at) / 3)
		return reader_fail_at(v, "more generation bins than bytes");
	site->first_bin = snapshot->bin_count;
	site->bin_count = (uint32_t)count;
	if (count == 0)
		return !v->bad;
	bins = room_for_bins(snapshot, count, capacity);
	for (uint64_t i = 0; i < count && !v->bad; i++) {
		uint64_t step = reader_next(v), blocks = reader_next(v), bytes = reader_next(v);

		if (!v->bad &&
		    ((i > 0 && step == 0) || __builtin_add_overflow(number, step, &number)))
			return reader_fail_at(v, "generation bins out of order");
		bins[i] = (struct snapshot_bin){number, blocks, bytes};
	}
	snapshot->bin_count += count;
	return !v->bad;
}

static bool read_site(struct reader_varints *v, struct snapshot_site *site, uint64_t *node,
		      uint64_t *capacity)
{
	struct snapshot *snapshot = v->reader->snapshot;

	*site = (struct snapshot_site){0};
	*node += reader_next_zigzag(v);
	site->flags = (uint32_t)reader_next(v);
	site->depth = reader_next(v);
	site->total_blocks = reader_next(v);
	site->total_bytes = reader_next(v);
	site->freed_blocks = reader_next(v);
	site->freed_bytes = reader_next(v);
	site->peak_live_bytes = reader_next(v);
	site->first_ns = reader_next(v);
	site->last_ns = site->first_ns + reader_next(v);
	site->min_size = reader_next(v);
	site->max_size = site->min_size + reader_next(v);
	if (v->bad)
		return false;
	if (*node > snapshot->node_count)
		return reader_fail_at(v, "no such node");
	if (site->freed_blocks > site->total_blocks || site->freed_bytes > site->total_bytes)
		return reader_fail_at(v, "more freed than allocated");
	if (site->last_ns < site->first_ns || site->max_size < site->min_size)
		return reader_fail_at(v, "a number above 2^64-1");
	site->node = (uint32_t)*node;
	if (!read_bins(v, site, capacity))
		return false;
	if (snapshot->process.sample_bytes) {
		site->sampled_blocks = reader_next(v);
		site->sampled_live_blocks = reader_next(v);
	}
	return !v->bad;
}

/* Of the section, about: as many as there is room for at first. */
#define BYTES_A_BIN 4u

static bool read_sites(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	const struct silt_section *section = reader->sections[SILT_SECTION_SITES];
	uint64_t node = 0, capacity;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_SITES, 13, &v))
		return false;
	snapshot->site_count = section->count;
	snapshot->sites = spare_take(snapshot->site_count, sizeof *snapshot->sites);
	capacity = section->size / BYTES_A_BIN;
	snapshot->bins = spare_take(capacity, sizeof *snapshot->bins);
	for (; v.record < snapshot->site_count; v.record++)
		if (!read_site(&v, &snapshot->sites[v.record], &node, &capacity))
			return false;
	return reader_close(&v);
}

static bool read_temporary(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t record = 0;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_TEMPORARY])
		return true; /* written before there was one */
	if (!reader_open(reader, SILT_SECTION_TEMPORARY, 2, &v))
		return false;
	for (; v.record < reader->sections[SILT_SECTION_TEMPORARY]->count; v.record++) {
		record += reader_next(&v);
		if (record >= snapshot->site_count)
			return reader_fail_at(&v, "no such site");
		snapshot->sites[record].temporary_blocks = reader_next(&v);
		if (v.bad)
			return false;
		if (snapshot->sites[record].temporary_blocks > snapshot->sites[record].freed_blocks)
			return reader_fail_at(&v, "more temporary blocks than freed ones");
	}
	return reader_close(&v);
}

static bool read_freed(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t record = 0, count;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_FREED])
		return true; /* written before there was one */
	if (!reader_open(reader, SILT_SECTION_FREED, 5, &v))
		return false;
	count = reader->sections[SILT_SECTION_FREED]->count;
	snapshot->has_freed = true;
	snapshot->freed = mem_zeroed(count + 1, sizeof *snapshot->freed);
	for (; v.record < count && !v.bad; v.record++) {
		uint64_t step = reader_next(&v), node = reader_next(&v), how = reader_next(&v);
		uint64_t samples = reader_next(&v), weight = reader_next(&v);

		if (!v.bad &&
		    (step >= snapshot->site_count || record + step >= snapshot->site_count))
			return reader_fail_at(&v, "no such site");
		if (!v.bad && node > snapshot->node_count)
			return reader_fail_at(&v, "no such node");
		record += step;
		snapshot->freed[v.record] = (struct snapshot_freed){
			(uint32_t)record, (uint32_t)node, (uint32_t)how, samples, weight};
		snapshot->freed_count = v.record + 1;
	}
	return reader_close(&v);
}

/* A file of many nodes in one chain would make every traceback of it long. */
static bool check_depth(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint16_t *depth = mem_zeroed(snapshot->node_count + 1, sizeof *depth);
	bool good = true;

	for (uint64_t i = 1; i <= snapshot->node_count && good; i++) {
		depth[i] = (uint16_t)(depth[snapshot->nodes[i].parent] + 1);
		if (depth[i] > SILT_MAX_DEPTH)
			good = reader_damaged(reader,
					      "section nodes, record %" PRIu64
					      ": a traceback of more than %u frames",
					      i - 1, SILT_MAX_DEPTH);
	}
	free(depth);
	return good;
}

bool sections_read(struct reader *reader)
{
	return read_process(reader) && read_arguments(reader) && read_modules(reader) &&
	       read_mappings(reader) && read_pcs(reader) && read_nodes(reader) &&
	       check_depth(reader) && read_sites(reader) && read_temporary(reader) &&
	       read_freed(reader);
}
