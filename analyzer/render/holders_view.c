/*
 * Prints who holds the live blocks as text, and chooses what all formats show: see holders_view.h.
 */
#include "render/holders_view.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/filter.h"
#include "model/profile.h"
#include "render/notes.h"
#include "render/text.h"
#include "silt_snapshot.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

static bool allocated_by(const struct profile_site *site, const char *function)
{
	for (uint32_t i = 0; i < site->frame_count; i++)
		if (site->frames[i]->function &&
		    fnmatch(function, site->frames[i]->function, 0) == 0)
			return true;
	return false;
}

static bool path_wanted(const struct holders_view *view, const struct holder_path *path)
{
	return filter_keeps(&view->options->filters, path->site) &&
	       (!view->sites.count || filter_keeps(&view->sites, path->site)) &&
	       (!view->function || allocated_by(path->site, view->function));
}

static bool narrowed(const struct holders_view *view)
{
	return view->sites.count || view->function || view->options->filters.count;
}

size_t holders_view_next_path(const struct holders_view *view, const struct holder *holder,
			      size_t from)
{
	while (from < holder->path_count && !path_wanted(view, &holder->paths[from]))
		from++;
	return from;
}

const struct holder *holders_view_described(const struct holder *holder)
{
	return holder->sharer_count ? holder->sharers[0] : holder;
}

bool holders_view_wants(const struct holders_view *view, const struct holder *holder)
{
	const struct holder *by = holders_view_described(holder);

	if (view->global && (!holder->symbol || fnmatch(view->global, holder->symbol, 0) != 0))
		return false;
	if (narrowed(view))
		return !holder->sharer_count && !holder->many &&
		       holders_view_next_path(view, by, 0) < by->path_count;
	return holder->retained_blocks || holder->held_blocks;
}

/* -- text -- */

static void print_name(FILE *file, const struct holder *holder)
{
	char *name = holders_name(holder);

	utf8_print(file, name);
	free(name);
}

static const char *kind_text(const struct holder *holder)
{
	switch (holder->kind) {
	case SILT_ROOT_GLOBAL:
		return "global";
	case SILT_ROOT_TLS:
		return "thread-local";
	case SILT_ROOT_REGION:
		return "region the program named";
	case SILT_ROOT_STACK:
		return "stack";
	case SILT_ROOT_REGISTER:
		return "registers";
	default:
		return "memory outside the heap";
	}
}

static void print_where(const struct holder *holder)
{
	const char *slash = holder->module ? strrchr(holder->module, '/') : NULL;

	printf(" (%s", kind_text(holder));
	if (holder->file) {
		fputs(", ", stdout);
		utf8_print(stdout, holder->file);
		printf(":%u", holder->line);
	}
	if (holder->module && holder->symbol) {
		fputs(", in ", stdout);
		utf8_print(stdout, slash ? slash + 1 : holder->module);
	}
	if (holder->thread) {
		fputs(", thread ", stdout);
		utf8_print(stdout, holder->thread->name);
		printf(" %u", holder->thread->record.tid);
	}
	putchar(')');
}

#define TEXT_PATHS 5

/* Prints the local variable in which a path begins, if it is known. */
static void print_local(const struct holder *local)
{
	char *name;

	if (!local || !local->local)
		return;
	name = holders_name(local);
	fputs(" (", stdout);
	utf8_print(stdout, name);
	if (local->file) {
		fputs(", ", stdout);
		utf8_print(stdout, local->file);
		printf(":%u", local->line);
	}
	putchar(')');
	free(name);
}

static void print_paths(const struct holders_view *view, struct holders *holders,
			const struct holder *holder)
{
	size_t shown = 0, rest = 0;
	char size[SIZE_TEXT];

	for (size_t i = holders_view_next_path(view, holder, 0); i < holder->path_count;
	     i = holders_view_next_path(view, holder, i + 1)) {
		struct holder_path *path = &holder->paths[i];
		const struct holder *local;

		if (shown++ >= TEXT_PATHS) {
			rest++;
			continue;
		}
		local = holders_local(holders, path);
		fputs("  ", stdout);
		utf8_print(stdout, holders_path(holders, path));
		print_local(local);
		printf(": size=%s, count=%" PRIu64 "  ",
		       size_format(size, (double)path->bytes, false), path->blocks);
		text_site(path->site);
		putchar('\n');
		if (view->options->traceback)
			text_traceback(path->site, view->options->traceback);
	}
	if (rest)
		printf("  ... and %zu more path%s\n", rest, words_s(rest));
}

static void print_holder(const struct holders_view *view, struct holders *holders,
			 const struct holder *holder)
{
	char retained[SIZE_TEXT], held[SIZE_TEXT];

	if (holder->many) {
		printf("more than three roots together retain size=%s, count=%" PRIu64 "\n",
		       size_format(retained, (double)holder->retained_bytes, false),
		       holder->retained_blocks);
		return;
	}
	if (view->options->colour)
		fputs("\033[1m", stdout);
	print_name(stdout, holder);
	if (view->options->colour)
		fputs("\033[0m", stdout);
	print_where(holder);
	for (size_t i = 1; i < holder->sharer_count; i++) {
		fputs(" and ", stdout);
		print_name(stdout, holder->sharers[i]);
		print_where(holder->sharers[i]);
	}
	printf("%s size=%s, count=%" PRIu64,
	       holder->sharer_count ? " together retain" : ": retains",
	       size_format(retained, (double)holder->retained_bytes, false),
	       holder->retained_blocks);
	if (!holder->sharer_count && holder->held_bytes > holder->retained_bytes)
		printf(" (reaches size=%s, count=%" PRIu64 ", partly shared with other holders)",
		       size_format(held, (double)holder->held_bytes, false), holder->held_blocks);
	putchar('\n');
	if (!holder->sharer_count)
		print_paths(view, holders, holder);
}

void holders_text(const struct holders_view *view, const struct profile *profile,
		  struct holders *holders)
{
	uint64_t shown = 0, rest = 0;

	text_snapshot("", profile->snapshot);
	text_graph(&profile->snapshot->graph.summary);
	for (size_t i = 0; i < holders->count; i++) {
		if (!holders_view_wants(view, holders->list[i]))
			continue;
		if (shown < view->options->limit)
			print_holder(view, holders, holders->list[i]);
		else
			rest++;
		shown++;
	}
	if (!shown)
		notes_print_nothing(&view->options->filters,
				    view->global || view->function || view->sites.count
					    ? "--global, --function and --site"
					    : NULL);
	if (rest)
		printf("%" PRIu64 " more; --limit 0 shows all\n", rest);
}
