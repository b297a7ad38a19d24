/*
 * Encodes pprof's profile.proto: see exports.h.
 * Must not: apply a rule of diagnosis, print.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "load/snapshot.h"
#include "model/profile.h"
#include "model/stacks.h"
#include "render/exports.h"
#include "render/names.h"
#include "render/pprof.pb-c.h"
#include "render/pprof_pack.h"
#include "silt_release.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/utf8.h"

#define FIGURES 4 /* values of a sample */
struct known_text {
	const char *text;
	int64_t number;
	UT_hash_handle hh;
};

/* An object identified by an address in our memory: a location by its first frame, a mapping by
 * its module's path. */
struct known {
	const void *key;
	uint64_t id;
	UT_hash_handle hh;
};

struct encoder {
	const struct stacks *stacks;
	struct pprof_packer packer;
	/* of the current sample */
	uint64_t *location_ids;
	size_t location_id_capacity;
	/* all of it comes from malloc, because protobuf-c frees it */
	Pprof__Profile *profile;
	struct names *names;
	struct known_text *texts;
	struct known *locations, *mappings;
	size_t text_capacity, location_capacity, mapping_capacity;
};

/* -- texts -- */

static int64_t text_number(struct encoder *encoder, const char *text)
{
	Pprof__Profile *profile = encoder->profile;
	struct known_text *known;

	HASH_FIND_STR(encoder->texts, text, known);
	if (!known) {
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		MEM_GROW(profile->string_table, profile->n_string_table, encoder->text_capacity);
		known = mem_zeroed(1, sizeof *known);
		known->number = (int64_t)profile->n_string_table;
		known->text = profile->string_table[profile->n_string_table++] = mem_string(text);
		HASH_ADD_KEYPTR(hh, encoder->texts, known->text, strlen(known->text), known);
	}
	return known->number;
}

static int64_t take_text(struct encoder *encoder, char *text)
{
	int64_t number = text_number(encoder, text);

	free(text);
	return number;
}

static Pprof__ValueType *value_type(struct encoder *encoder, const char *type, const char *unit)
{
	Pprof__ValueType *value = mem_alloc(sizeof *value);

	pprof__value_type__init(value);
	value->type = text_number(encoder, type);
	value->unit = text_number(encoder, unit);
	return value;
}

/* -- mappings -- */

static uint64_t remember(struct known **table, const void *key, uint64_t id)
{
	struct known *known = mem_zeroed(1, sizeof *known);

	known->key = key;
	known->id = id;
	HASH_ADD_PTR(*table, key, known);
	return id;
}

static void free_known(struct known *table)
{
	struct known *known, *next;

	HASH_ITER(hh, table, known, next)
	{
		HASH_DEL(table, known);
		free(known);
	}
}

/* Returns the module of a path that the symbolizer returned; such a path stands for one build
 * id. */
static const struct snapshot_module *find_module(const struct profile *profile, const char *path)
{
	if (!profile)
		return NULL;
	for (uint64_t i = 0; i < profile->snapshot->module_count; i++)
		if (profile->modules[i]->path == path)
			return &profile->snapshot->modules[i];
	return NULL;
}

static char *build_id_text(const struct snapshot_module *module)
{
	char *text = mem_zeroed(module->build_id_size * 2 + 1, 1);

	for (uint32_t i = 0; i < module->build_id_size; i++)
		sprintf(text + 2 * (size_t)i, "%02x", module->build_id[i]);
	return text;
}

/* Returns the id of a module's mapping; 0: no module. Frames of one module share the pointer to
 * its path. */
static uint64_t mapping_of(struct encoder *encoder, const char *path)
{
	Pprof__Profile *profile = encoder->profile;
	const struct snapshot_module *module;
	Pprof__Mapping *mapping;
	struct known *known;

	if (!path)
		return 0;
	HASH_FIND_PTR(encoder->mappings, &path, known);
	if (known)
		return known->id;
	module = find_module(encoder->stacks->new, path);
	if (!module)
		module = find_module(encoder->stacks->old, path);
	if (!module)
		return 0;
	MEM_GROW(profile->mapping, profile->n_mapping, // NOLINT(bugprone-sizeof-expression)
		 encoder->mapping_capacity);
	mapping = mem_alloc(sizeof *mapping);
	pprof__mapping__init(mapping);
	profile->mapping[profile->n_mapping++] = mapping;
	mapping->id = profile->n_mapping;
	mapping->memory_start = module->text_start;
	mapping->memory_limit = module->text_start + module->text_size;
	mapping->file_offset = module->text_offset;
	mapping->filename = take_text(encoder, utf8_clean(module->path));
	mapping->build_id = take_text(encoder, build_id_text(module));
	/* tells pprof not to symbolize the module's file again */
	mapping->has_functions = mapping->has_filenames = true;
	mapping->has_line_numbers = mapping->has_inline_frames = true;
	return remember(&encoder->mappings, path, mapping->id);
}

