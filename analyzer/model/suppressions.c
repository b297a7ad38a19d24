/*
 * Suppressions in LeakSanitizer's or Valgrind's syntax: see suppressions.h.
 * Called by commands/check.c.
 * Must not: know what a finding is.
 */
#include "model/suppressions.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* -- reading -- */

static char *trim(char *line)
{
	char *end;

	while (isspace((unsigned char)*line))
		line++;
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = 0;
	return line;
}

static struct suppression *add(struct suppressions *suppressions, const char *path, unsigned line,
			       bool valgrind)
{
	MEM_GROW(suppressions->list, suppressions->count, suppressions->capacity);
	suppressions->list[suppressions->count] =
		(struct suppression){.file = mem_string(path), .line = line, .valgrind = valgrind};
	return &suppressions->list[suppressions->count++];
}

static void add_frame(struct suppression *suppression, const char *text)
{
	MEM_GROW(suppression->frames, suppression->frame_count, suppression->frame_capacity);
	suppression->frames[suppression->frame_count++] = mem_string(text);
}

static void drop(struct suppressions *suppressions)
{
	struct suppression *last = &suppressions->list[--suppressions->count];

	for (size_t i = 0; i < last->frame_count; i++)
		free(last->frames[i]);
	free(last->frames);
	free(last->name);
	free(last->file);
}

/* A line within a block: false if it says nothing that Valgrind would. */
static bool take_block_line(struct suppression *block, const char *line, unsigned number_in_block, bool *leak)
{
	if (number_in_block == 1) {
		block->name = mem_string(line);
		return true;
	}
	if (number_in_block == 2) {
		const char *colon = strchr(line, ':');

		*leak = colon && strcmp(colon + 1, "Leak") == 0;
		return colon != NULL;
	}
	if (strncmp(line, "match-leak-kinds:", 17) == 0)
		return true; /* silt's leaks are definite ones */
	if (strcmp(line, "...") != 0 && strncmp(line, "fun:", 4) != 0 && strncmp(line, "obj:", 4) != 0 &&
	    strncmp(line, "src:", 4) != 0)
		return !*leak; /* other errors have lines of their own */
	add_frame(block, line);
	return true;
}

static bool read_lines(struct suppressions *suppressions, FILE *file, const char *path, char *error,
		       size_t size)
{
	char *text = NULL;
	size_t capacity = 0;
	unsigned number = 0, in_block = 0;
	bool leak = false, good = true;

	while (good && getline(&text, &capacity, file) >= 0) {
		char *line = trim(text);

		number++;
		if (!*line || *line == '#')
			continue;
		if (in_block && strcmp(line, "}") == 0) {
			if (!leak || !suppressions->list[suppressions->count - 1].frame_count)
				drop(suppressions);
			in_block = 0;
		} else if (in_block) {
			good = take_block_line(&suppressions->list[suppressions->count - 1], line, in_block++,
					       &leak);
		} else if (strcmp(line, "{") == 0) {
			add(suppressions, path, number, true);
			in_block = 1;
			leak = false;
		} else if (strncmp(line, "leak:", 5) == 0 && line[5]) {
			struct suppression *suppression = add(suppressions, path, number, false);

			suppression->name = mem_string(line);
			add_frame(suppression, line + 5);
		} else {
			good = strchr(line, ':') != NULL && line[0] != ':'; /* another sanitizer's */
		}
		if (!good)
			snprintf(error, size,
				 "%s:%u: \"%.60s\" is neither leak:PATTERN (LeakSanitizer) nor part of a "
				 "block in braces (Valgrind)",
				 path, number, line);
	}
	free(text);
	if (good && in_block) {
		snprintf(error, size, "%s:%u: the block that begins here lacks its \"}\"", path,
			 suppressions->list[suppressions->count - 1].line);
		good = false;
	}
	return good;
}

bool suppressions_read(struct suppressions *suppressions, const char *path, char *error, size_t error_size)
{
	FILE *file = fopen(path, "re");
	bool good;

	if (!file) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return false;
	}
	good = read_lines(suppressions, file, path, error, error_size);
	fclose(file);
	return good;
}

