/* Prints functions and what they allocate: see functions_view.h. */
#include "render/functions_view.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>

#include "model/statistics.h"
#include "render/records.h"
#include "render/text.h"
#include "symbolize/frame.h"
#include "util/size.h"
#include "util/utf8.h"

static bool matches(const char *glob, const struct function *function)
{
	return function->frame->function && fnmatch(glob, function->frame->function, 0) == 0;
}

static bool shown(const struct functions_view *view, const struct function *function)
{
	if (view->callers || view->callees)
		return (view->callers && matches(view->callers, function)) ||
		       (view->callees && matches(view->callees, function));
	return view->all || function->self.total_blocks > 0;
}

/* -- text -- */

static void print_name(const struct frame *frame)
{
	if (!frame->function) {
		text_place(frame, KEY_LINE);
		return;
	}
	utf8_print(stdout, frame->function);
	if (statistics_has_line(frame) || frame->module) {
		fputs(" (", stdout);
		utf8_print(stdout, statistics_has_line(frame) ? frame->file : frame->module);
		putchar(')');
	}
}

static double per_call(const struct functions_figures *figures)
{
	return figures->total_blocks ? (double)figures->total_bytes / (double)figures->total_blocks
				     : 0;
}

static void print_header(bool with_short)
{
	printf("%11s %9s %9s %9s %10s %9s %9s  function\n", "allocations", "self", "percall",
	       "blocks", "cumulative", with_short ? "short" : "freed", "temporary");
}

static void print_function(const struct function *function, const struct functions_view *view)
{
	char self[SIZE_TEXT], each[SIZE_TEXT], all[SIZE_TEXT];
	uint64_t gone = function->short_blocks == FUNCTIONS_UNKNOWN ? function->freed_blocks
								    : function->short_blocks;

	printf("%11" PRIu64 " %9s %9s %9" PRIu64 " %10s %9" PRIu64 " %9" PRIu64 "  ",
	       function->self.total_blocks, size_format(self, (double)function->self.size, false),
	       size_format(each, per_call(&function->self), false), function->self.count,
	       size_format(all, (double)function->cumulative.size, false), gone,
	       function->temporary_blocks);
	if (view->colour)
		fputs("\033[1m", stdout);
	print_name(function->frame);
	puts(view->colour ? "\033[0m" : "");
	if (view->traceback)
		text_traceback(function->example, view->traceback);
}

static void print_edges(const struct functions *functions, size_t number, bool callers)
{
	char size[SIZE_TEXT];

	for (size_t i = 0; i < functions->edge_count; i++) {
		const struct functions_edge *edge = &functions->edges[i];

		if ((callers ? edge->callee : edge->caller) != number)
			continue;
		printf("%11" PRIu64 " %9s %9s %9" PRIu64 " %10s %9s %9s    %s ",
		       edge->figures.total_blocks, "", "", edge->figures.count,
		       size_format(size, (double)edge->figures.size, false), "", "",
		       callers ? "<-" : "->");
		print_name(functions->list[callers ? edge->caller : edge->callee].frame);
		putchar('\n');
	}
}

void functions_text(const struct functions *functions, const struct functions_view *view)
{
	size_t left = 0, done = 0;

	print_header(functions->count && functions->list[0].short_blocks != FUNCTIONS_UNKNOWN);
	for (size_t i = 0; i < functions->count; i++) {
		const struct function *function = &functions->list[i];

		if (!shown(view, function))
			continue;
		if (done >= view->limit) {
			left++;
			continue;
		}
		done++;
		print_function(function, view);
		if (view->callers && matches(view->callers, function))
			print_edges(functions, i, true);
		if (view->callees && matches(view->callees, function))
			print_edges(functions, i, false);
	}
	if (left)
		printf("%zu more; --limit 0 shows all\n", left);
}

/* -- JSON -- */

static void json_edges(struct json *json, const struct functions *functions, size_t number,
		       bool callers)
{
	json_array(json, callers ? "callers" : "callees");
	for (size_t i = 0; i < functions->edge_count; i++) {
		const struct functions_edge *edge = &functions->edges[i];

		if ((callers ? edge->callee : edge->caller) != number)
			continue;
		json_object(json, NULL);
		record_key(json, functions->list[callers ? edge->caller : edge->callee].frame,
			   KEY_FUNCTION);
		json_unsigned(json, "cumulative_size", edge->figures.size);
		json_unsigned(json, "cumulative_count", edge->figures.count);
		json_unsigned(json, "cumulative_total_bytes", edge->figures.total_bytes);
		json_unsigned(json, "cumulative_total_blocks", edge->figures.total_blocks);
		json_end_object(json);
	}
	json_end_array(json);
}

void functions_json(struct json *json, const struct functions *functions,
		    const struct functions_view *view)
{
	uint64_t done = 0;

	json_array(json, "stats");
	for (size_t i = 0; i < functions->count && done < view->limit; i++) {
		const struct function *function = &functions->list[i];

		if (!shown(view, function))
			continue;
		done++;
		json_object(json, NULL);
		record_key(json, function->frame, KEY_FUNCTION);
		json_unsigned(json, "size", function->self.size);
		json_unsigned(json, "count", function->self.count);
		json_unsigned(json, "total_bytes", function->self.total_bytes);
		json_unsigned(json, "total_blocks", function->self.total_blocks);
		json_unsigned(json, "freed_blocks", function->freed_blocks);
		json_unsigned(json, "temporary_blocks", function->temporary_blocks);
		if (function->short_blocks != FUNCTIONS_UNKNOWN)
			json_unsigned(json, "short_lived_blocks", function->short_blocks);
		json_unsigned(json, "cumulative_size", function->cumulative.size);
		json_unsigned(json, "cumulative_count", function->cumulative.count);
		json_unsigned(json, "cumulative_total_bytes", function->cumulative.total_bytes);
		json_unsigned(json, "cumulative_total_blocks", function->cumulative.total_blocks);
		if (view->callers && matches(view->callers, function))
			json_edges(json, functions, i, true);
		if (view->callees && matches(view->callees, function))
			json_edges(json, functions, i, false);
		record_traceback(json, function->example);
		json_end_object(json);
	}
	json_end_array(json);
}