/* -- locations -- */

static void add_lines(struct encoder *encoder, Pprof__Location *location,
		      const struct frame *const *frames, size_t count)
{
	location->line = mem_alloc(count * sizeof(Pprof__Line *));
	location->n_line = count;
	for (size_t i = 0; i < count; i++) {
		Pprof__Line *line = location->line[i] = mem_alloc(sizeof *line);

		pprof__line__init(line);
		line->function_id = names_of(encoder->names, frames[i]) + 1;
		line->line = names_line(frames[i]);
	}
}

/* Returns the address in memory, in `new` or else `old`. It lies within the call, as pprof
 * expects, not at the return address. */
static uint64_t address_of(const struct encoder *encoder, const struct frame *frame)
{
	const struct snapshot_module *module =
		find_module(encoder->stacks->new, frame->module_path);

	if (!module)
		module = find_module(encoder->stacks->old, frame->module_path);
	return frame->address ? frame->address - 1 + (module ? module->bias : 0) : 0;
}

/* Returns the id of the location of one program counter: the frames up to the first that is not
 * inlined. Stores their number in `count`. */
static uint64_t location_of(struct encoder *encoder, const struct frame *const *frames,
			    size_t *count)
{
	Pprof__Profile *profile = encoder->profile;
	Pprof__Location *location;
	const struct frame *first = frames[0];
	size_t most = *count;
	struct known *known;

	for (*count = 1; *count < most && frames[*count - 1]->inlined; (*count)++)
		;
	HASH_FIND_PTR(encoder->locations, &first, known);
	if (known)
		return known->id;
	MEM_GROW(profile->location, profile->n_location, // NOLINT(bugprone-sizeof-expression)
		 encoder->location_capacity);
	location = mem_alloc(sizeof *location);
	pprof__location__init(location);
	profile->location[profile->n_location++] = location;
	location->id = profile->n_location;
	location->mapping_id = mapping_of(encoder, first->module_path);
	location->address = address_of(encoder, first);
	add_lines(encoder, location, frames, *count);
	return remember(&encoder->locations, first, location->id);
}

static void add_functions(struct encoder *encoder)
{
	Pprof__Profile *profile = encoder->profile;

	profile->n_function = names_count(encoder->names);
	profile->function = mem_zeroed(profile->n_function, sizeof(Pprof__Function *));
	for (size_t i = 0; i < profile->n_function; i++) {
		const struct name *name = names_get(encoder->names, i);
		Pprof__Function *function = profile->function[i] = mem_alloc(sizeof *function);

		pprof__function__init(function);
		function->id = i + 1;
		function->name = function->system_name = text_number(encoder, name->function);
		function->filename = text_number(encoder, name->file);
	}
}

/* -- samples -- */

static void add_sample(struct encoder *encoder, const struct stack *stack,
		       const int64_t values[FIGURES], bool base)
{
	/* by this label pprof knows what is subtracted, and takes percentages of it */
	Pprof__Label label = PPROF__LABEL__INIT, *labels[] = {&label};
	Pprof__Sample sample = PPROF__SAMPLE__INIT;
	bool any = false;

	for (int i = 0; i < FIGURES; i++)
		any |= values[i] != 0;
	if (!any)
		return;
	for (size_t at = 0, count; at < stack->frame_count; at += count) {
		count = stack->frame_count - at;
		MEM_GROW(encoder->location_ids, sample.n_location_id,
			 encoder->location_id_capacity);
		encoder->location_ids[sample.n_location_id++] =
			location_of(encoder, stack->frames + at, &count);
	}
	sample.location_id = encoder->location_ids;
	sample.value = (int64_t *)values;
	sample.n_value = FIGURES;
	if (base) {
		label.key = text_number(encoder, "pprof::base");
		label.str = text_number(encoder, "true");
		sample.label = labels;
		sample.n_label = 1;
	}
	pprof_pack_sample(&encoder->packer, &sample);
}

