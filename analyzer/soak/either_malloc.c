/* A program that may use an allocator of its own: see either_malloc.h. */
#include "soak/either_malloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "load/program.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

#define MUCH_MEMORY (16ull << 20) /* more than stacks and data of a small program */
#define PARTS 4			  /* one snapshot of each part of a run is read */

/* NULL: the program has no such allocator */
static char *file;
static const char *allocator;

void either_malloc_note(const struct program *program)
{
	free(file);
	file = mem_string(program->file);
	allocator = program->allocator;
}

/* Bytes of the process's own memory that neither malloc's heap nor the library has. */
static uint64_t beyond_malloc(const struct silt_process *process)
{
	/* 0 where the allocator's figures were not read */
	uint64_t heap = process->heap_arena_bytes + process->heap_mapped_bytes, known;

	known = process->overhead_bytes + (heap > process->live_bytes ? heap : process->live_bytes);
	return process->anonymous_rss_bytes > known ? process->anonymous_rss_bytes - known : 0;
}

static bool is_since(const char *run, const struct timespec *since)
{
	struct stat status;

	return stat(run, &status) == 0 && (status.st_mtim.tv_sec > since->tv_sec ||
					   (status.st_mtim.tv_sec == since->tv_sec &&
					    status.st_mtim.tv_nsec >= since->tv_nsec));
}

/* The most of that in some snapshots of a run of the program, and all of which it is a part; 0: it
 * is not the larger part, or not much. */
static uint64_t beyond_malloc_of(const char *path, uint64_t *all)
{
	struct snapshot_error error;
	struct run_dir *run = run_dir_open(path, &error);
	uint64_t most = 0;

	for (size_t part = 1; run && part <= PARTS; part++) {
		struct snapshot *snapshot =
			snapshot_load(run->snapshots[(run->count - 1) * part / PARTS], &error);
		bool same = snapshot && strcmp(snapshot->executable, file) == 0;
		uint64_t beyond = same ? beyond_malloc(&snapshot->process) : 0;

		if (beyond > most) {
			most = beyond;
			*all = snapshot->process.anonymous_rss_bytes -
			       snapshot->process.overhead_bytes;
		}
		snapshot_free(snapshot);
		if (!same)
			break;
	}
	run_dir_free(run);
	return most > MUCH_MEMORY && most > *all / 2 ? most : 0;
}

bool either_malloc_tell(const char *command, const char *name, const char *out,
			const struct timespec *since)
{
	struct snapshot_error error;
	size_t count = 0;
	char **runs = file ? run_dir_all(out, &count, &error) : NULL, sizes[2][SIZE_TEXT];
	uint64_t beyond = 0, all = 0;

	for (size_t i = 0; i < count; i++) {
		if (!beyond && is_since(runs[i], since))
			beyond = beyond_malloc_of(runs[i], &all);
		free(runs[i]);
	}
	free(runs);
	if (!beyond)
		return false;
	fprintf(stderr, "silt %s: ", command);
	utf8_print(stderr, name);
	fprintf(stderr,
		": %s of its %s are mappings of its own: silt sees these, not the pieces that it "
		"cuts from them (it has %s built in)\n"
		"  let it use malloc, if it can (CPython: PYTHONMALLOC=malloc), or link the "
		"allocator as a shared library\n",
		size_format(sizes[0], (double)beyond, false),
		size_format(sizes[1], (double)all, false), allocator);
	return true;
}
