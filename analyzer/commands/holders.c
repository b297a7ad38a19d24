/*
 * silt holders: who holds the live blocks, with the paths from there.
 */
#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "model/holders.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt holders [options] SNAP|RUN\n"
	"\n"
	"Shows which globals, threads and other roots hold the live blocks, and by which paths; of a run:\n"
	"in its last snapshot with a heap graph.\n"
	"\n";

static const char more_help[] =
	"      --global GLOB    only holders of this name\n"
	"      --function GLOB  only paths to blocks that a function of this name allocated\n"
	"      --site FILE:LINE only paths to blocks that were allocated there (also: a glob, as --include "
	"takes it)\n"
	"                       --format also takes dot: a graph for Graphviz\n";

enum { OPT_SITE = OPTIONS_FORMAT + 1, OPT_FUNCTION, OPT_GLOBAL };

struct request {
	struct options options;
	const char *global;
	const char *function;
	struct filter_list sites;
	bool dot;
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;

	switch (option) {
	case OPTIONS_FORMAT:
		request->dot = strcmp(value, "dot") == 0;
		return request->dot ? 0 : -1;
	case OPT_SITE:
		filter_add(&request->sites, value, true);
		return -1;
	case OPT_FUNCTION:
		request->function = value;
		return -1;
	case OPT_GLOBAL:
		request->global = value;
		return -1;
	default:
		return 2;
	}
}

/* -- what is shown -- */

static bool allocated_by(const struct profile_site *site, const char *function)
{
	for (uint32_t i = 0; i < site->frame_count; i++)
		if (site->frames[i]->function && fnmatch(function, site->frames[i]->function, 0) == 0)
			return true;
	return false;
}

static bool path_wanted(const struct request *request, const struct holder_path *path)
{
	return filter_keeps(&request->options.filters, path->site) &&
	       (!request->sites.count || filter_keeps(&request->sites, path->site)) &&
	       (!request->function || allocated_by(path->site, request->function));
}

static bool narrowed(const struct request *request)
{
	return request->sites.count || request->function || request->options.filters.count;
}

/* The next wanted path at or after `from`; path_count: none. */
static size_t next_path(const struct request *request, const struct holder *holder, size_t from)
{
	while (from < holder->path_count && !path_wanted(request, &holder->paths[from]))
		from++;
	return from;
}

static const struct holder *described(const struct holder *holder)
{
	return holder->sharer_count ? holder->sharers[0] : holder;
}

static bool holder_wanted(const struct request *request, const struct holder *holder)
{
	const struct holder *by = described(holder);

	if (request->global && (!holder->symbol || fnmatch(request->global, holder->symbol, 0) != 0))
		return false;
	if (narrowed(request))
		return !holder->sharer_count && !holder->many && next_path(request, by, 0) < by->path_count;
	return holder->retained_blocks || holder->held_blocks;
}

/* -- JSON -- */

static void json_steps(struct json *json, const struct holders *holders, const struct holder_path *path)
{
	size_t count;
	struct path_step *steps = holders_steps(holders, path, &count);

	json_array(json, "steps");
	for (size_t i = 0; i < count; i++) {
		json_object(json, NULL);
		json_unsigned(json, "offset", steps[i].offset);
		json_unsigned(json, "stride", steps[i].stride);
		json_unsigned(json, "target", steps[i].target);
		json_bool(json, "repeats", steps[i].repeats);
		json_end_object(json);
	}
	json_end_array(json);
	free(steps);
}

#define JSON_PATHS 16 /* under a holder, largest first */

