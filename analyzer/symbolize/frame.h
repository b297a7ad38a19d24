/*
 * A stack frame in terms of source code.
 * Made by symbolize/, read by model/, commands/ and render/. No code.
 */
#ifndef SILT_SYMBOLIZE_FRAME_H
#define SILT_SYMBOLIZE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Strings live as long as the symbolizer that made the frame. */
struct frame {
	/* as a reader wants it, see short_name.h; NULL: unknown */
	const char *function;
	/* demangled, with parameters; NULL: unknown */
	const char *full_name;
	/* source path; NULL: unknown */
	const char *file;
	/* the module's file name without directories; NULL: in no module */
	const char *module;
	/* NULL: in no module */
	const char *module_path;
	/* in the module's file; in memory where there is no module */
	uint64_t address;
	/* address - start of `function`, where that comes from a symbol table */
	uint64_t symbol_offset;
	/* 0: unknown */
	unsigned line;
	/* distinct for each frame of a symbolizer, from 1; 0: made elsewhere */
	uint32_t number;
	/* inlined into the frame that follows */
	bool inlined;
	/* no debug info: `function` is a symbol */
	bool from_symtab;
	/* it returns void * and has an integer parameter, see signature.h */
	bool allocator_like;
};

#endif
