/* What to type next to see more of a finding: see account_parts.h. */
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
#include "model/statistics.h"
#include "render/account.h"
#include "render/draft.h"
#include "render/headline.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/utf8.h"
#include "util/words.h"

/* Returns the command that shows more about the finding, without its operand. */
static char *command_of(const struct composing *c, const struct profile_site *site)
{
	const struct finding *finding = c->finding;
	const struct frame *frame = site ? site->frames[site->blamed] : NULL;
	const char *view =
		finding->holder && finding->kind == FINDING_GROWING_CACHE ? "holders" : "refs";
	char *place, *quoted, *command;

	if (finding->mapping || finding->of_mappings || finding->kind == FINDING_FRAGMENTATION)
		return mem_string("silt timeline");
	if (finding->lost)
		return mem_string("silt lost --traceback");
	if (finding->kind == FINDING_THREAD_LEAK)
		return mem_string("silt report --traceback");
	if (!frame || !statistics_has_line(frame))
		return mem_format("silt %s",
				  diagnosis_holders(c->diagnosis) ? view : "report --traceback");
	if (!diagnosis_holders(c->diagnosis)) {
		quoted = words_shell(frame->file);
		command = mem_format("silt annotate %s", quoted);
		free(quoted);
		return command;
	}
	place = mem_format("%s:%u", frame->file, frame->line);
	quoted = words_shell(place);
	command = mem_format("silt %s --site %s", view, quoted);
	free(place);
	free(quoted);
	return command;
}

char *account_next(const struct composing *c, const struct profile_site *site)
{
	const char *path = diagnosis_profile(c->diagnosis)->snapshot->path,
		   *slash = strrchr(path, '/');
	char *run = slash && slash > path ? mem_substring(path, (size_t)(slash - path))
					  : mem_string(".");
	char *quoted = words_shell(run), *command = command_of(c, site);
	char *line = mem_format("%s %s", command, quoted), *clean = utf8_clean(line);

	free(run);
	free(quoted);
	free(command);
	free(line);
	return clean;
}
