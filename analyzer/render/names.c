/* Names of functions and places: see names.h. */
#include "render/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

/* most bytes of a module's name: a file name has 255, each printed as up to four */
#define MODULE_MAX 1020

struct known_text {
	char *text;
	UT_hash_handle hh;
};

/* Maps a text of a frame to its clean copy. Frames share the texts of their files and modules,
 * so the address is the key. */
struct known_pointer {
	const char *from;
	const char *clean;
	UT_hash_handle hh;
};

struct known_name {
	struct name name;
	/* function, file, module_path */
	const char *key[3];
	size_t number;
	UT_hash_handle hh;
};

struct known_frame {
	const struct frame *frame;
	size_t number;
	UT_hash_handle hh;
};

struct names {
	struct known_text *texts;
	struct known_pointer *pointers;
	struct known_name *table;
	struct known_frame *frames;
	struct known_name **list;
	size_t count, capacity;
};

struct names *names_new(void)
{
	return mem_zeroed(1, sizeof(struct names));
}

void names_free(struct names *names)
{
	struct known_text *text, *next_text;
	struct known_pointer *pointer, *next_pointer;
	struct known_name *name, *next;
	struct known_frame *frame, *next_frame;

	HASH_ITER(hh, names->texts, text, next_text)
	{
		HASH_DEL(names->texts, text);
		free(text->text);
		free(text);
	}
	HASH_ITER(hh, names->pointers, pointer, next_pointer)
	{
		HASH_DEL(names->pointers, pointer);
		free(pointer);
	}
	HASH_ITER(hh, names->table, name, next)
	{
		HASH_DEL(names->table, name);
		free(name);
	}
	HASH_ITER(hh, names->frames, frame, next_frame)
	{
		HASH_DEL(names->frames, frame);
		free(frame);
	}
	free(names->list);
	free(names);
}

/* Takes ownership of `text`. Returns the kept copy, which equals it. */
static const char *keep_text(struct names *names, char *text)
{
	struct known_text *known;

	HASH_FIND_STR(names->texts, text, known);
	if (known) {
		free(text);
		return known->text;
	}
	known = mem_zeroed(1, sizeof *known);
	known->text = text;
	HASH_ADD_KEYPTR(hh, names->texts, known->text, strlen(known->text), known);
	return known->text;
}

static const char *clean_once(struct names *names, const char *text)
{
	struct known_pointer *known;

	if (!text)
		text = "";
	HASH_FIND_PTR(names->pointers, &text, known);
	if (!known) {
		known = mem_zeroed(1, sizeof *known);
		known->from = text;
		known->clean = keep_text(names, utf8_clean(text));
		HASH_ADD_PTR(names->pointers, from, known);
	}
	return known->clean;
}

unsigned names_line(const struct frame *frame)
{
	return frame->file && !frame->from_symtab ? frame->line : 0;
}

static const char *function_of(struct names *names, const struct frame *frame)
{
	char *text;

	if (frame->function && *frame->function)
		return clean_once(names, frame->function);
	if (frame->module)
		text = mem_format("%.*s+0x%" PRIx64, MODULE_MAX, clean_once(names, frame->module),
				  frame->address);
	else
		text = frame->address ? mem_format("0x%" PRIx64, frame->address)
				      : mem_string("[unknown]");
	return keep_text(names, text);
}

static size_t intern(struct names *names, const struct frame *frame)
{
	struct name name = {function_of(names, frame),
			    clean_once(names, frame->from_symtab ? NULL : frame->file),
			    clean_once(names, frame->module),
			    clean_once(names, frame->module_path)};
	const char *key[] = {name.function, name.file, name.module_path};
	struct known_name *known;

	HASH_FIND(hh, names->table, key, sizeof key, known); // NOLINT(clang-analyzer-core.*)
	if (known)
		return known->number;
	known = mem_zeroed(1, sizeof *known);
	known->name = name;
	memcpy(known->key, key, sizeof key);
	known->number = names->count;
	HASH_ADD(hh, names->table, key, sizeof known->key, known);
	MEM_GROW(names->list, names->count, names->capacity); // NOLINT(bugprone-sizeof-expression)
	names->list[names->count++] = known;
	return known->number;
}

size_t names_of(struct names *names, const struct frame *frame)
{
	struct known_frame *known;

	HASH_FIND_PTR(names->frames, &frame, known);
	if (!known) {
		known = mem_zeroed(1, sizeof *known);
		known->frame = frame;
		known->number = intern(names, frame);
		HASH_ADD_PTR(names->frames, frame, known);
	}
	return known->number;
}

const struct name *names_get(const struct names *names, size_t number)
{
	return &names->list[number]->name;
}

size_t names_count(const struct names *names)
{
	return names->count;
}

char *names_place(struct names *names, const struct frame *frame)
{
	const struct name *name = names_get(names, names_of(names, frame));
	const char *slash = strrchr(name->file, '/');

	if (names_line(frame))
		return mem_format("0x%" PRIX64 ": %s (%s:%u)", frame->address, name->function,
				  slash ? slash + 1 : name->file, frame->line);
	if (*name->module_path)
		return mem_format("0x%" PRIX64 ": %s (in %s)", frame->address, name->function,
				  name->module_path);
	return mem_format("0x%" PRIX64 ": %s", frame->address, name->function);
}

char *names_command(const struct snapshot *snapshot)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		abort();
	for (uint64_t i = 0; i < snapshot->argument_count; i++) {
		if (i)
			fputc(' ', file);
		utf8_print(file, snapshot->arguments[i]);
	}
	if (!snapshot->argument_count)
		utf8_print(file, snapshot->executable);
	fclose(file);
	return text;
}

/* Writes what was lost, and how many call stacks are incomplete, unless that is 0. */
static void print_quality(FILE *file, const struct silt_process *process)
{
	if (process->lost_records || process->lost_sites)
		fprintf(file, "; lost: %" PRIu64 " blocks, %" PRIu64 " call stacks",
			process->lost_records, process->lost_sites);
	if (process->tracebacks_cut || process->tracebacks_failed || process->tracebacks_guessed)
		fprintf(file,
			"; of %" PRIu64 " call stacks %" PRIu64 " cut at %u frames, %" PRIu64
			" incomplete, %" PRIu64 " guessed by frame pointer",
			process->tracebacks, process->tracebacks_cut, process->depth,
			process->tracebacks_failed, process->tracebacks_guessed);
}

char *names_title(const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;
	char *text = NULL, size_text[SIZE_TEXT];
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		abort();
	utf8_print(file, snapshot_program(snapshot));
	fprintf(file, " (pid %u), %s", process->pid, snapshot_trigger_name(process->trigger));
	if (*snapshot->label) {
		fputs(" \"", file);
		utf8_print(file, snapshot->label);
		fputc('"', file);
	}
	fprintf(file, ", %.1f s after the start", (double)process->uptime_ns / 1e9);
	if (process->sample_bytes)
		fprintf(file, "; estimates from a sample every %s",
			size_format(size_text, (double)process->sample_bytes, false));
	print_quality(file, process);
	fclose(file);
	return text;
}
