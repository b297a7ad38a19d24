/*
 * One diagnosed problem: see finding.h.
 */
#include "diagnose/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

static const struct {
	const char *name, *advice;
} kinds[FINDING_KINDS] = {
	[FINDING_LOST] =
		{"lost",
		 "Free it on the path that drops the last pointer to it: error paths, early returns, a "
		 "pointer that is overwritten."},
	[FINDING_LOST_CYCLE] = {"lost-cycle", "Make one direction of the cycle weak (the pointer back to the "
					      "parent takes no reference), or "
					      "break it when its owner is closed."},
	[FINDING_REFCOUNT_LEAK] =
		{"refcount-leak",
		 "Give the reference back on the path that misses it: every ref needs its unref, also on "
		 "errors and early returns."},
	[FINDING_LISTENER_LEAK] =
		{"listener-leak",
		 "Unsubscribe when the subscriber's life ends, or let the list hold a weak handle that is "
		 "dropped when its subscriber is gone."},
	[FINDING_CAPTURED] =
		{"captured",
		 "Copy the small part the callback needs instead of keeping the whole, and drop the "
		 "record when it has run."},
	[FINDING_GROWING_CACHE] = {"growing-cache", "Bound it: evict the least recently used entry beyond a "
						    "size, or entries older than a time; or "
						    "remove entries when what they stand for ends."},
	[FINDING_THREAD_LEAK] =
		{"thread-leak",
		 "Join the threads, or detach them; end those that wait for what never comes."},
	[FINDING_FRAGMENTATION] = {"fragmentation",
				   "Allocate what lives long apart from what lives briefly; malloc_trim() "
				   "gives back what lies at "
				   "the top, fewer arenas (MALLOC_ARENA_MAX) what threads keep."},
	[FINDING_GROWING] = {"growing", "Run with `silt run --graph all` to learn who holds it."},
};

const char *finding_kind_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

const char *finding_advice(const struct finding *finding)
{
	if (finding->mapping)
		return "Unmap what is not needed any more; with an allocator of the program's own, tell silt "
		       "what it hands "
		       "out (silt_pool_alloc() in silt(3)).";
	if (finding->freed_seconds > 0)
		return "Bound what is kept while one client or one job lasts: under a load that does not end "
		       "it "
		       "would grow on.";
	if (finding->kind == FINDING_GROWING_CACHE && finding->shape > SHAPE_UNKNOWN &&
	    !shape_is_keyed(finding->shape))
		return "Take entries out when what they stand for ends: the request, the client, the wait; "
		       "what may stay needs a bound on its number.";
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
	if (vasprintf(&text, format, arguments) < 0)
		text = mem_string("");
	va_end(arguments);
	MEM_GROW(finding->evidence, finding->evidence_count, finding->evidence_capacity);
	finding->evidence[finding->evidence_count++] = text;
}
