/*
 * Resolves addresses and offsets of data to source: variables, and paths of fields from a variable
 * to heap blocks.
 * Must not: fail; what is unknown is shown by offset.
 */
#ifndef SILT_SYMBOLIZE_VARIABLE_H
#define SILT_SYMBOLIZE_VARIABLE_H

#include "symbolize/symbolize.h"

/* A global, a static (also of a function) or a thread-local variable. Strings live as long as
 * the symbolizer. */
struct variable {
	/* `g_cache`, `ns::Class::table`; a static of a function: `function::name` */
	const char *name;
	/* as the source spells it; NULL: unknown */
	const char *type;
	/* where the variable is declared; NULL: unknown */
	const char *file;
	unsigned line;
	/* In the module's file (as st_value); of a thread-local variable the offset in the TLS
	 * segment. */
	uint64_t address, size;
};

/* Returns the variable that covers an address in the module's file, or with `tls` an offset in
 * its TLS segment; NULL: none known. It lives as long as the symbolizer. */
const struct variable *symbolizer_variable(struct symbolizer *symbolizer,
					   const struct symbol_module *module, uint64_t address,
					   bool tls);

/* A step from one object to the next: where the pointer lies, and where it points. */
struct path_step {
	/* offset of the pointer in the object: for the first step in the variable, then in each
	 * block */
	uint64_t offset;
	/* 0: one word; else an array of words at offset, offset + stride, ... */
	uint64_t stride;
	/* offset in the block that the pointer points to */
	uint64_t target;
	/* the pointer leads to a block of the same site: a chain, followed any number of times */
	bool repeats;
	/* Of an array: the word that the path goes through, used if the types show no array; 0:
	 * unknown. */
	uint64_t word;
};

/*
 * Returns the path from a variable by `count` steps, written as in C:
 * `g_cache.buckets[].next->value`. The caller frees it. The last step names the pointer to the last
 * block.
 *
 * The first step is inside the variable; each further step dereferences the pointer before it
 * (`->`; `.` after `[]`). `[]` stands for all elements of an array, `[3]` for one. Where types end
 * (void *, no debug information), offsets follow: `g_items[]->+0x18`. If `variable` is NULL, the
 * path begins with root_text.
 */
char *symbolizer_path(struct symbolizer *symbolizer, const struct symbol_module *module,
		      const struct variable *variable, const char *root_text,
		      const struct path_step *steps, size_t count);

/*
 * Returns the path from a local variable or parameter of the function (or a function inlined there)
 * at `pc`, whose place in the frame covers the word at CFA + cfa_offset. `pc`: a return address
 * unless `exact`. steps[0].offset is ignored, since cfa_offset gives the word. Stores name and
 * declaration of the variable. The caller frees the path. NULL: no local variable is known there.
 */
char *symbolizer_local_path(struct symbolizer *symbolizer, const struct symbol_module *module,
			    uint64_t pc, bool exact, int64_t cfa_offset,
			    const struct path_step *steps, size_t count, const char **name,
			    const char **file, unsigned *line);

/* Returns the path from a variable that is in register `number` (DWARF's numbering) there. */
char *symbolizer_register_path(struct symbolizer *symbolizer, const struct symbol_module *module,
			       uint64_t pc, bool exact, unsigned number,
			       const struct path_step *steps, size_t count, const char **name,
			       const char **file, unsigned *line);

/* Returns the DWARF number of the caller's register that the function at `pc` has saved at CFA +
 * cfa_offset; -1: none, or unknown. */
int symbolizer_saved_at(struct symbolizer *symbolizer, const struct symbol_module *module,
			uint64_t pc, bool exact, int64_t cfa_offset);
/* Returns true if the function at `pc` has saved this register of its caller, and so may hold a
 * value of its own in it. */
bool symbolizer_saves(struct symbolizer *symbolizer, const struct symbol_module *module,
		      uint64_t pc, bool exact, unsigned number);

#endif
