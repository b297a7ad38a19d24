/* Reads the snapshot files of a run one after the other: see run_files.h. */
#include "load/run_files.h"

#include <pthread.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "util/mem.h"

struct file {
	const char *path;
	struct silt_process process;
};

/* A file that is read while the caller works on the one before. */
struct ahead {
	const char *path;
	enum snapshot_extent extent;
	/* NULL: see error */
	struct snapshot *snapshot;
	struct snapshot_error error;
	pthread_t thread;
	bool has_thread;
};

struct run_files {
	struct file *list;
	size_t count;
	/* number of files that run_files_next() has returned */
	size_t taken;
	/* file number `taken`, if there is one */
	struct ahead ahead;
};

/* -- order -- */

uint64_t run_files_time(const struct silt_process *process)
{
	return process->start_unix_ns + process->uptime_ns;
}

int run_files_compare(const struct silt_process *x, const struct silt_process *y)
{
	if (run_files_time(x) != run_files_time(y))
		return run_files_time(x) < run_files_time(y) ? -1 : 1;
	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static int compare_files(const void *a, const void *b)
{
	return run_files_compare(&((const struct file *)a)->process,
				 &((const struct file *)b)->process);
}

/* Returns the files in the order of time, which the caller frees; NULL: one cannot be read. */
static struct file *list_files(char *const *paths, size_t count, struct snapshot_error *error)
{
	struct file *files = mem_zeroed(count, sizeof *files);

	for (size_t i = 0; i < count; i++) {
		files[i].path = paths[i];
		if (!snapshot_peek(paths[i], &files[i].process, error)) {
			free(files);
			return NULL;
		}
	}
	qsort(files, count, sizeof *files, compare_files);
	return files;
}

/* Leaves out files that were taken while the process ended, unless all were. Returns the number of
 * files left. */
static size_t drop_end(struct file *files, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (snapshot_shows_work(&files[i].process))
			files[kept++] = files[i];
	return kept ? kept : count;
}

/* Leaves out the snapshot of the peak, unless it is the only file: it is not an even step of the
 * series, and does not say when its blocks were allocated. Returns the number of files left. */
static size_t drop_peak(struct file *files, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; count > 1 && i < count; i++)
		if (files[i].process.trigger != SILT_TRIGGER_PEAK)
			files[kept++] = files[i];
	return kept ? kept : count;
}

/* -- reading ahead -- */

static void *read_file(void *argument)
{
	struct ahead *ahead = argument;

	ahead->snapshot = snapshot_load_part(ahead->path, ahead->extent, &ahead->error);
	return NULL;
}

static void read_ahead(struct ahead *ahead, const char *path, enum snapshot_extent extent)
{
	*ahead = (struct ahead){.path = path, .extent = extent};
	ahead->has_thread = pthread_create(&ahead->thread, NULL, read_file, ahead) == 0;
	if (!ahead->has_thread)
		read_file(ahead);
}

/* Starts to read file number `taken`, if there is one. */
static void begin_next(struct run_files *files)
{
	if (files->taken < files->count)
		read_ahead(&files->ahead, files->list[files->taken].path,
			   files->taken + 1 < files->count ? SNAPSHOT_COUNTERS : SNAPSHOT_WHOLE);
}

static void wait_for(struct ahead *ahead)
{
	if (ahead->has_thread)
		pthread_join(ahead->thread, NULL);
	ahead->has_thread = false;
}

struct run_files *run_files_open(char *const *paths, size_t count, bool with_end,
				 struct snapshot_error *error)
{
	struct file *list = list_files(paths, count, error);
	struct run_files *files;

	if (!list)
		return NULL;
	count = drop_peak(list, count);
	if (!with_end)
		count = drop_end(list, count);
	files = mem_zeroed(1, sizeof *files);
	files->list = list;
	files->count = count;
	begin_next(files);
	return files;
}

size_t run_files_count(const struct run_files *files)
{
	return files->count;
}

struct snapshot *run_files_next(struct run_files *files, struct snapshot_error *error)
{
	struct snapshot *snapshot;

	wait_for(&files->ahead);
	snapshot = files->ahead.snapshot;
	if (!snapshot)
		*error = files->ahead.error;
	files->ahead.snapshot = NULL;
	files->taken++;
	if (snapshot)
		begin_next(files);
	return snapshot;
}

void run_files_close(struct run_files *files)
{
	wait_for(&files->ahead);
	snapshot_free(files->ahead.snapshot);
	free(files->list);
	free(files);
}
