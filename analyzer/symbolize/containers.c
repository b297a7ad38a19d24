/*
 * Finds the structure that contains a given structure: see containers.h.
 */
#include "symbolize/containers.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "symbolize/die.h"
#include "symbolize/fields.h"
#include "symbolize/type_index.h"
#include "symbolize/types.h"
#include "util/mem.h"

#define MAX_DEPTH 16u /* of nested structures, and of nested namespaces */

/* A cached answer: a search goes through all structures of a module. */
struct answer {
	struct question {
		void *part;
		struct container_wanted wanted;
	} question;
	Dwarf_Die container;
	unsigned count;
	UT_hash_handle hh;
};

struct containers {
	struct answer *answers;
};

static bool same_type(Dwarf_Die *a, Dwarf_Die *b)
{
	const char *name_a, *name_b;

	if (die_same(a, b))
		return true;
	if (dwarf_tag(a) != dwarf_tag(b) ||
	    die_number(a, DW_AT_byte_size) != die_number(b, DW_AT_byte_size))
		return false;
	name_a = die_string(a, DW_AT_name);
	name_b = die_string(b, DW_AT_name);
	if (name_a && name_b)
		return strcmp(name_a, name_b) == 0;
	return !name_a && !name_b && die_number(a, DW_AT_decl_line) != 0 &&
	       die_number(a, DW_AT_decl_line) == die_number(b, DW_AT_decl_line);
}

/* Returns how many levels deep a `part` lies at the offset inside `type`; 0: there is none. */
static unsigned depth_of(struct module_symbols *module, Dwarf_Die *type, Dwarf_Die *part,
			 uint64_t at, unsigned depth)
{
	Dwarf_Die child, its;
	unsigned best = 0;

	if (depth > MAX_DEPTH)
		return 0;
	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		uint64_t offset, size;
		unsigned found;

		if (!type_member(&child, &offset) || offset > at ||
		    !type_of(module, &child, &its) || !type_is_structure(&its) ||
		    !type_size(module, &its, &size) || at - offset >= size)
			continue;
		found = offset == at && same_type(&its, part)
				? depth
				: depth_of(module, &its, part, at - offset, depth + 1);
		if (found && (!best || found < best))
			best = found;
	}
	return best;
}

struct choice {
	struct module_symbols *module;
	Dwarf_Die part;
	const struct container_wanted *wanted;
	Dwarf_Die first;
	enum fit fit;
	unsigned depth, count;
};

static enum fit fit_of(struct choice *choice, Dwarf_Die *type, uint64_t word, uint64_t stride,
		       const struct fields_next *next)
{
	struct trail trail;

	fields_find(choice->module, type, word, stride, next, &trail);
	return stride != 0 && !trail.strided ? FIT_NONE : trail.fit;
}

/* Returns how well the words of a type suit; below FIT_POINTER they do not. */
static enum fit suits(struct choice *choice, Dwarf_Die *type)
{
	const struct container_wanted *wanted = choice->wanted;
	struct fields_next next = {wanted->target_word, wanted->target_stride};
	enum fit fit =
		fit_of(choice, type, wanted->word, wanted->stride, wanted->leads ? &next : NULL);
	enum fit also = fit_of(choice, type, wanted->also, wanted->also_stride, NULL);

	if (fit < FIT_POINTER || also < FIT_BYTES)
		return FIT_NONE;
	return fit == FIT_NEXT ? FIT_NEXT : also < FIT_POINTER ? FIT_POINTER : FIT_STRUCTURE;
}

static void consider(struct choice *choice, Dwarf_Die *type)
{
	const struct container_wanted *wanted = choice->wanted;
	enum fit fit;
	uint64_t size;
	unsigned depth;

	if (!type_is_structure(type) || !type_size(choice->module, type, &size) ||
	    size <= wanted->at ||
	    ((size <= wanted->word || size <= wanted->also) && !type_is_open(choice->module, type)))
		return;
	depth = depth_of(choice->module, type, &choice->part, wanted->at, 1);
	if (depth == 0)
		return;
	fit = suits(choice, type);
	if (fit < FIT_POINTER || (choice->count && fit < choice->fit) ||
	    (choice->count && fit == choice->fit && depth > choice->depth))
		return;
	if (choice->count == 0 || fit > choice->fit || depth < choice->depth) {
		choice->first = *type;
		choice->fit = fit;
		choice->depth = depth;
		choice->count = 1;
	} else if (choice->count == 1 && !same_type(&choice->first, type)) {
		choice->count = 2;
	}
}

static void consider_scope(struct choice *choice, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die child;

	if (depth > MAX_DEPTH)
		return;
	for (bool more = die_child(parent, &child); more; more = die_next(&child)) {
		if (!type_index_is_scope(&child))
			continue;
		consider(choice, &child);
		if (dwarf_tag(&child) == DW_TAG_namespace)
			consider_scope(choice, &child, depth + 1);
	}
}

static void consider_definition(void *choice, Dwarf_Die *structure)
{
	consider(choice, structure);
}

unsigned containers_find(struct module_symbols *module, Dwarf_Die *part,
			 const struct container_wanted *wanted, Dwarf_Die *container)
{
	struct choice choice = {.module = module, .part = *part, .wanted = wanted};
	struct question question = {part->addr, *wanted};
	struct containers *containers;
	struct answer *answer;
	Dwarf_Die unit;

	if (!module->containers)
		module->containers = mem_zeroed(1, sizeof *module->containers);
	containers = module->containers;
	// NOLINTNEXTLINE(clang-analyzer-core.*)
	HASH_FIND(hh, containers->answers, &question, sizeof question, answer);
	if (!answer) {
		if (dwarf_diecu(part, &unit, NULL, NULL))
			consider_scope(&choice, &unit, 0);
		if (choice.count == 0)
			type_index_each(module, consider_definition, &choice);
		answer = mem_zeroed(1, sizeof *answer);
		answer->question = question;
		answer->container = choice.first;
		answer->count = choice.count;
		HASH_ADD(hh, containers->answers, question, sizeof answer->question, answer);
	}
	*container = answer->container;
	return answer->count;
}

void containers_free(struct containers *containers)
{
	struct answer *answer, *next;

	if (!containers)
		return;
	HASH_ITER(hh, containers->answers, answer, next)
	{
		HASH_DEL(containers->answers, answer);
		free(answer);
	}
	free(containers);
}
