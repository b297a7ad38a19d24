/*
 * Finds the structures of a module by name: see type_index.h.
 */
#include "symbolize/type_index.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "symbolize/bounds.h"
#include "symbolize/die.h"
#include "symbolize/types.h"
#include "util/mem.h"

#define MAX_SCOPES 16u /* of nested namespaces and structures */
#define MAX_NAME 1000u

struct definition {
	char *name;
	Dwarf_Die die;
	UT_hash_handle hh;
};

/* The cached definition of a declaration. */
struct completed {
	void *declaration;
	/* addr NULL: there is none */
	Dwarf_Die definition;
	UT_hash_handle hh;
};

struct type_index {
	struct definition *definitions;
	struct completed *completed;
};

/* -- names -- */

bool type_index_is_scope(Dwarf_Die *die)
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
	return mem_format("%.*s%s%.*s", (int)MAX_NAME, scope, scope[0] ? "::" : "", (int)MAX_NAME,
			  name);
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

		if (i > 0 && (i > (int)MAX_SCOPES || !type_index_is_scope(&scopes[i])))
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
	return die_own_reference(type_definition, DW_AT_type, structure) &&
	       type_index_is_scope(structure) && !die_has(structure, DW_AT_name) &&
	       !die_has(structure, DW_AT_declaration);
}

static void add_scope(struct type_index *index, Dwarf_Die *parent, const char *scope, bool c,
		      unsigned depth)
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
		if (!type_index_is_scope(&child))
			continue;
		name = die_string(&child, DW_AT_name);
		if (!name && dwarf_tag(&child) != DW_TAG_namespace)
			continue;
		if (die_has(&child, DW_AT_specification))
			inner = type_index_name(&child);
		else
			inner = qualified(scope, name ? name : "(anonymous namespace)");
		if (!c && inner) /* in C a structure is not a scope */
			add_scope(index, &child, inner, c, depth + 1);
		if (inner && dwarf_tag(&child) != DW_TAG_namespace &&
		    !die_has(&child, DW_AT_declaration))
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

	while (bounds_go_on_now() &&
	       dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, &split) == 0) {
		Dwarf_Die *unit = type == DW_UT_skeleton && split.addr ? &split : &die;

		if (unit->addr && unit->cu) /* a unit of a damaged file has none */
			add_scope(index, unit, "", die_is_c(unit), 0);
	}
}

static struct type_index *index_of(struct module_symbols *module)
{
	if (!module->type_index) {
		module->type_index = mem_zeroed(1, sizeof *module->type_index);
		bounds_enter(&module->bounds);
		if (module->dwarf)
			add_units(module->type_index, module->dwarf);
		if (module->dwarf && dwarf_getalt(module->dwarf))
			add_units(module->type_index, dwarf_getalt(module->dwarf));
		bounds_leave(&module->bounds);
	}
	return module->type_index;
}

void type_index_free(struct type_index *index)
{
	struct definition *definition, *next_definition;
	struct completed *completed, *next_completed;

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
	free(index);
}

/* -- declarations -- */

bool type_index_complete(struct module_symbols *module, Dwarf_Die *declaration,
			 Dwarf_Die *definition)
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

void type_index_each(struct module_symbols *module,
		     void (*visit)(void *context, Dwarf_Die *structure), void *context)
{
	struct definition *definition, *next;

	HASH_ITER(hh, index_of(module)->definitions, definition, next)
	{
		visit(context, &definition->die);
	}
}
