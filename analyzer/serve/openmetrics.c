/* Writes OpenMetrics text: see openmetrics.h. */
#include "serve/openmetrics.h"

#include <stdbool.h>
#include <string.h>

#include "serve/figures.h"
#include "serve/metrics.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

static const char *const own_labels[] = {"host",    "program", "build_id", "run",
					 "verdict", "kind",    "function", "place"};

static bool has_label(const struct openmetrics_labels *labels, const char *name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(name, labels->list[i].name) == 0)
			return true;
	return false;
}

const char *openmetrics_check_label(const struct openmetrics_labels *labels, const char *name)
{
	if (strspn(name, LETTERS) == 0 || name[strspn(name, LETTERS DIGITS)] ||
	    strncmp(name, "__", 2) == 0)
		return "the name of a label is made of letters, digits and _, and does not begin "
		       "with a digit or __";
	for (size_t i = 0; i < sizeof own_labels / sizeof own_labels[0]; i++)
		if (strcmp(name, own_labels[i]) == 0)
			return "silt has a label of that name itself";
	return has_label(labels, name) ? "given twice" : NULL;
}

struct writing {
	FILE *file;
	const struct openmetrics_labels *labels;
	/* of the current family */
	const char *name;
};

static void begin(void *argument, const struct metric_family *family)
{
	struct writing *w = argument;

	w->name = family->name;
	fprintf(w->file, "# HELP %s %s\n# TYPE %s gauge\n", family->name, family->help,
		family->name);
}

static void write_label(FILE *file, char before, const char *name, const char *value)
{
	fprintf(file, "%c%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", file);
		else if (*value == '"' || *value == '\\')
			fprintf(file, "\\%c", *value);
		else
			fputc(*value, file);
	}
	fputc('"', file);
}

static void write_process(const struct writing *w, const struct process_figures *figures)
{
	write_label(w->file, '{', "host", figures->host);
	write_label(w->file, ',', "program", figures->program);
	write_label(w->file, ',', "run", figures->run);
	write_label(w->file, ',', "build_id", figures->build_id);
	if (*figures->version && !has_label(w->labels, "version"))
		write_label(w->file, ',', "version", figures->version);
	for (size_t i = 0; i < w->labels->count; i++)
		write_label(w->file, ',', w->labels->list[i].name, w->labels->list[i].value);
}

static void sample(void *argument, const struct process_figures *figures, double value,
		   const char *const *more)
{
	const struct writing *w = argument;
	bool any = figures || *more;

	fputs(w->name, w->file);
	if (figures)
		write_process(w, figures);
	for (const char *const *pair = more; *pair; pair += 2)
		write_label(w->file, figures || pair != more ? ',' : '{', pair[0], pair[1]);
	fprintf(w->file, "%s %.16g\n", any ? "}" : "", value);
}

void openmetrics_write(FILE *file, const struct monitor *monitor,
		       const struct openmetrics_labels *labels)
{
	struct writing w = {file, labels, NULL};
	struct metrics_sink sink = {&w, begin, sample};

	metrics_walk(monitor, &sink);
	fputs("# EOF\n", file);
}
