/*
 * The structures of a module: see type_index.h.
 * Called by types.c and path.c.
 */
#include "symbolize/type_index.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "symbolize/fields.h"
#include "symbolize/types.h"
#include "util/mem.h"

#define MAX_SCOPES 16u /* namespaces and structures within each other */
#define MAX_NAME 1000u

struct definition {
	char *name;
	Dwarf_Die die;
	UT_hash_handle hh;
};

/* What was found out about a declaration. */
struct completed {
	void *declaration;
	Dwarf_Die definition; /* addr NULL: there is none */
	UT_hash_handle hh;
};

/* What was found out about containers. */
struct answer {
	struct question {
		void *part;
		struct container_wanted wanted;
	} question;
	Dwarf_Die container;
	unsigned count;
	UT_hash_handle hh;
};

struct type_index {
	struct definition *definitions;
	struct completed *completed;
	struct answer *answers;
};

/* -- names -- */

static bool is_scope(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return true;
	default:
		return false;
	}
}

static char *qualified(const char *scope, const char *name)
{
	return mem_format("%.*s%s%.*s", (int)MAX_NAME, scope, scope[0] ? "::" : "", (int)MAX_NAME, name);
}

char *type_index_name(Dwarf_Die *type)
{
	Dwarf_Die declared = *type, *scopes = NULL;
	const char *name;
	char *text;
	int count;

	die_own_reference(type, DW_AT_signature, &declared);
	name = die_string(&declared, DW_AT_name);
	if (!name)
		return NULL;
	if (die_is_c(type))
		return mem_substring(name, strnlen(name, MAX_NAME));
	die_own_reference(&declared, DW_AT_specification, &declared);
	count = dwarf_getscopes_die(&declared, &scopes);
	text = mem_string("");
	for (int i = count - 1; i >= 0; i--) {
		const char *part;
		char *longer;

		if (i > 0 && (i > (int)MAX_SCOPES || !is_scope(&scopes[i])))
			continue;
		die_own_reference(&scopes[i], DW_AT_signature, &scopes[i]);
		part = i == 0 ? name : die_string(&scopes[i], DW_AT_name);
		if (!part && dwarf_tag(&scopes[i]) != DW_TAG_namespace)
			continue;
		longer = qualified(text, part ? part : "(anonymous namespace)");
		free(text);
		text = longer;
	}
	free(scopes);
	if (text[0])
		return text;
	free(text);
	return mem_substring(name, strnlen(name, MAX_NAME));
}

/* -- building -- */

static void add(struct type_index *index, char *name, Dwarf_Die *die)
{
	struct definition *known;

	HASH_FIND_STR(index->definitions, name, known);
	if (known) {
		free(name);
		return;
	}
	known = mem_zeroed(1, sizeof *known);
	known->name = name;
	known->die = *die;
	HASH_ADD_KEYPTR(hh, index->definitions, known->name, strlen(known->name), known);
}

/* `typedef struct { ... } name` */
static bool names_structure(Dwarf_Die *type_definition, Dwarf_Die *structure)
{
	return die_own_reference(type_definition, DW_AT_type, structure) && is_scope(structure) &&
	       !die_has(structure, DW_AT_name) && !die_has(structure, DW_AT_declaration);
}

static void add_scope(struct type_index *index, Dwarf_Die *parent, const char *scope, bool c, unsigned depth)
{
	Dwarf_Die child, structure;

	if (depth > MAX_SCOPES)
		return;
	for (bool more = die_child(parent, &child); more; more = die_next(&child)) {
		const char *name;
		char *inner;

		if (dwarf_tag(&child) == DW_TAG_typedef) {
			name = dwarf_diename(&child);
			if (name && names_structure(&child, &structure))
				add(index, qualified(scope, name), &structure);
			continue;
		}
		if (!is_scope(&child))
			continue;
		name = die_string(&child, DW_AT_name);
		if (!name && dwarf_tag(&child) != DW_TAG_namespace)
			continue;
		if (die_has(&child, DW_AT_specification))
			inner = type_index_name(&child);
		else
			inner = qualified(scope, name ? name : "(anonymous namespace)");
		if (!c && inner) /* in C nothing is within a structure's scope */
			add_scope(index, &child, inner, c, depth + 1);
		if (inner && dwarf_tag(&child) != DW_TAG_namespace && !die_has(&child, DW_AT_declaration))
			add(index, inner, &child);
		else
			free(inner);
	}
}

static void add_units(struct type_index *index, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, split;
	uint8_t type;

	while (dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, &split) == 0) {
		Dwarf_Die *unit = type == DW_UT_skeleton && split.addr ? &split : &die;

		if (unit->addr && unit->cu) /* a damaged unit has none */
			add_scope(index, unit, "", die_is_c(unit), 0);
	}
}

