/*
 * Identifies a call site across builds: see fingerprint.h.
 */
#include "model/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "symbolize/frame.h"

static uint64_t hash_bytes(uint64_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) /* FNV-1a */
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return (hash ^ '\n') * 0x100000001b3u;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text));
}

/* Returns the length of the name without what an optimizer appends to a part or copy of a
 * function: ".part.0". */
static size_t name_length(const char *function)
{
	size_t length = strcspn(function, ".");
	const char *clone = strstr(function, " [clone ");

	return clone && (size_t)(clone - function) < length ? (size_t)(clone - function)
	       : length					    ? length
							    : strlen(function);
}

void fingerprint_site(char text[FINGERPRINT_TEXT], const char *program, const char *what,
		      const struct profile_site *site)
{
	uint64_t hash = hash_text(0xcbf29ce484222325u, program);
	for (uint32_t i = site ? site->blamed : 0; site && i < site->frame_count; i++) {
		const struct frame *frame = site->frames[i];

		if (frame->function)
			hash = hash_bytes(hash, frame->function, name_length(frame->function));
		else if (frame->module)
			hash = hash_text(hash, frame->module);
	}
	hash = hash_text(hash, what);
	snprintf(text, FINGERPRINT_TEXT, "%016" PRIx64, hash);
}
