/*
 * Resolves program counters to source: functions, lines, inlined frames. Only this directory uses
 * elfutils.
 * Must not: run anything, use the network unless DEBUGINFOD_URLS is set, fail: there is always at
 * least one frame.
 */
#ifndef SILT_SYMBOLIZE_SYMBOLIZE_H
#define SILT_SYMBOLIZE_SYMBOLIZE_H

#include <stddef.h>

#include "symbolize/frame.h"

struct symbolizer;

/* What is known of a module. Its address identifies it, so it must outlive the symbolizer. */
struct symbol_module {
	const char *path;
	const unsigned char *build_id;
	/* 0: no build id */
	size_t build_id_size;
	/* e_machine of ELF; 0: unknown */
	uint32_t machine;
	bool vdso;
};

struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *symbolizer);

/*
 * Stores the frames of one program counter, innermost first, in `frames`, and returns their number,
 * at least 1. `address` is in the module's file; if `module` is NULL, in memory. `exact`: the
 * address of an interrupted instruction; otherwise a return address. The frames live as long as the
 * symbolizer.
 *
 * Debug information is looked for in the module's file, by its build id below
 * /usr/lib/debug/.build-id, by its debug link, and by debuginfod. A file whose build id is not the
 * recorded one is not used.
 */
size_t symbolizer_frames(struct symbolizer *symbolizer, const struct symbol_module *module,
			 uint64_t address, bool exact, const struct frame **frames);

/* Returns note number `i` about the quality of the names, one line ("FILE has changed since:
 * ..."); NULL after the last. */
const char *symbolizer_note(const struct symbolizer *symbolizer, size_t i);
/* Adds a note; the symbolizer takes ownership. */
void symbolizer_add_note(struct symbolizer *symbolizer, char *note);

#endif
