/*
 * What a call site is known by across builds: see fingerprint.h.
 */
#include "model/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++) /* FNV-1a */
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (hash ^ '\n') * 0x100000001b3u;
}

void fingerprint_site(char text[FINGERPRINT_TEXT], const char *program, const char *otherwise,
		      const struct profile_site *site)
{
	uint64_t hash = hash_text(0xcbf29ce484222325u, program);
	bool named = false;

	for (uint32_t i = site ? site->blamed : 0; site && i < site->frame_count; i++) {
		const struct frame *frame = site->frames[i];

		named = named || frame->function;
		if (frame->function && !frame->inlined)
			hash = hash_text(hash, frame->function);
		else if (frame->module && !frame->function)
			hash = hash_text(hash, frame->module);
	}
	if (!named)
		hash = hash_text(hash, otherwise);
	snprintf(text, FINGERPRINT_TEXT, "%016" PRIx64, hash);
}