static void json_paths(struct json *json, const struct request *request, const struct holders *holders,
		       const struct holder *holder)
{
	size_t shown = 0;

	json_array(json, "paths");
	for (size_t i = next_path(request, holder, 0); i < holder->path_count && shown < JSON_PATHS;
	     i = next_path(request, holder, i + 1), shown++) {
		struct holder_path *path = &holder->paths[i];

		json_object(json, NULL);
		json_string(json, "path", holders_path(holders, path));
		json_unsigned(json, "bytes", path->bytes);
		json_unsigned(json, "blocks", path->blocks);
		record_site(json, "site", path->site);
		json_steps(json, holders, path);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_thread(struct json *json, const struct holders *holders, const struct holder *holder)
{
	const struct snapshot_thread *thread = holder->thread;

	json_string(json, "thread", thread ? thread->name : NULL);
	json_unsigned(json, "thread_id", thread ? thread->record.tid : 0);
	json_string(json, "thread_start", thread ? holders_thread_start(holders, thread) : NULL);
}

static void json_holder(struct json *json, const struct request *request, const struct holders *holders,
			const struct holder *holder)
{
	const struct holder *by = described(holder);
	size_t first = next_path(request, by, 0);

	json_object(json, NULL);
	json_string(json, "root", holder->many ? "unknown" : holders_root_name(holder->kind));
	json_string(json, "symbol", holder->symbol);
	json_string(json, "type", holder->type);
	json_string(json, "module", holder->module);
	json_string(json, "file", holder->file);
	json_unsigned(json, "line", holder->line);
	json_unsigned(json, "address", holder->address);
	json_thread(json, holders, holder);
	json_string(json, "path", first < by->path_count ? holders_path(holders, &by->paths[first]) : NULL);
	json_unsigned(json, "retained_bytes", holder->retained_bytes);
	json_unsigned(json, "retained_blocks", holder->retained_blocks);
	json_unsigned(json, "held_bytes", holder->held_bytes);
	json_unsigned(json, "held_blocks", holder->held_blocks);
	json_array(json, "together_with");
	for (size_t i = 1; i < holder->sharer_count; i++) {
		json_object(json, NULL);
		json_string(json, "root", holders_root_name(holder->sharers[i]->kind));
		json_string(json, "symbol", holder->sharers[i]->symbol);
		json_string(json, "module", holder->sharers[i]->module);
		json_unsigned(json, "address", holder->sharers[i]->address);
		json_end_object(json);
	}
	json_end_array(json);
	json_paths(json, request, holders, by);
	json_end_object(json);
}

static void print_json(const struct request *request, const struct profile *profile,
		       const struct holders *holders)
{
	struct json json = {.file = stdout};
	uint64_t shown = 0;

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.holders/1");
	record_snapshot(&json, "snapshot", profile->snapshot);
	record_graph(&json, &profile->snapshot->graph.summary);
	json_array(&json, "holders");
	for (size_t i = 0; i < holders->count && shown < request->options.limit; i++) {
		if (!holder_wanted(request, holders->list[i]))
			continue;
		json_holder(&json, request, holders, holders->list[i]);
		shown++;
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

/* -- text -- */

static void print_name(FILE *file, const struct holder *holder)
{
	char *name = holders_name(holder);

	utf8_print(file, name);
	free(name);
}

static const char *kind_text(const struct holder *holder)
{
	switch (holder->kind) {
	case SILT_ROOT_GLOBAL:
		return "global";
	case SILT_ROOT_TLS:
		return "thread-local";
	case SILT_ROOT_REGION:
		return "region the program named";
	case SILT_ROOT_STACK:
		return "stack";
	case SILT_ROOT_REGISTER:
		return "registers";
	default:
		return "memory outside the heap";
	}
}

static void print_where(const struct holder *holder)
{
	const char *slash = holder->module ? strrchr(holder->module, '/') : NULL;

	printf(" (%s", kind_text(holder));
	if (holder->file) {
		fputs(", ", stdout);
		utf8_print(stdout, holder->file);
		printf(":%u", holder->line);
	}
	if (holder->module && holder->symbol) {
		fputs(", in ", stdout);
		utf8_print(stdout, slash ? slash + 1 : holder->module);
	}
	if (holder->thread) {
		fputs(", thread ", stdout);
		utf8_print(stdout, holder->thread->name);
		printf(" %u", holder->thread->record.tid);
	}
	putchar(')');
}

#define TEXT_PATHS 5

static void print_paths(const struct request *request, const struct holders *holders,
			const struct holder *holder)
{
	size_t shown = 0, rest = 0;
	char size[SIZE_TEXT];

	for (size_t i = next_path(request, holder, 0); i < holder->path_count;
	     i = next_path(request, holder, i + 1)) {
		struct holder_path *path = &holder->paths[i];

		if (shown++ >= TEXT_PATHS) {
			rest++;
			continue;
		}
		fputs("  ", stdout);
		utf8_print(stdout, holders_path(holders, path));
		printf(": size=%s, count=%" PRIu64 "  ", size_format(size, (double)path->bytes, false),
		       path->blocks);
		text_site(path->site);
		putchar('\n');
		if (request->options.traceback)
			text_traceback(path->site, request->options.traceback);
	}
	if (rest)
		printf("  ... and %zu more paths\n", rest);
}

static void print_holder(const struct request *request, const struct holders *holders,
			 const struct holder *holder)
{
	char retained[SIZE_TEXT], held[SIZE_TEXT];

	if (holder->many) {
		printf("more than three roots together retain size=%s, count=%" PRIu64 "\n",
		       size_format(retained, (double)holder->retained_bytes, false), holder->retained_blocks);
		return;
	}
	if (request->options.colour)
		fputs("\033[1m", stdout);
	print_name(stdout, holder);
	if (request->options.colour)
		fputs("\033[0m", stdout);
	print_where(holder);
	for (size_t i = 1; i < holder->sharer_count; i++) {
		fputs(" and ", stdout);
		print_name(stdout, holder->sharers[i]);
		print_where(holder->sharers[i]);
	}
	printf("%s size=%s, count=%" PRIu64, holder->sharer_count ? " together retain" : ": retains",
	       size_format(retained, (double)holder->retained_bytes, false), holder->retained_blocks);
	if (!holder->sharer_count && holder->held_bytes > holder->retained_bytes)
		printf(" (holds size=%s, count=%" PRIu64 ", in part with others)",
		       size_format(held, (double)holder->held_bytes, false), holder->held_blocks);
	putchar('\n');
	if (!holder->sharer_count)
		print_paths(request, holders, holder);
}

static void print_text(const struct request *request, const struct profile *profile,
		       const struct holders *holders)
{
	uint64_t shown = 0, rest = 0;

	text_snapshot("", profile->snapshot);
	text_graph(&profile->snapshot->graph.summary);
	for (size_t i = 0; i < holders->count; i++) {
		if (!holder_wanted(request, holders->list[i]))
			continue;
		if (shown < request->options.limit)
			print_holder(request, holders, holders->list[i]);
		else
			rest++;
		shown++;
	}
	if (!shown)
		notes_print_nothing(&request->options.filters,
				    request->global || request->function || request->sites.count
					    ? "--global, --function and --site"
					    : NULL);
	if (rest)
		printf("%" PRIu64 " more; --limit 0 shows all\n", rest);
}

/* -- DOT -- */

static void dot_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < 32 ? ' ' : *text);
	}
	putchar('"');
}

static void dot_holder(const struct request *request, const struct holders *holders,
		       const struct holder *holder, size_t number)
{
	char size[SIZE_TEXT], *label;
	size_t shown = 0;

	printf("  h%zu [shape=box, label=", number);
	label = mem_format("%s\n%s retained",
			   holder->symbol ? holder->symbol : holders_root_name(holder->kind),
			   size_format(size, (double)holder->retained_bytes, false));
	dot_string(label);
	free(label);
	puts("];");
	for (size_t i = next_path(request, holder, 0); i < holder->path_count && shown < JSON_PATHS;
	     i = next_path(request, holder, i + 1), shown++) {
		struct holder_path *path = &holder->paths[i];
		const struct frame *frame = path->site->frames[path->site->blamed];

		label = mem_format("%s\n%" PRIu64 " blocks, %s", frame->function ? frame->function : "?",
				   path->blocks, size_format(size, (double)path->bytes, false));
		printf("  h%zu_%zu [label=", number, i);
		dot_string(label);
		free(label);
		printf("];\n  h%zu -> h%zu_%zu [label=", number, number, i);
		dot_string(holders_path(holders, path));
		puts("];");
	}
}

static void print_dot(const struct request *request, const struct holders *holders)
{
	uint64_t shown = 0;

	puts("digraph holders {\n  rankdir=LR;");
	for (size_t i = 0; i < holders->count && shown < request->options.limit; i++) {
		const struct holder *holder = holders->list[i];

		if (holder->many || holder->sharer_count || !holder_wanted(request, holder))
			continue;
		dot_holder(request, holders, holder, i);
		shown++;
	}
	puts("}");
}

int holders_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"site", required_argument, NULL, OPT_SITE},
						     {"function", required_argument, NULL, OPT_FUNCTION},
						     {"global", required_argument, NULL, OPT_GLOBAL},
						     {NULL, 0, NULL, 0}};
	struct request request = {.global = NULL};
	struct options_more more = {more_options, more_help, take, &request};
	struct holders *holders;
	struct input input;
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &request.options, usage, argv, true)) {
			holders = holders_new(input.context, input.profile);
			if (request.dot)
				print_dot(&request, holders);
			else if (request.options.json)
				print_json(&request, input.profile, holders);
			else
				print_text(&request, input.profile, holders);
			holders_free(holders);
			input_close(&input);
			status = 0;
		}
	}
	filter_free(&request.sites);
	options_free(&request.options);
	return status;
}