static void add_stack(struct encoder *encoder, const struct stack *stack, enum pprof_kind kind)
{
	int64_t values[FIGURES], base[FIGURES];

	for (int i = 0; i < FIGURES; i++) {
		values[i] = (int64_t)stack->new[i];
		base[i] = -(int64_t)stack->old[i];
		if (kind == PPROF_INTERVAL && i < STACKS_LIVE_BLOCKS)
			values[i] += base[i];
	}
	add_sample(encoder, stack, values, false);
	if (kind == PPROF_DIFFERENCE)
		add_sample(encoder, stack, base, true);
}

/* -- the profile -- */

static void add_comments(struct encoder *encoder)
{
	const struct snapshot *new = encoder->stacks->new->snapshot;
	const struct profile *old = encoder->stacks->old;
	char *title = names_title(new), *comment = mem_format("silt " SILT_RELEASE ": %s", title);

	encoder->profile->comment = mem_alloc(3 * sizeof *encoder->profile->comment);
	encoder->profile->comment[0] = take_text(encoder, comment);
	encoder->profile->comment[1] = take_text(encoder, names_command(new));
	encoder->profile->n_comment = 2;
	free(title);
	if (old) {
		title = names_title(old->snapshot);
		encoder->profile->comment[2] = take_text(encoder, mem_format("since: %s", title));
		encoder->profile->n_comment = 3;
		free(title);
	}
}

static void add_head(struct encoder *encoder, enum pprof_kind kind)
{
	static const char *const types[FIGURES][2] = {
		{"alloc_objects", "count"},
		{"alloc_space", "bytes"},
		{"inuse_objects", "count"},
		{"inuse_space", "bytes"},
	};
	Pprof__Profile *profile = encoder->profile;
	const struct silt_process *new = &encoder->stacks->new->snapshot->process;
	uint64_t from = encoder->stacks->old ? encoder->stacks->old->snapshot->process.time_unix_ns
					     : new->start_unix_ns;

	text_number(encoder, "");
	profile->sample_type = mem_alloc(FIGURES * sizeof(Pprof__ValueType *));
	for (; profile->n_sample_type < FIGURES; profile->n_sample_type++)
		profile->sample_type[profile->n_sample_type] =
			value_type(encoder, types[profile->n_sample_type][0],
				   types[profile->n_sample_type][1]);
	profile->default_sample_type = text_number(encoder, "inuse_space");
	profile->period_type = value_type(encoder, "space", "bytes");
	profile->period = new->sample_bytes ? (int64_t) new->sample_bytes : 1;
	/* a duration says that the figures are of an interval; Parca adds such figures up */
	profile->time_nanos = (int64_t) new->time_unix_ns;
	if (kind == PPROF_INTERVAL && from < new->time_unix_ns) {
		profile->time_nanos = (int64_t)from;
		profile->duration_nanos = (int64_t)(new->time_unix_ns - from);
	}
	add_comments(encoder);
}

unsigned char *pprof_encode(const struct stacks *stacks, enum pprof_kind kind, size_t *size)
{
	struct encoder encoder = {.stacks = stacks, .names = names_new()};
	struct known_text *text, *next;
	unsigned char *packed;

	encoder.profile = mem_alloc(sizeof *encoder.profile);
	pprof__profile__init(encoder.profile);
	pprof_pack_begin(&encoder.packer);
	add_head(&encoder, kind);
	mapping_of(&encoder,
		   stacks->new->snapshot->module_count ? stacks->new->modules[0]->path : NULL);
	for (size_t i = 0; i < stacks->count; i++)
		add_stack(&encoder, &stacks->list[i], kind);
	add_functions(&encoder);
	packed = pprof_pack_end(&encoder.packer, encoder.profile, size);
	free(encoder.location_ids);
	HASH_ITER(hh, encoder.texts, text, next)
	{
		HASH_DEL(encoder.texts, text);
		free(text);
	}
	free_known(encoder.locations);
	free_known(encoder.mappings);
	names_free(encoder.names);
	pprof__profile__free_unpacked(encoder.profile, NULL);
	return packed;
}
