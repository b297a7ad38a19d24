/*
 * Writes speedscope's JSON: see exports.h.
 * Must not: apply a rule of diagnosis.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/stacks.h"
#include "render/exports.h"
#include "render/json.h"
#include "render/names.h"
#include "silt_release.h"
#include "util/mem.h"

static const struct {
	enum stacks_figure figure;
	const char *name, *unit;
} views[] = {
	{STACKS_LIVE_BYTES, "live bytes", "bytes"},
	{STACKS_LIVE_BLOCKS, "live blocks", "none"},
	{STACKS_ALLOCATED_BYTES, "allocated bytes", "bytes"},
	{STACKS_ALLOCATED_BLOCKS, "allocated blocks", "none"},
};

static void write_frames(struct json *json, struct names *names, const struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->count; i++)
		for (uint32_t frame = 0; frame < stacks->list[i].frame_count; frame++)
			names_of(names, stacks->list[i].frames[frame]);
	json_object(json, "shared");
	json_array(json, "frames");
	for (size_t i = 0; i < names_count(names); i++) {
		const struct name *name = names_get(names, i);

		json_object(json, NULL);
		json_string(json, "name", name->function);
		if (*name->file || *name->module)
			json_string(json, "file", *name->file ? name->file : name->module);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void write_profile(struct json *json, struct names *names, const struct stacks *stacks,
			  size_t view)
{
	enum stacks_figure figure = views[view].figure;

	json_object(json, NULL);
	json_string(json, "type", "sampled");
	json_string(json, "name", views[view].name);
	json_string(json, "unit", views[view].unit);
	json_unsigned(json, "startValue", 0);
	json_unsigned(json, "endValue", stacks->new_total[figure]);
	json_array(json, "samples");
	for (size_t i = 0; i < stacks->count; i++) {
		const struct stack *stack = &stacks->list[i];

		if (!stack->new[figure])
			continue;
		json_array(json, NULL);
		for (uint32_t frame = stack->frame_count; frame-- > 0;)
			json_unsigned(json, NULL, names_of(names, stack->frames[frame]));
		json_end_array(json);
	}
	json_end_array(json);
	json_array(json, "weights");
	for (size_t i = 0; i < stacks->count; i++)
		if (stacks->list[i].new[figure])
			json_unsigned(json, NULL, stacks->list[i].new[figure]);
	json_end_array(json);
	json_end_object(json);
}

void speedscope_write(FILE *file, const struct stacks *stacks)
{
	struct json json = {.file = file};
	struct names *names = names_new();
	char *title = names_title(stacks->new->snapshot);

	json_object(&json, NULL);
	json_string(&json, "$schema", "https://www.speedscope.app/file-format-schema.json");
	json_string(&json, "exporter", "silt@" SILT_RELEASE);
	json_string(&json, "name", title);
	json_unsigned(&json, "activeProfileIndex", 0);
	write_frames(&json, names, stacks);
	json_array(&json, "profiles");
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
		write_profile(&json, names, stacks, i);
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
	free(title);
	names_free(names);
}