static struct type_index *index_of(struct module_symbols *module)
{
	if (!module->type_index) {
		module->type_index = mem_zeroed(1, sizeof *module->type_index);
		if (module->dwarf)
			add_units(module->type_index, module->dwarf);
		if (module->dwarf && dwarf_getalt(module->dwarf))
			add_units(module->type_index, dwarf_getalt(module->dwarf));
	}
	return module->type_index;
}

void type_index_free(struct type_index *index)
{
	struct definition *definition, *next_definition;
	struct completed *completed, *next_completed;
	struct answer *answer, *next_answer;

	if (!index)
		return;
	HASH_ITER(hh, index->definitions, definition, next_definition)
	{
		HASH_DEL(index->definitions, definition);
		free(definition->name);
		free(definition);
	}
	HASH_ITER(hh, index->completed, completed, next_completed)
	{
		HASH_DEL(index->completed, completed);
		free(completed);
	}
	HASH_ITER(hh, index->answers, answer, next_answer)
	{
		HASH_DEL(index->answers, answer);
		free(answer);
	}
	free(index);
}

/* -- declarations -- */

bool type_index_complete(struct module_symbols *module, Dwarf_Die *declaration, Dwarf_Die *definition)
{
	struct type_index *index = index_of(module);
	struct definition *found;
	struct completed *known;
	char *name;

	HASH_FIND_PTR(index->completed, &declaration->addr, known);
	if (!known) {
		known = mem_zeroed(1, sizeof *known);
		known->declaration = declaration->addr;
		name = type_index_name(declaration);
		if (name) {
			HASH_FIND_STR(index->definitions, name, found);
			if (found)
				known->definition = found->die;
			free(name);
		}
		HASH_ADD_PTR(index->completed, declaration, known);
	}
	*definition = known->definition;
	return known->definition.addr != NULL;
}

/* -- containers -- */

static bool same_type(Dwarf_Die *a, Dwarf_Die *b)
{
	const char *name_a, *name_b;

	if (die_same(a, b))
		return true;
	if (dwarf_tag(a) != dwarf_tag(b) || die_number(a, DW_AT_byte_size) != die_number(b, DW_AT_byte_size))
		return false;
	name_a = die_string(a, DW_AT_name);
	name_b = die_string(b, DW_AT_name);
	if (name_a && name_b)
		return strcmp(name_a, name_b) == 0;
	return !name_a && !name_b && die_number(a, DW_AT_decl_line) != 0 &&
	       die_number(a, DW_AT_decl_line) == die_number(b, DW_AT_decl_line);
}

/* How deep inside `type` a `part` lies at the offset; 0: none does. */
static unsigned depth_of(struct module_symbols *module, Dwarf_Die *type, Dwarf_Die *part, uint64_t at,
			 unsigned depth)
{
	Dwarf_Die child, its;
	unsigned best = 0;

	if (depth > MAX_SCOPES)
		return 0;
	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		uint64_t offset, size;
		unsigned found;

		if (!type_member(&child, &offset) || offset > at || !type_of(module, &child, &its) ||
		    !type_is_structure(&its) || !type_size(module, &its, &size) || at - offset >= size)
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

/* How well the words of a type suit; less than FIT_POINTER: not at all. */
static enum fit suits(struct choice *choice, Dwarf_Die *type)
{
	const struct container_wanted *wanted = choice->wanted;
	struct fields_next next = {wanted->target_word, wanted->target_stride};
	enum fit fit = fit_of(choice, type, wanted->word, wanted->stride, wanted->leads ? &next : NULL);
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

	if (!type_is_structure(type) || !type_size(choice->module, type, &size) || size <= wanted->at ||
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

	if (depth > MAX_SCOPES)
		return;
	for (bool more = die_child(parent, &child); more; more = die_next(&child)) {
		if (!is_scope(&child))
			continue;
		consider(choice, &child);
		if (dwarf_tag(&child) == DW_TAG_namespace)
			consider_scope(choice, &child, depth + 1);
	}
}

unsigned type_index_containers(struct module_symbols *module, Dwarf_Die *part,
			       const struct container_wanted *wanted, Dwarf_Die *container)
{
	struct choice choice = {.module = module, .part = *part, .wanted = wanted};
	struct question question = {part->addr, *wanted};
	struct type_index *index = index_of(module);
	struct definition *definition, *next;
	struct answer *answer;
	Dwarf_Die unit;

	HASH_FIND(hh, index->answers, &question, sizeof question, answer);
	if (!answer) {
		if (dwarf_diecu(part, &unit, NULL, NULL))
			consider_scope(&choice, &unit, 0);
		if (choice.count == 0) {
			HASH_ITER(hh, index->definitions, definition, next)
			{
				consider(&choice, &definition->die);
			}
		}
		answer = mem_zeroed(1, sizeof *answer);
		answer->question = question;
		answer->container = choice.first;
		answer->count = choice.count;
		HASH_ADD(hh, index->answers, question, sizeof answer->question, answer);
	}
	*container = answer->container;
	return answer->count;
}