void suppressions_free(struct suppressions *suppressions)
{
	while (suppressions->count)
		drop(suppressions);
	free(suppressions->list);
	*suppressions = (struct suppressions){0};
}

/* -- matching -- */

static bool found_in(const char *pattern, const char *text)
{
	size_t length = strlen(pattern);
	bool from_start = pattern[0] == '^', to_end = length && pattern[length - 1] == '$';
	char *glob;
	bool found;

	if (!text)
		return false;
	glob = mem_format("%s%.*s%s", from_start ? "" : "*",
			  (int)(length - from_start - (to_end && length > from_start)), pattern + from_start,
			  to_end ? "" : "*");
	found = fnmatch(glob, text, FNM_NOESCAPE) == 0;
	free(glob);
	return found;
}

static bool lsan_matches(const char *pattern, const struct profile_site *site)
{
	for (uint32_t i = 0; i < site->frame_count; i++)
		if (found_in(pattern, site->frames[i]->function) ||
		    found_in(pattern, site->frames[i]->file) ||
		    found_in(pattern, site->frames[i]->module_path))
			return true;
	return false;
}

static bool frame_matches(const char *line, const struct frame *frame)
{
	const char *text = strncmp(line, "fun:", 4) == 0   ? frame->function
			   : strncmp(line, "obj:", 4) == 0 ? frame->module_path
							   : frame->file;

	return text ? fnmatch(line + 4, text, FNM_NOESCAPE) == 0 : strcmp(line + 4, "*") == 0;
}

static bool frames_match(const struct suppression *block, size_t line, const struct profile_site *site,
			 uint32_t frame)
{
	for (; line < block->frame_count; line++, frame++) {
		if (strcmp(block->frames[line], "...") == 0) {
			for (uint32_t next = frame; next <= site->frame_count; next++)
				if (frames_match(block, line + 1, site, next))
					return true;
			return false;
		}
		if (frame >= site->frame_count || !frame_matches(block->frames[line], site->frames[frame]))
			return false;
	}
	return true;
}

/* Under Valgrind the allocator itself is the innermost frame, here it is its caller. */
static bool names_allocator(const char *line)
{
	static const char *const names[] = {"malloc",	      "calloc",	       "realloc", "memalign",
					    "posix_memalign", "aligned_alloc", "_Zn*",	  "operator new*"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(line, "fun:", 4) == 0 && fnmatch(names[i], line + 4, FNM_NOESCAPE) == 0)
			return true;
	return false;
}

static bool valgrind_matches(const struct suppression *block, const struct profile_site *site)
{
	return frames_match(block, 0, site, 0) ||
	       (names_allocator(block->frames[0]) && frames_match(block, 1, site, 0));
}

struct suppression *suppressions_find(struct suppressions *suppressions, const struct profile_site *site)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *suppression = &suppressions->list[i];

		if (!(suppression->valgrind ? valgrind_matches(suppression, site)
					    : lsan_matches(suppression->frames[0], site)))
			continue;
		suppression->used++;
		return suppression;
	}
	return NULL;
}

/* -- writing -- */

static void write_frame(FILE *file, const struct frame *frame)
{
	if (frame->function)
		fprintf(file, "   fun:%s\n", frame->function);
	else if (frame->module_path)
		fprintf(file, "   obj:%s\n", frame->module_path);
	else
		fputs("   obj:*\n", file);
}

void suppressions_write(FILE *file, const struct profile_site *site, bool valgrind, const char *name)
{
	const struct frame *blamed = site->frames[site->blamed];

	if (!valgrind) {
		const char *text = blamed->function ? blamed->function : blamed->module;

		fprintf(file, "leak:%s%s%s\n", blamed->function ? "^" : "", text ? text : "*",
			blamed->function ? "$" : "");
		return;
	}
	fprintf(file, "{\n   %s\n   Memcheck:Leak\n   ...\n", name);
	for (uint32_t i = site->blamed; i < site->frame_count && i < site->blamed + 4; i++)
		write_frame(file, site->frames[i]);
	fputs("   ...\n}\n", file);
}
