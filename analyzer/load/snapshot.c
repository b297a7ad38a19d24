/* The one reader of snapshot files: see snapshot.h. */
#include "load/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/envelope.h"
#include "load/graph.h"
#include "load/mapped.h"
#include "load/reader.h"
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

/* -- all -- */

/* A program that was started by a symbolic link, as one file may be several programs, is known by
 * the link's name: where the link is still there, its path stands for the file's. */
static void name_as_called(struct snapshot *snapshot)
{
	char *path = snapshot->module_count ? snapshot->modules[0].path : NULL;
	const char *called = snapshot->argument_count ? snapshot->arguments[0] : "",
		   *name = snapshot_program(snapshot);
	const char *slash = path ? strrchr(path, '/') : NULL;
	char *link, *real;

	if (!slash || !name[0] || strcmp(slash + 1, name) == 0)
		return;
	link = called[0] == '/' ? mem_string(called)
				: mem_format("%.*s/%s", (int)(slash - path), path, name);
	real = realpath(link, NULL);
	if (real && strcmp(real, path) == 0) {
		snapshot->modules[0].path = link;
		free(path);
	} else {
		free(link);
	}
	free(real);
}

static struct snapshot *parse(const char *path, unsigned char *data, uint64_t size,
			      enum snapshot_extent extent, struct snapshot_error *error)
{
	struct snapshot *snapshot = mem_zeroed(1, sizeof *snapshot);
	struct reader reader = {.snapshot = snapshot, .error = error, .size = size};

	snapshot->path = mem_string(path);
	snapshot->data = data;
	snapshot->size = size;
	if (envelope_check(&reader) && read_process(&reader) && read_arguments(&reader) &&
	    read_modules(&reader) && read_mappings(&reader) && read_pcs(&reader) &&
	    read_nodes(&reader) && check_depth(&reader) && read_sites(&reader) &&
	    read_temporary(&reader) && read_freed(&reader) && mapped_section_read(&reader) &&
	    graph_sections_read(&reader, extent)) {
		name_as_called(snapshot);
		return snapshot;
	}
	snapshot_free(snapshot);
	return NULL;
}

struct snapshot *snapshot_parse(const char *path, const void *data, uint64_t size,
				struct snapshot_error *error)
{
	unsigned char *copy = mem_alloc(size);

	if (size)
		memcpy(copy, data, size);
	return parse(path, copy, size, SNAPSHOT_WHOLE, error);
}

/* Reads on until `size` bytes are there or the file ends; the bytes that are there, or -1 and
 * errno. */
static int64_t read_up_to(int fd, unsigned char *data, uint64_t from, uint64_t size)
{
	while (from < size) {
		ssize_t n = read(fd, data + from, (size_t)(size - from));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		from += (uint64_t)n;
	}
	return (int64_t)from;
}

/* The header is looked at first: a huge file that is no snapshot takes neither memory nor time. */
static unsigned char *read_whole(struct reader *reader, int fd)
{
	unsigned char start[sizeof(struct silt_header)], *data = NULL;
	int64_t size = read_up_to(fd, start, 0, sizeof start);

	if (size >= 0 && !envelope_check_header(reader, start, (uint64_t)size))
		return NULL;
	if (size >= 0) {
		data = spare_reuse(reader->size);
		if (!data)
			/* with room for the next one, which may be larger */
			data = malloc(reader->size + reader->size / 8);
		if (!data) {
			reader_fail(reader, "no memory for its %" PRIu64 " bytes", reader->size);
			return NULL;
		}
		memcpy(data, start, (size_t)size);
		size = read_up_to(fd, data, (uint64_t)size, reader->size);
	}
	if (size < 0) {
		reader_fail(reader, "%s", strerror(errno));
		free(data);
		return NULL;
	}
	reader->size = (uint64_t)size;
	return data;
}

/* A descriptor of a file to read a snapshot from, its size in the reader; -1: it is not a
 * snapshot, which a message says. */
