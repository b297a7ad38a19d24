/*
 * Prints notes beside a result: see notes.h.
 */
#include "render/notes.h"

#include <stdio.h>
#include <string.h>

#include "model/blame.h"
#include "model/wrappers.h"
#include "symbolize/symbolize.h"
#include "util/utf8.h"

void notes_print(struct profile_context *context)
{
	const char *note;

	for (size_t i = 0; (note = symbolizer_note(profile_context_symbolizer(context), i)); i++) {
		fputs("silt: ", stderr);
		utf8_print(stderr, note);
		fputc('\n', stderr);
	}
}

/* Prints an argument of --skip, quoted for a shell. */
static void print_argument(const char *name)
{
	bool plain = !name[strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:")];

	fputs(plain ? " --skip " : " --skip '", stderr);
	utf8_print(stderr, name);
	if (!plain)
		fputc('\'', stderr);
}

void notes_print_allocators(const struct profile *profile, const struct filter_list *filters,
			    const struct blame *blame)
{
	struct wrappers found;

	if (blame->nothing_skipped)
		return;
	wrappers_find(profile, filters, &found);
	if (!found.count)
		return;
	fputs("silt: ", stderr);
	for (size_t i = 0; i < found.count; i++) {
		fputs(i == 0 ? "" : i + 1 < found.count ? ", " : " and ", stderr);
		utf8_print(stderr, found.names[i]);
	}
	fprintf(stderr, " look%s like %s of the program's own (%.0f%% of the live bytes);",
		found.count == 1 ? "s" : "", found.count == 1 ? "an allocator" : "allocators",
		found.share * 100);
	for (size_t i = 0; i < found.count; i++)
		print_argument(found.names[i]);
	fprintf(stderr, " blames %s\n", found.count == 1 ? "its callers" : "their callers");
}

void notes_print_nothing(const struct filter_list *filters, const char *others)
{
	fputs(filters->count || others ? "nothing matches" : "nothing to show", stdout);
	for (size_t i = 0; i < filters->count; i++) {
		fputs(filters->filters[i].inclusive ? " --include " : " --exclude ", stdout);
		utf8_print(stdout, filters->filters[i].pattern);
		if (filters->filters[i].line)
			printf(":%u", filters->filters[i].line);
	}
	if (others)
		printf(" %s", others);
	if (filters->count && !filters->all_frames)
		fputs(" (blamed frames only; --all-frames looks at every frame)", stdout);
	putchar('\n');
}
