/*
 * Spells types as in source code: see type_name.h.
 */
#include "symbolize/type_name.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/die.h"
#include "symbolize/type_index.h"
#include "util/mem.h"

#define MAX_DEPTH 32u /* a damaged type may contain itself */
#define MAX_PARAMETERS 16u
#define MAX_TEXT 1000u

struct context {
	/* structures are spelled with a keyword */
	bool c;
	unsigned depth;
};

/*
 * C declarators grow from the name to both sides. `declarator` is the text in place of the name,
 * which the result surrounds; spell() takes ownership of it.
 */
static char *spell(Dwarf_Die *type, char *declarator, struct context at);

/* Replaces `text` by a formatted text, which may contain the old one. */
#define REPLACE(text, ...)                                                                         \
	do {                                                                                       \
		char *longer_ = mem_format(__VA_ARGS__);                                           \
		free(text);                                                                        \
		(text) = longer_;                                                                  \
	} while (0)

static char *spell_target(Dwarf_Die *type, char *declarator, struct context at)
{
	Dwarf_Die target;

	if (!die_reference(type, DW_AT_type, &target)) {
		REPLACE(declarator, "void%s%s", declarator[0] ? " " : "", declarator);
		return declarator;
	}
	if (strlen(declarator) > MAX_TEXT) {
		free(declarator);
		return mem_string("...");
	}
	at.depth++;
	return spell(&target, declarator, at);
}

static char *spell_pointer(Dwarf_Die *type, const char *sign, char *declarator, struct context at)
{
	Dwarf_Die target;
	int tag = die_reference(type, DW_AT_type, &target) ? dwarf_tag(&target) : DW_TAG_invalid;

	if (tag == DW_TAG_array_type || tag == DW_TAG_subroutine_type)
		REPLACE(declarator, "(%s%s)", sign, declarator);
	else
		REPLACE(declarator, "%s%s", sign, declarator);
	return spell_target(type, declarator, at);
}

static char *spell_qualified(Dwarf_Die *type, const char *qualifier, char *declarator,
			     struct context at)
{
	Dwarf_Die target;
	char *text;

	/* `const char *`, but `char *const`. */
	if (die_reference(type, DW_AT_type, &target) && dwarf_tag(&target) == DW_TAG_pointer_type) {
		REPLACE(declarator, "%s%s%s", qualifier, declarator[0] ? " " : "", declarator);
		return spell_target(type, declarator, at);
	}
	text = spell_target(type, declarator, at);
	REPLACE(text, "%s %s", qualifier, text);
	return text;
}

static char *spell_array(Dwarf_Die *type, char *declarator, struct context at)
{
	Dwarf_Die child;
	bool any = false;

	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		uint64_t value;

		if (dwarf_tag(&child) != DW_TAG_subrange_type || strlen(declarator) > MAX_TEXT)
			continue;
		if (die_constant(&child, DW_AT_count, &value))
			REPLACE(declarator, "%s[%llu]", declarator, (unsigned long long)value);
		else if (die_constant(&child, DW_AT_upper_bound, &value))
			REPLACE(declarator, "%s[%llu]", declarator, (unsigned long long)value + 1);
		else
			REPLACE(declarator, "%s[]", declarator);
		any = true;
	}
	if (!any)
		REPLACE(declarator, "%s[]", declarator);
	return spell_target(type, declarator, at);
}

static char *spell_function(Dwarf_Die *type, char *declarator, struct context at)
{
	char *parameters = mem_string("");
	unsigned count = 0;
	Dwarf_Die child;

	for (bool more = die_child(type, &child); more; more = die_next(&child)) {
		int tag = dwarf_tag(&child);
		char *one;

		if (tag != DW_TAG_formal_parameter && tag != DW_TAG_unspecified_parameters)
			continue;
		if (count++ == MAX_PARAMETERS || strlen(parameters) > MAX_TEXT)
			break;
		if (tag == DW_TAG_formal_parameter)
			one = spell_target(&child, mem_string(""), at);
		else
			one = mem_string("...");
		REPLACE(parameters, "%s%s%s", parameters, parameters[0] ? ", " : "", one);
		free(one);
	}
	REPLACE(declarator, "%s(%s)", declarator,
		count || !die_has(type, DW_AT_prototyped) ? parameters : "void");
	free(parameters);
	return spell_target(type, declarator, at);
}

static char *spell_name(Dwarf_Die *type, const char *keyword, char *declarator, struct context at)
{
	char *name = type_index_name(type);
	bool tight = declarator[0] == '\0';

	if (!at.c && name)
		keyword = "";
	REPLACE(declarator, "%s%s%s%s", keyword, name ? name : "{...}", tight ? "" : " ",
		declarator);
	free(name);
	return declarator;
}

static char *spell(Dwarf_Die *type, char *declarator, struct context at)
{
	if (at.depth > MAX_DEPTH) {
		free(declarator);
		return mem_string("...");
	}
	switch (dwarf_tag(type)) {
	case DW_TAG_pointer_type:
		return spell_pointer(type, "*", declarator, at);
	case DW_TAG_reference_type:
		return spell_pointer(type, "&", declarator, at);
	case DW_TAG_rvalue_reference_type:
		return spell_pointer(type, "&&", declarator, at);
	case DW_TAG_const_type:
		return spell_qualified(type, "const", declarator, at);
	case DW_TAG_volatile_type:
		return spell_qualified(type, "volatile", declarator, at);
	case DW_TAG_restrict_type:
		return spell_qualified(type, "restrict", declarator, at);
	case DW_TAG_atomic_type:
		return spell_qualified(type, "_Atomic", declarator, at);
	case DW_TAG_array_type:
		return spell_array(type, declarator, at);
	case DW_TAG_subroutine_type:
		return spell_function(type, declarator, at);
	case DW_TAG_structure_type:
		return spell_name(type, "struct ", declarator, at);
	case DW_TAG_class_type:
		return spell_name(type, "class ", declarator, at);
	case DW_TAG_union_type:
		return spell_name(type, "union ", declarator, at);
	case DW_TAG_enumeration_type:
		return spell_name(type, "enum ", declarator, at);
	default:
		return spell_name(type, "", declarator, at);
	}
}

char *type_name(Dwarf_Die *die)
{
	/* types may come from units that several languages share */
	struct context at = {.c = die_is_c(die)};
	Dwarf_Die type;

	return die_reference(die, DW_AT_type, &type) ? spell(&type, mem_string(""), at) : NULL;
}
