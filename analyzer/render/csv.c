/*
 * Writes comma-separated values, RFC 4180: see exports.h.
 * Must not: apply a rule of diagnosis.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"
#include "model/statistics.h"
#include "render/exports.h"
#include "render/names.h"
#include "symbolize/frame.h"

/* Spreadsheets take a cell that begins with one of these for a formula, even in quotes. */
static const char formula_starts[] = "=+-@\t\r\n";

/* Writes text in quotes, so that no name is taken for a number and no comma ends it. A name that
 * a spreadsheet would run as a formula gets an apostrophe in front, which marks it as text. */
static void write_text(FILE *file, const char *text)
{
	fputc('"', file);
	if (*text && strchr(formula_starts, *text))
		fputc('\'', file);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

static void write_traceback(FILE *file, struct names *names, const struct profile_site *site)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		abort();
	for (uint32_t i = 0; i < site->frame_count; i++) {
		const struct frame *frame = site->frames[i];
		const struct name *name = names_get(names, names_of(names, frame));

		fprintf(memory, "%s%s", i ? " <- " : "", name->function);
		if (names_line(frame))
			fprintf(memory, " (%s:%u)", name->file, frame->line);
		else if (*name->module)
			fprintf(memory, " (%s)", name->module);
	}
	fclose(memory);
	write_text(file, text);
	free(text);
}

static void write_signed(FILE *file, uint64_t new, uint64_t old)
{
	fprintf(file, ",%" PRId64, (int64_t)(new - old));
}

/* Writes the key's columns; columns that are not part of the key stay empty. */
static void write_key(FILE *file, struct names *names, const struct frame *frame,
		      enum statistics_key key)
{
	const struct name *name = names_get(names, names_of(names, frame));
	bool place = key == KEY_LINE || key == KEY_TRACEBACK;

	write_text(file, place || key == KEY_FUNCTION ? name->function : "");
	fputc(',', file);
	write_text(file, key == KEY_MODULE ? "" : name->file);
	fputc(',', file);
	if (place && names_line(frame))
		fprintf(file, "%u", frame->line);
	fputc(',', file);
	write_text(file, name->module_path);
}

void csv_write(FILE *file, const struct statistics *statistics, bool difference)
{
	struct names *names = names_new();

	fprintf(file,
		"function,file,line,module,size%s,count%s,total_bytes%s,total_blocks%s,freed_"
		"blocks%s,temporary_blocks%s%s\r\n",
		difference ? ",size_diff" : "", difference ? ",count_diff" : "",
		difference ? ",total_bytes_diff" : "", difference ? ",total_blocks_diff" : "",
		difference ? ",freed_blocks_diff" : "", difference ? ",temporary_blocks_diff" : "",
		difference ? ",traceback" : ",size_standard_error,count_standard_error,traceback");
	for (size_t i = 0; i < statistics->count; i++) {
		const struct statistic *s = &statistics->list[i];
		const uint64_t figures[][2] = {{s->new.size, s->old.size},
					       {s->new.count, s->old.count},
					       {s->new.total_bytes, s->old.total_bytes},
					       {s->new.total_blocks, s->old.total_blocks},
					       {s->new.freed_blocks, s->old.freed_blocks},
					       {s->new.temporary_blocks, s->old.temporary_blocks}};

		write_key(file, names, s->frame, statistics->key);
		for (size_t figure = 0; figure < sizeof figures / sizeof figures[0]; figure++) {
			fprintf(file, ",%" PRIu64, figures[figure][0]);
			if (difference)
				write_signed(file, figures[figure][0], figures[figure][1]);
		}
		if (!difference)
			fprintf(file, ",%.9g,%.9g", sqrt(s->new.size_variance),
				sqrt(s->new.count_variance));
		fputc(',', file);
		write_traceback(file, names, s->example);
		fputs("\r\n", file);
	}
	names_free(names);
}
