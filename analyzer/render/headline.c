/* Composes the one sentence that says what a finding is: see headline.h. */
#include "render/headline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/shape.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "render/draft.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

const struct profile_site *headline_site(const struct finding *finding)
{
	return finding->site_count ? finding->sites[0].profile : NULL;
}

static void draft_holder(struct draft *draft, const struct holder *holder)
{
	char *name = holders_name(holder);

	draft_name(draft, name);
	free(name);
	if (holder->file) {
		char *place = mem_format("%s:%u", holder->file, holder->line);

		fputs(" (", draft->file);
		draft_name(draft, place);
		fputc(')', draft->file);
		free(place);
	}
	if (holder->thread && holder->kind != SILT_ROOT_GLOBAL) {
		fputs(" of thread ", draft->file);
		draft_name(draft, holder->thread->name);
	}
}

static void draft_threads(const struct composing *c, struct draft *draft)
{
	uint64_t count = c->finding->threads;
	char *start =
		holders_thread_start_text(diagnosis_holders(c->diagnosis), c->finding->thread);

	fprintf(draft->file, "%" PRIu64 " thread%s started with ", count, words_s(count));
	draft_name(draft, start);
	fputs(words_plural(count, " is not joined, or never ends", " are not joined, or never end"),
	      draft->file);
	free(start);
}

static void draft_mapping(struct draft *draft, const struct snapshot_mapping *mapping)
{
	fputs("memory that is mapped outside malloc grows: ", draft->file);
	draft_name(draft, mapping->name[0] ? mapping->name : "anonymous");
}

/* Writes "31 blocks of FILE:LINE  function and 2 more call stacks". 31 is the number of blocks
 * of all three. */
static void draft_counted(const struct composing *c, struct draft *draft, const char *what)
{
	uint64_t count = c->finding->live_blocks;

	fprintf(draft->file, "%" PRIu64 " %s%s of ", count, what, words_s(count));
	draft_site(draft, headline_site(c->finding));
	if (c->finding->stacks > 1)
		fprintf(draft->file, " and %zu more call stack%s", c->finding->stacks - 1,
			words_s(c->finding->stacks - 1));
}

static void draft_blocks(const struct composing *c, struct draft *draft)
{
	draft_counted(c, draft, "block");
}

static void draft_mapped(const struct composing *c, struct draft *draft)
{
	draft_counted(c, draft, "mapping");
	fprintf(draft->file, " stay%s mapped, outside malloc",
		c->finding->live_blocks == 1 ? "s" : "");
}

static void draft_lost(const struct composing *c, struct draft *draft)
{
	draft_blocks(c, draft);
	fputs(words_plural(c->finding->live_blocks, " is lost", " are lost"), draft->file);
	if (c->finding->kind == FINDING_LOST_CYCLE)
		fputs(words_plural(c->finding->live_blocks, " in a cycle", " in cycles"),
		      draft->file);
}

static void draft_freed(const struct composing *c, struct draft *draft)
{
	draft_blocks(c, draft);
	fprintf(draft->file, " %s kept until the load ended, then freed at once at t = %.1f s",
		words_plural(c->finding->live_blocks, "was", "were"), c->finding->freed_seconds);
}

static void draft_kept(const struct composing *c, struct draft *draft)
{
	if (c->finding->holder)
		draft_holder(draft, c->finding->holder);
	else
		fputs("something", draft->file);
	fputs(" keeps ", draft->file);
	draft_blocks(c, draft);
	fputs(" alive", draft->file);
	if (shape_in_words(c->finding->shape))
		fprintf(draft->file, ", in %s", shape_in_words(c->finding->shape));
}

static void draft_fragments(const struct composing *c, struct draft *draft)
{
	const struct finding *finding = c->finding;
	char size[SIZE_TEXT];

	if (finding->growth_bytes > 0)
		fputs("the heap's footprint grows while what is live does not: it", draft->file);
	else
		fputs("the heap", draft->file);
	fprintf(draft->file, " holds %s free between live blocks",
		size_format(size, (double)finding->free_bytes, false));
	if (!finding->pin_count)
		return;
	fputs(" of ", draft->file);
	draft_site(draft, finding->pins[0].profile);
}

struct account_line headline_compose(const struct composing *c)
{
	const struct finding *finding = c->finding;
	char rate[SIZE_TEXT];
	struct draft draft;

	draft_open(&draft);
	if (finding->kind == FINDING_THREAD_LEAK)
		draft_threads(c, &draft);
	else if (finding->kind == FINDING_FRAGMENTATION)
		draft_fragments(c, &draft);
	else if (finding->of_mappings)
		draft_mapped(c, &draft);
	else if (finding->mapping)
		draft_mapping(&draft, finding->mapping);
	else if (finding->lost)
		draft_lost(c, &draft);
	else if (finding->freed_seconds > 0)
		draft_freed(c, &draft);
	else
		draft_kept(c, &draft);
	if (finding->kind != FINDING_FRAGMENTATION || finding->growth_bytes > 0)
		fprintf(draft.file, "; %s/s", size_format(rate, finding->bytes_per_second, true));
	if (finding->bytes_per_iteration > 0) {
		fprintf(draft.file, ", %s per ",
			size_format(rate, finding->bytes_per_iteration, true));
		utf8_print(draft.file, c->unit);
	}
	return draft_close(&draft);
}
