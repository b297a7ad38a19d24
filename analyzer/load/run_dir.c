/* Finds run directories: see run_dir.h. */
#include "load/run_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "silt_snapshot.h"
#include "util/mem.h"

struct entry {
	char *path;
	unsigned long long sequence;
};

struct listing {
	struct entry *snapshots;
	size_t count, capacity;
	/* names */
	char **directories;
	size_t directory_count, directory_capacity;
	/* some entries cannot be examined */
	bool closed;
};

bool run_dir_is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Returns true if the name is that of a finished snapshot: digits and ".silt". */
static bool is_snapshot(const char *name, unsigned long long *sequence)
{
	size_t digits = strspn(name, "0123456789");

	if (digits == 0 || digits > 18 || strcmp(name + digits, ".silt") != 0)
		return false;
	*sequence = strtoull(name, NULL, 10);
	return true;
}

unsigned long long run_dir_sequence(const char *snapshot)
{
	const char *slash = strrchr(snapshot, '/');

	return strtoull(slash ? slash + 1 : snapshot, NULL, 10);
}

char *run_dir_peak(const char *snapshot)
{
	const char *slash = strrchr(snapshot, '/');

	return mem_format("%.*s" SILT_PEAK_FILE, slash ? (int)(slash + 1 - snapshot) : 0, snapshot);
}

static bool list(const char *path, struct listing *listing)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory)
		return false;
	while ((entry = readdir(directory))) {
		unsigned long long sequence;
		char *full;

		if (entry->d_name[0] == '.')
			continue;
		full = mem_format("%s/%s", path, entry->d_name);
		if (is_snapshot(entry->d_name, &sequence)) {
			MEM_GROW(listing->snapshots, listing->count, listing->capacity);
			listing->snapshots[listing->count++] = (struct entry){full, sequence};
			continue;
		}
		errno = 0;
		if (run_dir_is_directory(full)) {
			MEM_GROW(listing->directories, listing->directory_count,
				 listing->directory_capacity);
			listing->directories[listing->directory_count++] = full;
			continue;
		}
		listing->closed = listing->closed || errno == EACCES;
		free(full);
	}
	closedir(directory);
	return true;
}

static void free_listing(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->snapshots[i].path);
	for (size_t i = 0; i < listing->directory_count; i++)
		free(listing->directories[i]);
	free(listing->snapshots);
	free(listing->directories);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool holds_snapshots(const char *path)
{
	struct listing inner = {0};
	bool holds = list(path, &inner) && inner.count > 0;

	free_listing(&inner);
	return holds;
}

static void explain_many(const char *path, struct listing *listing, size_t runs,
			 struct snapshot_error *error)
{
	size_t length = (size_t)snprintf(error->text, sizeof error->text,
					 "%.150s: holds %zu runs; name one of them:", path, runs);

	qsort(listing->directories, listing->directory_count, sizeof *listing->directories,
	      compare_names);
	for (size_t i = 0; i < listing->directory_count; i++) {
		const char *name = strrchr(listing->directories[i], '/') + 1;

		if (!holds_snapshots(listing->directories[i]))
			continue;
		if (length + strlen(name) + 6 > sizeof error->text) {
			strcpy(error->text + length, " ...");
			return;
		}
		length += (size_t)sprintf(error->text + length, " %s", name);
	}
}

static struct run_dir *make_run(const char *path, struct listing *listing)
{
	struct run_dir *run = mem_zeroed(1, sizeof *run);

	qsort(listing->snapshots, listing->count, sizeof *listing->snapshots, compare_entries);
	run->path = mem_string(path);
	run->count = listing->count;
	run->snapshots = mem_zeroed(listing->count, sizeof *run->snapshots);
	for (size_t i = 0; i < listing->count; i++) {
		run->snapshots[i] = listing->snapshots[i].path;
		listing->snapshots[i].path = NULL;
	}
	return run;
}

struct run_dir *run_dir_open(const char *path, struct snapshot_error *error)
{
	struct listing listing = {0};
	struct run_dir *run = NULL;
	size_t runs = 0, only = 0;

	if (!list(path, &listing)) {
		snprintf(error->text, sizeof error->text, "%.200s: %s", path, strerror(errno));
		return NULL;
	}
	if (listing.count > 0) {
		run = make_run(path, &listing);
		goto out;
	}
	for (size_t i = 0; i < listing.directory_count; i++) {
		if (holds_snapshots(listing.directories[i])) {
			runs++;
			only = i;
		}
	}
	if (runs == 1)
		run = run_dir_open(listing.directories[only], error);
	else if (runs == 0)
		snprintf(error->text, sizeof error->text,
			 "%.200s: no snapshots (NNNN.silt) in this directory or the runs in it",
			 path);
	else
		explain_many(path, &listing, runs, error);
out:
	free_listing(&listing);
	return run;
}

