/* Selects sites: see filter.h. */
#include "model/filter.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/parse.h"

void filter_add(struct filter_list *list, const char *text, bool inclusive)
{
	const char *colon = strrchr(text, ':');
	struct filter filter = {.inclusive = inclusive};
	uint64_t line;

	if (colon && colon > text && parse_number(colon + 1, &line) && line > 0 &&
	    line <= UINT32_MAX) {
		filter.pattern = mem_substring(text, (size_t)(colon - text));
		filter.line = (unsigned)line;
	} else {
		filter.pattern = mem_string(text);
	}
	MEM_GROW(list->filters, list->count, list->capacity);
	list->filters[list->count++] = filter;
}

void filter_free(struct filter_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->filters[i].pattern);
	free(list->filters);
	*list = (struct filter_list){0};
}

static bool matches_name(const char *pattern, const char *name)
{
	return name && fnmatch(pattern, name, FNM_NOESCAPE) == 0;
}

static bool matches_frame(const struct filter *filter, const struct frame *frame)
{
	if (filter->line && filter->line != frame->line)
		return false;
	return matches_name(filter->pattern, frame->file) ||
	       matches_name(filter->pattern, frame->function) ||
	       matches_name(filter->pattern, frame->full_name) ||
	       matches_name(filter->pattern, frame->module);
}

static bool matches_site(const struct filter *filter, const struct profile_site *site,
			 bool all_frames)
{
	if (!all_frames)
		return matches_frame(filter, site->frames[site->blamed]);
	for (uint32_t i = 0; i < site->frame_count; i++)
		if (matches_frame(filter, site->frames[i]))
			return true;
	return false;
}

bool filter_keeps(const struct filter_list *list, const struct profile_site *site)
{
	bool has_include = false, included = false;

	for (size_t i = 0; i < list->count; i++) {
		bool matched = matches_site(&list->filters[i], site, list->all_frames);

		if (!list->filters[i].inclusive && matched)
			return false;
		has_include |= list->filters[i].inclusive;
		included |= list->filters[i].inclusive && matched;
	}
	return included || !has_include;
}
