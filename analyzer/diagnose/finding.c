/*
 * A finding: see finding.h.
 */
#include "diagnose/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static const struct finding_kind_text kinds[FINDING_KINDS] = {
#define KIND(identifier, ...) [FINDING_##identifier] = {__VA_ARGS__},
#include "diagnose/kinds.def"
#undef KIND
};

const struct finding_kind_text *finding_kind_text(enum finding_kind kind)
{
	return &kinds[kind];
}

const char *finding_kind_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

const char *finding_advice(const struct finding *finding)
{
	if (finding->mapping || finding->of_mappings)
		return "Unmap what is no longer needed; if the program has an allocator of its "
		       "own, "
		       "announce what the allocator hands out (silt_pool_alloc() in silt(3)).";
	if (finding->freed_seconds > 0)
		return "Bound what is kept for one client or one job: under a load that does not "
		       "end it would go on growing.";
	if (finding->kind == FINDING_GROWING_CACHE && finding->shape > SHAPE_UNKNOWN &&
	    !shape_is_keyed(finding->shape))
		return "Remove an entry when the object it belongs to is gone: the request, the "
		       "client, the wait; or bound the number of entries.";
	return kinds[finding->kind].advice;
}

struct finding *finding_new(enum finding_kind kind)
{
	struct finding *finding = mem_zeroed(1, sizeof *finding);

	finding->kind = kind;
	finding->confidence = 0.9;
	return finding;
}

void finding_free(struct finding *finding)
{
	for (size_t i = 0; i < finding->evidence_count; i++)
		free(finding->evidence[i]);
	free(finding->evidence);
	freed_free(finding->freed);
	free(finding->generations);
	free(finding->sites);
	free(finding->parts);
	free(finding);
}

void finding_evidence(struct finding *finding, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = mem_vformat(format, arguments);
	va_end(arguments);
	MEM_GROW(finding->evidence, finding->evidence_count, finding->evidence_capacity);
	finding->evidence[finding->evidence_count++] = text;
}

const char *diagnosis_reason(const struct diagnosis *diagnosis)
{
	static const char reason[] = "inconclusive: ";

	for (size_t i = 0; i < diagnosis->note_count; i++)
		if (strncmp(diagnosis->notes[i], reason, sizeof reason - 1) == 0)
			return diagnosis->notes[i];
	return diagnosis->note_count ? diagnosis->notes[0] : NULL;
}
