/* The lines of an account about call sites and call stacks: see account_parts.h. */
#include "render/account_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "render/account.h"
#include "render/draft.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

/* Call stacks that differ only in instructions of the same lines, and so print alike. */
struct alike {
	char *text;
	double bytes, blocks;
	size_t stacks;
};

static void merge_site(struct alike *list, size_t *count, const struct finding_site *site)
{
	struct draft draft;
	char *text;
	size_t i = 0;

	draft_open(&draft);
	draft_site(&draft, site->profile);
	text = draft_close(&draft).text;
	while (i < *count && strcmp(list[i].text, text) != 0)
		i++;
	if (i == *count)
		list[(*count)++] = (struct alike){.text = text};
	else
		free(text);
	list[i].bytes += site->growth_bytes;
	list[i].blocks += site->growth_blocks;
	list[i].stacks++;
}

static void add_alike(struct account *account, const struct alike *alike, const char *unit)
{
	char growth[SIZE_TEXT];
	struct draft draft;

	draft_open(&draft);
	draft_begin_name(&draft);
	fputs(alike->text, draft.file);
	draft_end_name(&draft);
	fprintf(draft.file, ": %s, %+.0f %s%s", size_format(growth, alike->bytes, true),
		alike->blocks, unit, alike->blocks == 1 ? "" : "s");
	if (alike->stacks > 1)
		fprintf(draft.file, " (%zu call stacks)", alike->stacks);
	account_add_line(&account->sites, draft_close(&draft));
}

void account_add_sites(struct account *account, const struct finding *finding)
{
	struct alike *list = mem_zeroed(finding->site_count + 1, sizeof *list);
	size_t shown = 0, count = 0;

	for (size_t i = 0; i < finding->site_count; i++) {
		const struct finding_site *site = &finding->sites[i];

		/* the other sites are lost or held with the growing ones, but do not grow */
		if (i == 0 || site->growth_bytes >= 1 || site->growth_blocks >= 0.5) {
			merge_site(list, &count, site);
			shown++;
		}
	}
	for (size_t i = 0; i < count; i++) {
		add_alike(account, &list[i], finding->of_mappings ? "mapping" : "block");
		free(list[i].text);
	}
	free(list);
	account->stacks = finding->stacks - (finding->site_count - shown) - (shown - count);
}

#define CALLERS 6

/* True for frames inside C++ standard library templates, which say nothing about the program. */
static bool is_standard(const struct frame *frame)
{
	return (frame->function && strncmp(frame->function, "std::", 5) == 0) ||
	       (frame->file && strstr(frame->file, "/include/c++/"));
}

struct account_line account_callers(const struct profile_site *site)
{
	size_t shown = 0, i = site->blamed + 1, count = profile_before_start(site);
	struct account_line line;
	struct draft draft;

	draft_open(&draft);
	for (; i < count && shown < CALLERS; i++) {
		const struct frame *frame = site->frames[i];

		if (is_standard(frame))
			continue;
		fputs(shown++ ? " < " : "called from: ", draft.file);
		utf8_print(draft.file, frame->function ? frame->function
				       : frame->module ? frame->module
						       : "?");
		if (!frame->function)
			fprintf(draft.file, "+0x%" PRIx64, frame->address);
	}
	if (i < count)
		fputs(" < ...", draft.file);
	line = draft_close(&draft);
	if (shown)
		return line;
	free(line.text);
	return (struct account_line){0};
}

void account_add_stack(const struct profile_site *site, struct account_lines *stack)
{
	for (uint32_t i = 0; i < site->frame_count; i++) {
		struct draft draft;

		draft_open(&draft);
		draft_frame(&draft, site->frames[i]);
		if (site->frames[i]->inlined)
			fputs(" (inlined)", draft.file);
		account_add_line(stack, draft_close(&draft));
	}
}
