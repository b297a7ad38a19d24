/* Writes the JSON objects that several commands share: see records.h. */
#include "render/records.h"

#include <string.h>

#include "load/snapshot.h"
#include "model/doubt.h"
#include "model/profile.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"

static void frame_object(struct json *json, const char *name, const struct frame *frame)
{
	json_object(json, name);
	json_string(json, "function", frame->function);
	if (frame->full_name && frame->function && strcmp(frame->full_name, frame->function) != 0)
		json_string(json, "full_name", frame->full_name);
	json_string(json, "file", frame->file);
	json_unsigned(json, "line", frame->line);
	json_string(json, "module", frame->module_path);
	json_unsigned(json, "address", frame->address);
	json_bool(json, "inlined", frame->inlined);
	json_end_object(json);
}

void record_frame(struct json *json, const struct frame *frame)
{
	frame_object(json, NULL, frame);
}

void record_site(struct json *json, const char *name, const struct profile_site *site)
{
	frame_object(json, name, site->frames[site->blamed]);
}

void record_graph(struct json *json, const struct silt_graph *graph)
{
	json_object(json, "graph");
	json_bool(json, "certain", graph->flags & SILT_GRAPH_STOPPED);
	json_unsigned(json, "threads", graph->threads);
	json_unsigned(json, "threads_stopped", graph->threads_stopped);
	json_bool(json, "still", graph->flags & (SILT_GRAPH_STOPPED | SILT_GRAPH_STILL));
	json_unsigned(json, "pause_ns", graph->pause_ns);
	json_unsigned(json, "stop_ns", graph->stop_ns);
	json_unsigned(json, "scan_ns", graph->scan_ns);
	json_unsigned(json, "blocks", graph->blocks);
	json_unsigned(json, "bytes", graph->bytes);
	json_unsigned(json, "copy_bytes", graph->copy_bytes);
	json_unsigned(json, "ignored_blocks", graph->verdict_blocks[SILT_IGNORED]);
	json_unsigned(json, "ignored_bytes", graph->verdict_bytes[SILT_IGNORED]);
	json_end_object(json);
}

void record_triples(struct json *json, const char *name, const struct profile *profile,
		    const struct snapshot_component *component)
{
	json_array(json, name);
	for (uint64_t i = 0; i < component->triple_count; i++) {
		const struct snapshot_triple *triple =
			&profile->snapshot->graph.triples[component->first_triple + i];

		json_object(json, NULL);
		record_site(json, "from", &profile->sites[triple->from]);
		json_unsigned(json, "offset", triple->offset);
		record_site(json, "to", &profile->sites[triple->to]);
		json_end_object(json);
	}
	json_end_array(json);
}

void record_traceback(struct json *json, const struct profile_site *site)
{
	json_array(json, "traceback");
	for (uint32_t i = 0; i < site->frame_count; i++)
		record_frame(json, site->frames[i]);
	json_end_array(json);
	json_unsigned(json, "blamed", site->blamed);
}

void record_key(struct json *json, const struct frame *frame, enum statistics_key key)
{
	bool place = key == KEY_LINE || key == KEY_TRACEBACK;

	json_object(json, "key");
	json_string(json, "function", place || key == KEY_FUNCTION ? frame->function : NULL);
	json_string(json, "file",
		    key == KEY_MODULE || !statistics_has_line(frame) ? NULL : frame->file);
	json_unsigned(json, "line", place ? frame->line : 0);
	json_string(json, "module", frame->module_path);
	if (place && !statistics_has_line(frame))
		json_unsigned(json, "address", frame->address);
	json_end_object(json);
}

void record_snapshot(struct json *json, const char *name, const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;

	json_object(json, name);
	json_string(json, "path", snapshot->path);
	json_unsigned(json, "pid", process->pid);
	json_array(json, "command");
	for (uint64_t i = 0; i < snapshot->argument_count; i++)
		json_string(json, NULL, snapshot->arguments[i]);
	json_end_array(json);
	json_string(json, "executable", snapshot->executable);
	json_string(json, "host", snapshot->host);
	json_string(json, "version", snapshot->version);
	json_string(json, "trigger", snapshot_trigger_name(process->trigger));
	json_string(json, "label", snapshot->label);
	json_unsigned(json, "sequence", process->sequence);
	json_unsigned(json, "time_unix_ns", process->time_unix_ns);
	json_unsigned(json, "uptime_ns", process->uptime_ns);
	json_unsigned(json, "sample_bytes", process->sample_bytes);
	json_end_object(json);
}

void record_totals(struct json *json, const struct snapshot *snapshot)
{
	const struct silt_process *process = &snapshot->process;

	json_object(json, "totals");
	json_unsigned(json, "live_bytes", process->live_bytes);
	json_unsigned(json, "live_blocks", process->live_blocks);
	json_unsigned(json, "total_bytes", process->total_bytes);
	json_unsigned(json, "total_blocks", process->total_blocks);
	json_unsigned(json, "freed_blocks", process->freed_blocks);
	json_unsigned(json, "peak_live_bytes", process->peak_live_bytes);
	json_unsigned(json, "rss_bytes", process->rss_bytes);
	json_unsigned(json, "anonymous_rss_bytes", process->anonymous_rss_bytes);
	json_unsigned(json, "heap_arena_bytes", process->heap_arena_bytes);
	json_unsigned(json, "heap_mapped_bytes", process->heap_mapped_bytes);
	json_unsigned(json, "heap_free_bytes", process->heap_free_bytes);
	json_unsigned(json, "heap_trimmable_bytes", process->heap_trimmable_bytes);
	json_unsigned(json, "threads", process->threads);
	json_unsigned(json, "overhead_bytes", process->overhead_bytes);
	json_unsigned(json, "lost_records", process->lost_records);
	json_unsigned(json, "lost_sites", process->lost_sites);
	json_unsigned(json, "memory_limit_bytes", process->memory_limit_bytes);
	json_unsigned(json, "memory_reached_ns", process->memory_reached_ns);
	json_unsigned(json, "lost_snapshots", process->lost_snapshots);
	json_unsigned(json, "unknown_frees", process->unknown_frees);
	json_unsigned(json, "tracebacks", process->tracebacks);
	json_unsigned(json, "tracebacks_cut", process->tracebacks_cut);
	json_unsigned(json, "tracebacks_failed", process->tracebacks_failed);
	json_unsigned(json, "tracebacks_guessed", process->tracebacks_guessed);
	json_end_object(json);
}

void record_doubt(struct json *json, const struct snapshot *snapshot)
{
	json_array(json, "notes");
	if (doubt_of(snapshot))
		json_string(json, NULL, doubt_of(snapshot));
	json_end_array(json);
}

const char *record_key_name(enum statistics_key key)
{
	static const char *const names[] = {"line", "function", "file", "module", "traceback"};

	return names[key];
}
