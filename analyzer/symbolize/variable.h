/*
 * From addresses and offsets of data to source: variables, and paths of fields from them to heap
 * blocks.
 * Must not: fail; what is not known is shown by offset.
 */
#ifndef SILT_SYMBOLIZE_VARIABLE_H
#define SILT_SYMBOLIZE_VARIABLE_H

#include "symbolize/symbolize.h"

/* A global, static (also static local), or thread-local variable; strings live as long as the
 * symbolizer. */
struct variable {
	/* `g_cache`, `ns::Class::table`; static locals: `function::name` */
	const char *name;
	/* as the source spells it; NULL: unknown */
	const char *type;
	/* where it is declared; NULL: unknown */
	const char *file;
	unsigned line;
	/* In the module's file (where st_value points); thread-local: the offset in the TLS
	 * segment. */
	uint64_t address, size;
};

/* The variable that covers this address in the module's file (`tls`: this offset in its TLS
 * segment); NULL: none known. It lives as long as the symbolizer. */
const struct variable *symbolizer_variable(struct symbolizer *symbolizer,
					   const struct symbol_module *module, uint64_t address,
					   bool tls);

/* From one object to the next: where the pointer lies, and where it points. */
struct path_step {
	/* of the pointer in the object: in the variable first, then in each block */
	uint64_t offset;
	/* 0: just this word; else words at offset, offset + stride, ...: an array */
	uint64_t stride;
	/* offset in the block it points to */
	uint64_t target;
	/* it leads to another block of the same site: a chain, taken any number of times */
	bool repeats;
	/* Of an array: the word that the path goes by, should the types know of no array; 0:
	 * not known. Of a chain: another word that leads along it. */
	uint64_t word;
};

/*
 * The path from a variable by `count` steps, in C's words: `g_cache.buckets[].next->value`; to
 * free. The last step names the pointer to the last block.
 *
 * The first step is inside the variable; each further one dereferences the pointer before it (`->`;
 * `.` after `[]`). `[]` stands for all elements of an array, `[3]` for one. Where types end (void
 * *, no debug information), offsets follow: `g_items[]->+0x18`. `variable` may be NULL: the path
 * begins with root_text.
 */
char *symbolizer_path(struct symbolizer *symbolizer, const struct symbol_module *module,
		      const struct variable *variable, const char *root_text,
		      const struct path_step *steps, size_t count);

/*
 * The same from a local variable or parameter: that of the function (or a function inlined there)
 * at `pc`, a return address unless `exact`, whose place in the frame covers the word at CFA +
 * cfa_offset. steps[0].offset is not read: the word's place says it. NULL: no local variable is
 * known there.
 */
char *symbolizer_local_path(struct symbolizer *symbolizer, const struct symbol_module *module,
			    uint64_t pc, bool exact, int64_t cfa_offset,
			    const struct path_step *steps, size_t count, const char **name,
			    const char **file, unsigned *line);

/* The same from a variable that is in a register there, by its DWARF number. */
char *symbolizer_register_path(struct symbolizer *symbolizer, const struct symbol_module *module,
			       uint64_t pc, bool exact, unsigned number,
			       const struct path_step *steps, size_t count, const char **name,
			       const char **file, unsigned *line);

/* Which register of its caller the function at `pc` has saved at CFA + cfa_offset, by DWARF
 * number; -1: none, or not known. */
int symbolizer_saved_at(struct symbolizer *symbolizer, const struct symbol_module *module,
			uint64_t pc, bool exact, int64_t cfa_offset);
/* Has the function at `pc` saved that register of its caller, so that it has a value of its own
 * in it? */
bool symbolizer_saves(struct symbolizer *symbolizer, const struct symbol_module *module,
		      uint64_t pc, bool exact, unsigned number);

#endif
