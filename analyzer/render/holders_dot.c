/*
 * Prints who holds the live blocks as a graph for Graphviz: see holders_view.h.
 */
#include "render/holders_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/holders.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/size.h"

static void dot_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < 32 ? ' ' : *text);
	}
	putchar('"');
}

static void dot_holder(const struct holders_view *view, const struct holders *holders,
		       const struct holder *holder, size_t number)
{
	char size[SIZE_TEXT], *label;
	size_t shown = 0;

	printf("  h%zu [shape=box, label=", number);
	label = mem_format("%s\n%s retained",
			   holder->symbol ? holder->symbol : holders_root_name(holder->kind),
			   size_format(size, (double)holder->retained_bytes, false));
	dot_string(label);
	free(label);
	puts("];");
	for (size_t i = holders_view_next_path(view, holder, 0);
	     i < holder->path_count && shown < HOLDERS_VIEW_PATHS;
	     i = holders_view_next_path(view, holder, i + 1), shown++) {
		struct holder_path *path = &holder->paths[i];
		const struct frame *frame = path->site->frames[path->site->blamed];

		label = mem_format("%s\n%" PRIu64 " blocks, %s",
				   frame->function ? frame->function : "?", path->blocks,
				   size_format(size, (double)path->bytes, false));
		printf("  h%zu_%zu [label=", number, i);
		dot_string(label);
		free(label);
		printf("];\n  h%zu -> h%zu_%zu [label=", number, number, i);
		dot_string(holders_path(holders, path));
		puts("];");
	}
}

void holders_dot(const struct holders_view *view, const struct holders *holders)
{
	uint64_t shown = 0;

	puts("digraph holders {\n  rankdir=LR;");
	for (size_t i = 0; i < holders->count && shown < view->options->limit; i++) {
		const struct holder *holder = holders->list[i];

		if (holder->many || holder->sharer_count || !holders_view_wants(view, holder))
			continue;
		dot_holder(view, holders, holder, i);
		shown++;
	}
	puts("}");
}
