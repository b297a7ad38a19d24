/*
 * Chooses the source files that the page shows, those with the lines that grow most, and names the
 * page: see html_page.h.
 */
#include "render/html_page.h"

#include <stdbool.h>
#include <string.h>

#include "load/snapshot.h"
#include "load/source.h"
#include "model/filter.h"
#include "model/lines.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "model/trend.h"
#include "symbolize/frame.h"
#include "util/mem.h"

static bool has_file(const struct html_source *sources, size_t count, const char *file)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i].file, file) == 0)
			return true;
	return false;
}

size_t html_find_sources(struct html_source *sources, const struct trend *trend,
			 const struct profile *old, const struct profile *new)
{
	static const struct filter_list everything;
	size_t count = 0;

	for (size_t i = 0; i < trend->count && count < HTML_SOURCES; i++) {
		const struct frame *frame = trend->rows[i].frame;
		struct lines *lines;

		if (!statistics_has_line(frame) || has_file(sources, count, frame->file))
			continue;
		if (count > 0 && trend_growth(trend, &trend->rows[i], 0) <= 0)
			break;
		lines = lines_new(frame->file, old, new, &everything);
		sources[count++] = (struct html_source){
			frame->file, lines,
			source_open(frame->file, NULL,
				    source_built(lines->module_path,
						 new->snapshot->process.start_unix_ns),
				    lines->count ? lines->list[lines->count - 1].line : 0)};
	}
	return count;
}

void html_free_sources(struct html_source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lines_free((struct lines *)sources[i].lines);
		source_free((struct source *)sources[i].source);
	}
}

char *html_default_name(const struct snapshot *snapshot)
{
	const char *slash = strrchr(snapshot->executable, '/');
	char *name = mem_format("%s.%u.html", slash ? slash + 1 : snapshot->executable,
				snapshot->process.pid);

	for (char *at = name; *at; at++)
		if (*at == '/' || (unsigned char)*at < ' ' ||
		    (at == name && (*at == '-' || *at == '.')))
			*at = '_';
	return name;
}