static int open_file(struct reader *reader, const char *path)
{
	struct stat status;
	/* O_NONBLOCK: opening a FIFO would wait for its other end */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &status) < 0) {
		reader_fail(reader, "%s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		reader_fail(reader, "%s, not a snapshot file",
			    S_ISDIR(status.st_mode)    ? "a directory"
			    : S_ISFIFO(status.st_mode) ? "a FIFO"
						       : "not a regular file");
	} else {
		reader->size = (uint64_t)status.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

struct snapshot *snapshot_load_part(const char *path, enum snapshot_extent extent,
				    struct snapshot_error *error)
{
	struct snapshot nobody = {.path = (char *)path};
	struct reader reader = {.snapshot = &nobody, .error = error};
	int fd = open_file(&reader, path);
	unsigned char *data = fd >= 0 ? read_whole(&reader, fd) : NULL;

	if (fd >= 0)
		close(fd);
	return data ? parse(path, data, reader.size, extent, error) : NULL;
}

struct snapshot *snapshot_load(const char *path, struct snapshot_error *error)
{
	return snapshot_load_part(path, SNAPSHOT_WHOLE, error);
}

bool snapshot_peek(const char *path, struct silt_process *process, struct snapshot_error *error)
{
	struct snapshot nobody = {.path = (char *)path}, *whole;
	struct reader reader = {.snapshot = &nobody, .error = error};
	int fd = open_file(&reader, path);
	bool good;

	if (fd < 0)
		return false;
	good = envelope_peek(&reader, fd, SILT_SECTION_PROCESS, process, sizeof *process);
	close(fd);
	if (good)
		return true;
	whole = snapshot_load(path, error); /* says what is wrong */
	if (whole)
		*process = whole->process;
	snapshot_free(whole);
	return whole;
}

void snapshot_shed(struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->module_count; i++)
		free(snapshot->modules[i].path);
	free(snapshot->modules);
	spare_give(snapshot->pcs);
	spare_give(snapshot->nodes);
	spare_give(snapshot->sites);
	spare_give(snapshot->bins);
	free(snapshot->freed);
	spare_give(snapshot->data);
	snapshot->modules = NULL;
	snapshot->pcs = NULL;
	snapshot->nodes = NULL;
	snapshot->sites = NULL;
	snapshot->bins = NULL;
	snapshot->freed = NULL;
	snapshot->data = NULL;
	snapshot->module_count = snapshot->pc_count = snapshot->node_count = snapshot->site_count =
		snapshot->bin_count = snapshot->freed_count = 0;
	graph_sections_shed(&snapshot->graph);
}

/* All but the struct itself. */
static void free_contents(struct snapshot *snapshot)
{
	snapshot_shed(snapshot);
	graph_sections_free(&snapshot->graph);
	for (uint64_t i = 0; i < snapshot->argument_count; i++)
		free(snapshot->arguments[i]);
	free(snapshot->arguments);
	for (uint64_t i = 0; i < snapshot->mapping_count; i++)
		free(snapshot->mappings[i].name);
	free(snapshot->mappings);
	free(snapshot->mapped);
	free(snapshot->unmappers);
	free(snapshot->label);
	free(snapshot->executable);
	free(snapshot->directory);
	free(snapshot->host);
	free(snapshot->version);
	free(snapshot->path);
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free_contents(snapshot);
	free(snapshot);
}

void snapshot_replace(struct snapshot *snapshot, struct snapshot *from)
{
	free_contents(snapshot);
	*snapshot = *from;
	free(from);
}

const char *snapshot_trigger_name(uint32_t trigger)
{
	static const char *const names[] = {"?",      "exit",	 "interval", "growth",
					    "signal", "request", "call",     "killed",
					    "ending", "memory",	 "peak"};

	return trigger < sizeof names / sizeof names[0] ? names[trigger] : "?";
}

char *snapshot_build_id(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		char *text;

		if (!(module->flags & SILT_MODULE_EXECUTABLE))
			continue;
		text = mem_zeroed((size_t)module->build_id_size * 2 + 1, 1);
		for (uint32_t byte = 0; byte < module->build_id_size; byte++)
			sprintf(text + (size_t)byte * 2, "%02x", module->build_id[byte]);
		return text;
	}
	return mem_string("");
}

bool snapshot_shows_work(const struct silt_process *process)
{
	switch (process->trigger) {
	case SILT_TRIGGER_ENDING:
		return true;
	case SILT_TRIGGER_EXIT:
		return process->end_cause == SILT_END_SUDDEN;
	case SILT_TRIGGER_KILLED:
		return false;
	default:
		return process->end_ns == 0;
	}
}

const char *snapshot_program(const struct snapshot *snapshot)
{
	const char *program =
		snapshot->argument_count ? snapshot->arguments[0] : snapshot->executable;
	const char *slash = strrchr(program, '/');

	return slash ? slash + 1 : program;
}
