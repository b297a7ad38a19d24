/* Sums up what each line of a source file allocates: see lines.h. */
#include "model/lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "load/snapshot.h"
#include "model/filter.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "symbolize/frame.h"
#include "util/mem.h"

struct builder {
	struct lines *lines;
	size_t capacity;
	/* by line number: index in the list + 1 */
	uint32_t *index;
	unsigned highest;
};

static struct lines_line *line_of(struct builder *builder, const struct frame *frame)
{
	struct lines *lines = builder->lines;

	if (frame->line > builder->highest) {
		unsigned highest =
			frame->line > builder->highest * 2 ? frame->line : builder->highest * 2;

		builder->index =
			mem_resize(builder->index, (size_t)highest + 1, sizeof *builder->index);
		memset(builder->index + builder->highest + 1, 0,
		       (highest - builder->highest) * sizeof *builder->index);
		builder->highest = highest;
	}
	if (!builder->index[frame->line]) {
		MEM_GROW(lines->list, lines->count, builder->capacity);
		lines->list[lines->count++] =
			(struct lines_line){.line = frame->line, .function = frame->function};
		builder->index[frame->line] = (uint32_t)lines->count;
	}
	return &lines->list[builder->index[frame->line] - 1];
}

/* debug information may have any number; a higher one is not a line number */
#define LINE_HIGHEST 16000000u

static bool is_in(const struct frame *frame, const char *file)
{
	return statistics_has_line(frame) && frame->line && frame->line <= LINE_HIGHEST &&
	       (frame->file == file || strcmp(frame->file, file) == 0);
}

static bool seen_before(const struct profile_site *site, uint32_t frame)
{
	for (uint32_t i = 0; i < frame; i++)
		if (site->frames[i]->line == site->frames[frame]->line &&
		    is_in(site->frames[i], site->frames[frame]->file))
			return true;
	return false;
}

static void count_profile(struct builder *builder, const char *file, const struct profile *profile,
			  const struct filter_list *filters, bool is_old)
{
	for (uint64_t i = 0; i < profile->site_count; i++) {
		const struct profile_site *site = &profile->sites[i];
		const struct snapshot_site *counters = site->counters;

		if (!filter_keeps(filters, site))
			continue;
		for (uint32_t frame = 0; frame < site->frame_count; frame++) {
			struct lines_figures *figures;
			struct lines_line *line;

			if (!is_in(site->frames[frame], file))
				continue;
			line = line_of(builder, site->frames[frame]);
			figures = is_old ? &line->old : &line->new;
			builder->lines->module_path = site->frames[frame]->module_path;
			if (frame == site->blamed) {
				figures->size += snapshot_live_bytes(counters);
				figures->count += snapshot_live_blocks(counters);
				figures->total_bytes += counters->total_bytes;
				figures->total_blocks += counters->total_blocks;
			}
			if (!seen_before(site, frame)) {
				figures->through_size += snapshot_live_bytes(counters);
				figures->through_count += snapshot_live_blocks(counters);
			}
		}
	}
}

static int compare_lines(const void *a, const void *b)
{
	const struct lines_line *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

struct lines *lines_new(const char *file, const struct profile *old, const struct profile *new,
			const struct filter_list *filters)
{
	struct builder builder = {.lines = mem_zeroed(1, sizeof *builder.lines)};

	builder.index = mem_zeroed(1, sizeof *builder.index);
	if (old)
		count_profile(&builder, file, old, filters, true);
	count_profile(&builder, file, new, filters, false);
	free(builder.index);
	if (builder.lines->count)
		qsort(builder.lines->list, builder.lines->count, sizeof *builder.lines->list,
		      compare_lines);
	return builder.lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	free(lines->list);
	free(lines);
}

/* -- which file -- */

static bool same_on_disk(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool may_mean(const char *file, const char *name)
{
	size_t length = strlen(file), end;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	end = strlen(name);
	if (length > end && file[length - end - 1] == '/' && strcmp(file + length - end, name) == 0)
		return true;
	return strcmp(file, name) == 0 || same_on_disk(file, name);
}

struct files {
	const char **list;
	size_t count, capacity;
};

static bool has(const struct files *files, const char *file)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->list[i], file) == 0)
			return true;
	return false;
}

static void add_file(struct files *files, const char *file)
{
	MEM_GROW(files->list, files->count, files->capacity); // NOLINT(bugprone-sizeof-expression)
	files->list[files->count++] = file;
}

const char **lines_files(const struct profile *profile, const char *name)
{
	/* files that `name` may mean, and files that it cannot mean */
	struct files files = {0}, others = {0};
	const char *equal = NULL;

	for (uint64_t i = 0; i < profile->site_count; i++) {
		for (uint32_t k = 0; k < profile->sites[i].frame_count; k++) {
			const struct frame *frame = profile->sites[i].frames[k];

			if (!statistics_has_line(frame) || has(&files, frame->file) ||
			    has(&others, frame->file))
				continue;
			add_file(may_mean(frame->file, name) ? &files : &others, frame->file);
			if (strcmp(frame->file, name) == 0)
				equal = frame->file;
		}
	}
	free(others.list);
	if (equal) {
		files.count = 0;
		add_file(&files, equal);
	}
	add_file(&files, NULL);
	return files.list;
}
