/*
 * Answers questions about a program's variables as the analyzer does; tests/e2e/variables.sh has
 * programs ask about themselves.
 *
 * Usage: path_text FILE <QUESTIONS QUESTIONS: lines "data ADDRESS STEP...", "tls OFFSET STEP...",
 * "local PC CFA_OFFSET STEP..." (PC is a return address); STEP: OFFSET[/STRIDE][@TARGET][r]. The
 * answer to one without steps is "NAME TYPE FILE:LINE SIZE".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/variable.h"

#define MAX_STEPS 32

static size_t read_steps(char **words, struct path_step *steps)
{
	size_t count = 0;

	for (const char *word; count < MAX_STEPS && (word = strtok_r(NULL, " \n", words)) != NULL;
	     count++) {
		struct path_step *step = &steps[count];
		char *end;

		*step = (struct path_step){.offset = strtoull(word, &end, 0)};
		if (*end == '/')
			step->stride = strtoull(end + 1, &end, 0);
		if (*end == '@')
			step->target = strtoull(end + 1, &end, 0);
		step->repeats = *end == 'r';
	}
	return count;
}

static void describe(const char *name, const char *type, const char *file, unsigned line,
		     uint64_t size)
{
	const char *slash = file ? strrchr(file, '/') : NULL;

	printf("%s %s %s:%u %llu\n", name, type ? type : "-",
	       slash  ? slash + 1
	       : file ? file
		      : "-",
	       line, (unsigned long long)size);
}

static void answer(struct symbolizer *symbolizer, const struct symbol_module *module,
		   char *question)
{
	struct path_step steps[MAX_STEPS] = {{0}};
	const struct variable *variable = NULL;
	const char *name = NULL, *file = NULL;
	char *words, *kind = strtok_r(question, " \n", &words),
		     *address = strtok_r(NULL, " \n", &words);
	char *text;
	unsigned line = 0;
	size_t count;

	if (!address)
		return;
	if (strcmp(kind, "local") == 0) {
		const char *cfa_offset = strtok_r(NULL, " \n", &words);

		count = read_steps(&words, steps);
		text = symbolizer_local_path(symbolizer, module, strtoull(address, NULL, 0), false,
					     strtoll(cfa_offset ? cfa_offset : "", NULL, 0), steps,
					     count, &name, &file, &line);
		if (text && count == 0)
			describe(name, NULL, file, line, 0);
		else
			puts(text ? text : "none");
		free(text);
		return;
	}
	variable = symbolizer_variable(symbolizer, module, strtoull(address, NULL, 0),
				       strcmp(kind, "tls") == 0);
	count = read_steps(&words, steps);
	if (count == 0) {
		if (variable)
			describe(variable->name, variable->type, variable->file, variable->line,
				 variable->size);
		else
			puts("none");
		return;
	}
	text = symbolizer_path(symbolizer, module, variable, address, steps, count);
	puts(text);
	free(text);
}

int main(int argc, char **argv)
{
	struct symbolizer *symbolizer = symbolizer_new();
	struct symbol_module module = {.path = argc > 1 ? argv[1] : ""};
	char line[4096];

	while (fgets(line, sizeof line, stdin))
		answer(symbolizer, &module, line);
	symbolizer_free(symbolizer);
	return 0;
}
