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
#include "load/sections.h"
#include "util/mem.h"
#include "util/spare.h"

/* A file may be several programs, which differ by the symbolic link that starts them. Replaces the
 * path of the program's file by that of the link, if the link still leads to the file. */
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
	if (envelope_check(&reader) && sections_read(&reader) && mapped_section_read(&reader) &&
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

/* Reads until `data`, which has `from` bytes already, has `size` bytes or the file ends. Returns
 * the number of bytes in `data`; -1: see errno. */
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

/* Reads a file of reader->size bytes, and corrects reader->size if it ends early. Returns its
 * contents, which the caller gives to spare_give(); NULL and an error if it cannot. Checks the
 * header first: a huge file that is not a snapshot costs neither memory nor time. */
static unsigned char *read_whole(struct reader *reader, int fd)
{
	unsigned char start[sizeof(struct silt_header)], *data = NULL;
	int64_t size = read_up_to(fd, start, 0, sizeof start);

	if (size >= 0 && !envelope_check_header(reader, start, (uint64_t)size))
		return NULL;
	if (size >= 0) {
		data = spare_reuse(reader->size);
		if (!data)
			/* an eighth more: the next snapshot, which gets this memory, is often
			 * larger */
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

/* Opens a regular file, and stores its size in reader->size. Returns its descriptor; -1 and an
 * error if it cannot. */
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
	struct snapshot named = {.path = (char *)path};
	struct reader reader = {.snapshot = &named, .error = error};
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
	struct snapshot named = {.path = (char *)path}, *whole;
	struct reader reader = {.snapshot = &named, .error = error};
	int fd = open_file(&reader, path);
	bool good;

	if (fd < 0)
		return false;
	good = envelope_peek(&reader, fd, SILT_SECTION_PROCESS, process, sizeof *process);
	close(fd);
	if (good)
		return true;
	/* loading it says what is wrong */
	whole = snapshot_load(path, error);
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

/* Frees everything but the struct. */
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
