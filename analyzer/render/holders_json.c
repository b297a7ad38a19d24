/*
 * Prints who holds the live blocks as JSON: see holders_view.h.
 */
#include "render/holders_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "load/snapshot.h"
#include "model/holders.h"
#include "model/profile.h"
#include "render/json.h"
#include "render/records.h"
#include "symbolize/variable.h"

static void json_steps(struct json *json, const struct holders *holders,
		       const struct holder_path *path)
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

static void json_paths(struct json *json, const struct holders_view *view, struct holders *holders,
		       const struct holder *holder)
{
	size_t shown = 0;

	json_array(json, "paths");
	for (size_t i = holders_view_next_path(view, holder, 0);
	     i < holder->path_count && shown < HOLDERS_VIEW_PATHS;
	     i = holders_view_next_path(view, holder, i + 1), shown++) {
		struct holder_path *path = &holder->paths[i];
		const struct holder *local = holders_local(holders, path);

		json_object(json, NULL);
		json_string(json, "variable", local ? local->local : NULL);
		json_string(json, "function", local ? local->symbol : NULL);
		json_string(json, "path", holders_path(holders, path));
		json_unsigned(json, "bytes", path->bytes);
		json_unsigned(json, "blocks", path->blocks);
		record_site(json, "site", path->site);
		json_steps(json, holders, path);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_thread(struct json *json, const struct holders *holders,
			const struct holder *holder)
{
	const struct snapshot_thread *thread = holder->thread;

	json_string(json, "thread", thread ? thread->name : NULL);
	json_unsigned(json, "thread_id", thread ? thread->record.tid : 0);
	json_string(json, "thread_start", thread ? holders_thread_start(holders, thread) : NULL);
}

static void json_holder(struct json *json, const struct holders_view *view, struct holders *holders,
			const struct holder *holder)
{
	const struct holder *by = holders_view_described(holder);
	size_t first = holders_view_next_path(view, by, 0);

	json_object(json, NULL);
	json_string(json, "root", holder->many ? "unknown" : holders_root_name(holder->kind));
	json_string(json, "symbol", holder->symbol);
	json_string(json, "type", holder->type);
	json_string(json, "module", holder->module);
	json_string(json, "file", holder->file);
	json_unsigned(json, "line", holder->line);
	json_unsigned(json, "address", holder->address);
	json_thread(json, holders, holder);
	json_string(json, "path",
		    first < by->path_count ? holders_path(holders, &by->paths[first]) : NULL);
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
	json_paths(json, view, holders, by);
	json_end_object(json);
}

void holders_json(const struct holders_view *view, const struct profile *profile,
		  struct holders *holders)
{
	struct json json = {.file = stdout};
	uint64_t shown = 0;

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.holders/1");
	record_snapshot(&json, "snapshot", profile->snapshot);
	record_graph(&json, &profile->snapshot->graph.summary);
	json_array(&json, "holders");
	for (size_t i = 0; i < holders->count && shown < view->options->limit; i++) {
		if (!holders_view_wants(view, holders->list[i]))
			continue;
		json_holder(&json, view, holders, holders->list[i]);
		shown++;
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}