#define DEEPEST 8 /* levels of folders within folders */

struct found {
	char **runs;
	size_t count, capacity;
	/* about the first directory that cannot be read */
	struct snapshot_error *error;
	/* errno of that error; 0: none */
	int cause;
};

static void cannot_read(struct found *found, const char *path, int cause)
{
	if (found->cause || cause == ENOENT) /* a directory may be removed while it is searched */
		return;
	found->cause = cause;
	snprintf(found->error->text, sizeof found->error->text, "%.200s: %s", path,
		 strerror(cause));
}

static void add_run(struct found *found, const char *path)
{
	MEM_GROW(found->runs, found->count, found->capacity); // NOLINT(bugprone-sizeof-expression)
	found->runs[found->count++] = mem_string(path);
}

/* A run directory may contain others: of children of a process that gave up the right to make
 * directories beside its own. */
static void find_all(const char *path, unsigned depth, struct found *found)
{
	struct listing listing = {0};

	if (!list(path, &listing)) {
		cannot_read(found, path, errno);
	} else if (listing.closed && !listing.count) {
		cannot_read(found, path, EACCES);
	} else if (depth < DEEPEST) {
		if (listing.count)
			add_run(found, path);
		if (listing.directory_count)
			qsort(listing.directories, listing.directory_count, sizeof(char *),
			      compare_names);
		for (size_t i = 0; i < listing.directory_count; i++)
			find_all(listing.directories[i], depth + 1, found);
	}
	free_listing(&listing);
}

char **run_dir_all(const char *path, size_t *count, struct snapshot_error *error)
{
	struct found found = {.error = error};
	struct stat status;

	error->text[0] = 0;
	if (stat(path, &status) != 0) {
		found.cause = errno;
		snprintf(error->text, sizeof error->text, "%.200s: %s", path, strerror(errno));
	} else if (!S_ISDIR(status.st_mode)) {
		found.cause = ENOTDIR;
		snprintf(error->text, sizeof error->text,
			 "%.200s: a run directory is needed, or a folder of them", path);
	} else {
		find_all(path, 0, &found);
	}
	if (!found.count && !found.cause)
		snprintf(error->text, sizeof error->text,
			 "%.200s: no snapshots (NNNN.silt) in this directory or below it", path);
	*count = found.count;
	errno = found.cause;
	return found.runs;
}

size_t run_dir_below(const char *path)
{
	struct snapshot_error error;
	size_t count;
	char **runs = run_dir_all(path, &count, &error);

	for (size_t i = 0; i < count; i++)
		free(runs[i]);
	free(runs);
	return error.text[0] ? 0 : count;
}

/* Returns when the last snapshot was written, in nanoseconds since the epoch; 0: unknown. */
static uint64_t written_ns(const char *path)
{
	struct snapshot_error error;
	struct run_dir *run = run_dir_open(path, &error);
	struct stat status;
	uint64_t ns = 0;

	if (run && stat(run->snapshots[run->count - 1], &status) == 0)
		ns = (uint64_t)status.st_mtim.tv_sec * 1000000000u +
		     (uint64_t)status.st_mtim.tv_nsec;
	run_dir_free(run);
	return ns;
}

char *run_dir_newest(const char *path, struct snapshot_error *error)
{
	uint64_t newest = 0;
	char *found = NULL;
	size_t count;
	char **runs = run_dir_all(path, &count, error);

	for (size_t i = 0; i < count; i++) {
		uint64_t ns = written_ns(runs[i]);

		if (!found || ns > newest) {
			free(found);
			found = runs[i];
			newest = ns;
		} else {
			free(runs[i]);
		}
	}
	free(runs);
	return found;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

char *run_dir_program(const char *path, uint32_t *pid)
{
	char *name = mem_string(base_name(path));
	char *end = name + strlen(name);

	if (pid)
		*pid = 0;
	end -= end > name && end[-1] == '/';
	for (int numbers = 0; numbers < 2; numbers++) {
		char *dot = end;

		while (dot > name && isdigit((unsigned char)dot[-1]))
			dot--;
		if (dot == end || dot - 1 <= name || dot[-1] != '.')
			break;
		if (pid)
			*pid = (uint32_t)strtoul(dot, NULL, 10);
		end = dot - 1;
	}
	*end = 0;
	return name;
}

void run_dir_free(struct run_dir *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->count; i++)
		free(run->snapshots[i]);
	free(run->snapshots);
	free(run->path);
	free(run);
}
