/*
 * Prints errors of a command line: see usage.h.
 */
#include "cli/usage.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/suggest.h"
#include "util/utf8.h"

/* -- options -- */

static const struct option *find_value(const struct option *options, int value)
{
	for (; options->name; options++)
		if (options->val == value)
			return options;
	return NULL;
}

static bool is_start_of(const char *word, size_t length, const char *name)
{
	return strncmp(word, name, length) == 0;
}

/* Prints "; did you mean --interval or --include?", or where options are listed. */
static void print_meant(const char *command, const char *word, size_t length,
			const struct option *options)
{
	char *name = mem_substring(word, length);
	bool ambiguous = false;
	size_t shown = 0;

	for (const struct option *o = options; o->name; o++)
		ambiguous |= length > 0 && is_start_of(name, length, o->name);
	for (const struct option *o = options; o->name; o++) {
		if (ambiguous ? !is_start_of(name, length, o->name) : !suggest_near(name, o->name))
			continue;
		fprintf(stderr, "%s--%s", shown++ ? " or " : "; did you mean ", o->name);
	}
	if (shown)
		fputs("?\n", stderr);
	else
		fprintf(stderr, "; %s --help lists them\n", command);
	free(name);
}

static void print_unknown(const char *command, const char *argument, const struct option *options)
{
	const char *word = argument + 2;

	fprintf(stderr, "%s: no option ", command);
	utf8_print(stderr, argument);
	print_meant(command, word, strcspn(word, "="), options);
}

/* By getopt(3), optopt is 0 for an unknown long option, or the value of one that must not have
 * an argument. */
static void print_wrong(const char *command, const char *argument, const struct option *options)
{
	const struct option *option = optopt ? find_value(options, optopt) : NULL;
	size_t length = strcspn(argument, "=");

	if (!optopt)
		print_unknown(command, argument, options);
	else if (option && argument[length])
		utf8_complain("%s: %.*s takes no value: %s", command, (int)length, argument,
			      argument);
	else
		utf8_complain("%s: no option -%c; %s --help lists them", command, optopt, command);
}

int usage_getopt(int argc, char **argv, const char *letters, const struct option *options)
{
	bool in_order = letters[0] == '+';
	char *quiet = mem_format("%s:%s", in_order ? "+" : "", letters + in_order);
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, quiet, options, NULL);
	free(quiet);
	if (option == '?')
		print_wrong(argv[0], argv[optind > 1 ? optind - 1 : 1], options);
	if (option != ':')
		return option;
	utf8_complain("%s: %s: a value is missing", argv[0], argv[optind - 1]);
	return '?';
}

/* -- operands -- */

static void print_start(const char *usage)
{
	const char *end = strstr(usage, "\n\n");

	fprintf(stderr, "%.*s\n", end ? (int)(end - usage) : (int)strlen(usage), usage);
}

bool usage_operands(const char *command, const char *usage, char **operands, size_t least,
		    size_t most, const char *expected)
{
	size_t count = 0;

	while (operands[count])
		count++;
	if (count >= least && count <= most)
		return true;
	if (count < least)
		utf8_complain("%s: expected %s", command, expected);
	else
		utf8_complain("%s: %s: one operand too many; expected %s", command, operands[most],
			      expected);
	print_start(usage);
	return false;
}
