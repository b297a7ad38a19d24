/*
 * From program counters to source: functions, lines, inlined frames. The only rooms that know
 * elfutils are in this folder.
 * Must not: run anything, ask the network unless DEBUGINFOD_URLS is set, fail: there is always at
 * least one frame.
 */
#ifndef SILT_SYMBOLIZE_SYMBOLIZE_H
#define SILT_SYMBOLIZE_SYMBOLIZE_H

#include <stddef.h>

#include "symbolize/frame.h"

struct symbolizer;

/* What is known of a module. The caller keeps it as long as the symbolizer: it is told by its
 * address. */
struct symbol_module {
	const char *path;
	const unsigned char *build_id;
	/* 0: it has none */
	size_t build_id_size;
	/* e_machine of ELF; 0: unknown */
	uint32_t machine;
	bool vdso;
};

struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *symbolizer);

/*
 * The frames of one pc, innermost first; at least one. `address` is in the module's file (in memory
 * where module is NULL); `exact` as in silt_snapshot.h: an interrupted instruction, else a return
 * address. The frames live as long as the symbolizer. Debug information is looked for in the
 * module's file, by its build id under /usr/lib/debug/.build-id, by its debug link, and by
 * debuginfod. A file whose build id is not the recorded one is not used.
 */
size_t symbolizer_frames(struct symbolizer *symbolizer, const struct symbol_module *module,
			 uint64_t address, bool exact, const struct frame **frames);

/* What a reader should know of the quality of the names: one line each ("FILE has changed
 * since: ..."); NULL at the end. */
const char *symbolizer_note(const struct symbolizer *symbolizer, size_t i);
/* Adds a note, which is freed with the symbolizer. */
void symbolizer_say(struct symbolizer *symbolizer, char *note);

#endif
