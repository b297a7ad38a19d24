/* Finds what the findings of many runs go with: see fleet.h. */
#include "gate/fleet.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "gate/fisher.h"
#include "util/mem.h"

/* -- properties of runs -- */

/* A property of runs of one program, while properties are collected by text. */
struct collected {
	struct fleet_value value;
	/* the key of the table: key, depth and text */
	char *name;
	UT_hash_handle hh;
};

struct collecting {
	const struct gate *gate;
	struct fleet_program *program;
	struct collected *table;
	/* index in program->runs */
	size_t run;
};

static void collect(struct collecting *c, const char *key, size_t depth, const char *text)
{
	char *name = mem_format("%s %zu %s", key, depth, text);
	struct collected *found;

	HASH_FIND_STR(c->table, name, found);
	if (found) {
		free(name);
	} else {
		found = mem_zeroed(1, sizeof *found);
		found->value = (struct fleet_value){
			.key = key,
			.text = mem_string(text),
			.depth = depth,
			.has = mem_zeroed(c->program->run_count, sizeof(bool)),
		};
		found->name = name;
		HASH_ADD_KEYPTR(hh, c->table, name, strlen(name), found);
	}
	found->value.count += !found->value.has[c->run];
	found->value.has[c->run] = true;
}

/* Collects the folders between an operand and a run: they may name hosts, versions, days. */
static void collect_folders(struct collecting *c, const char *path, char *const *operands)
{
	size_t length = 0, depth = 1;
	const char *slash;

	for (; *operands; operands++) {
		size_t size = strlen(*operands);

		while (size > 1 && (*operands)[size - 1] == '/')
			size--;
		if (strncmp(path, *operands, size) == 0 && path[size] == '/' && size > length)
			length = size;
	}
	path += length + strspn(path + length, "/");
	for (; length && (slash = strchr(path, '/')) && slash[1]; depth++) {
		char *folder = mem_substring(path, (size_t)(slash - path));

		collect(c, "folder", depth, folder);
		free(folder);
		path = slash + strspn(slash, "/");
	}
}

static void collect_run(struct collecting *c, const struct gate_run *run, char *const *operands)
{
	if (*run->build_id)
		collect(c, "build", 0, run->build_id);
	if (*run->version)
		collect(c, "version", 0, run->version);
	if (*run->host)
		collect(c, "host", 0, run->host);
	collect_folders(c, run->path, operands);
	for (size_t i = 0; i < run->argument_count; i++)
		collect(c, "argument", 0, run->arguments[i]);
}

static void free_value(struct fleet_value *value)
{
	free(value->text);
	free(value->has);
}

/* Appends the value to one of exactly the same runs, or adds it as a new one. */
static void keep_value(struct fleet_program *program, struct fleet_value *value)
{
	size_t size = program->run_count * sizeof(bool);

	for (size_t i = 0; i < program->value_count; i++) {
		struct fleet_value *other = &program->values[i], *same;

		if (other->count != value->count || memcmp(other->has, value->has, size) != 0)
			continue;
		same = mem_alloc(sizeof *same);
		*same = *value;
		same->same = other->same;
		other->same = same;
		return;
	}
	MEM_GROW(program->values, program->value_count, program->value_capacity);
	program->values[program->value_count++] = *value;
}

static void keep_absence(struct fleet_program *program, const struct fleet_value *value)
{
	struct fleet_value absence = {
		.key = "without argument",
		.text = mem_string(value->text),
		.has = mem_alloc(program->run_count * sizeof(bool)),
		.count = program->run_count - value->count,
	};

	for (size_t i = 0; i < program->run_count; i++)
		absence.has[i] = !value->has[i];
	keep_value(program, &absence);
}

/* A property of all runs, or of a single one, distinguishes nothing. */
static bool distinguishes(const struct fleet_program *program, size_t count)
{
	return count > 1 && count < program->run_count;
}

static void collect_program(const struct gate *gate, struct fleet_program *program,
			    char *const *operands)
{
	struct collecting c = {.gate = gate, .program = program};
	struct collected *found, *next;

	for (; c.run < program->run_count; c.run++)
		collect_run(&c, &gate->runs[program->runs[c.run]], operands);
	HASH_ITER(hh, c.table, found, next)
	{
		// cppcheck-suppress uninitvar; HASH_ITER sets it
		program->builds += strcmp(found->value.key, "build") == 0;
		program->hosts += strcmp(found->value.key, "host") == 0;
		if (strcmp(found->value.key, "argument") == 0 &&
		    distinguishes(program, found->value.count) &&
		    distinguishes(program, program->run_count - found->value.count))
			keep_absence(program, &found->value);
		if (distinguishes(program, found->value.count))
			keep_value(program, &found->value);
		else
			free_value(&found->value);
		HASH_DEL(c.table, found);
		free(found->name);
		free(found);
	}
}

static void sort_runs(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->gate->run_count; i++) {
		const struct gate_run *run = &fleet->gate->runs[i];
		struct fleet_program *program = &fleet->programs[run->program];

		MEM_GROW(program->runs, program->run_count, program->run_capacity);
		program->runs[program->run_count++] = i;
		program->inconclusive += run->is_inconclusive;
	}
}

/* -- what a finding goes with -- */

struct question {
	const struct gate *gate;
	const struct fleet_program *program;
	/* by index in program->runs */
	bool *judged, *hit;
};

static size_t program_of(const struct gate *gate, const struct gate_finding *finding)
{
	return finding->run_count ? gate->runs[finding->runs[0]].program : gate->program_count;
}

/* A run with the finding counts whatever its verdict; a run without it only if it could be
 * judged. */
static struct question ask(const struct fleet *fleet, const struct gate_finding *finding)
{
	const struct fleet_program *program = &fleet->programs[program_of(fleet->gate, finding)];
	struct question q = {.gate = fleet->gate,
			     .program = program,
			     .judged = mem_zeroed(program->run_count, sizeof(bool)),
			     .hit = mem_zeroed(program->run_count, sizeof(bool))};
	size_t at = 0;

	for (size_t i = 0; i < program->run_count; i++) {
		while (at < finding->run_count && finding->runs[at] < program->runs[i])
			at++;
		q.hit[i] = at < finding->run_count && finding->runs[at] == program->runs[i];
		q.judged[i] = q.hit[i] || !fleet->gate->runs[program->runs[i]].is_inconclusive;
	}
	return q;
}

static void end_question(struct question *q)
{
	free(q->judged);
	free(q->hit);
}

/* Counts among the runs that have the property `within` (`having`) or lack it; NULL: among all
 * runs. */
static struct fisher_table count(const struct question *q, const struct fleet_value *value,
				 const struct fleet_value *within, bool having)
{
	struct fisher_table table = {0};

	for (size_t i = 0; i < q->program->run_count; i++) {
		if (!q->judged[i] || (within && within->has[i] != having))
			continue;
		table.all++;
		table.hits += q->hit[i];
		table.part += value->has[i];
		table.part_hits += value->has[i] && q->hit[i];
	}
	return table;
}

/* Returns true if the value adds to the associations already found: it must make a difference
 * among the runs with, or among the runs without, each of them. */
static bool adds_information(const struct question *q, const struct fleet_finding *result,
			     const struct fleet_value *value, double level)
{
	for (size_t i = 0; i < result->association_count; i++) {
		struct fisher_table with = count(q, value, result->associations[i].value, true),
				    without = count(q, value, result->associations[i].value, false);

		/* half the level, because these are two comparisons */
		if (fisher_probability(&with) > level / 2 &&
		    fisher_probability(&without) > level / 2)
			return false;
	}
	return true;
}

static bool find_strongest(const struct question *q, const struct fleet_finding *result,
			   double level, struct fleet_association *best)
{
	bool found = false;

	for (size_t i = 0; i < q->program->value_count; i++) {
		const struct fleet_value *value = &q->program->values[i];
		struct fisher_table table = count(q, value, NULL, false);
		double probability = fisher_probability(&table);

		if (probability > level || (found && probability >= best->probability) ||
		    !adds_information(q, result, value, level))
			continue;
		found = true;
		*best = (struct fleet_association){
			.value = value,
			.with = table.part,
			.with_hits = table.part_hits,
			.without = table.all - table.part,
			.without_hits = table.hits - table.part_hits,
			.probability = probability,
		};
	}
	return found;
}

static void answer(struct fleet *fleet, size_t number)
{
	struct fleet_finding *result = &fleet->findings[number];
	struct question q = ask(fleet, &fleet->gate->findings[number]);
	struct fleet_association best;

	for (size_t i = 0; i < q.program->run_count; i++) {
		result->judged += q.judged[i];
		result->hits += q.hit[i];
	}
	while (result->association_count < FLEET_ASSOCIATIONS &&
	       find_strongest(&q, result, fleet->level / (double)fleet->comparisons, &best))
		result->associations[result->association_count++] = best;
	end_question(&q);
}

/* The comparisons of all findings together are one family of tests. */
static void count_comparisons(struct fleet *fleet)
{
	size_t tests = 0, capacity = 0;
	double *least = NULL;

	for (size_t i = 0; i < fleet->gate->finding_count; i++) {
		const struct gate_finding *finding = &fleet->gate->findings[i];
		struct question q;

		if (!finding->run_count)
			continue;
		q = ask(fleet, finding);
		for (size_t v = 0; v < q.program->value_count; v++) {
			struct fisher_table table = count(&q, &q.program->values[v], NULL, false);

			MEM_GROW(least, tests, capacity);
			least[tests++] = fisher_least(&table);
		}
		end_question(&q);
	}
	fleet->comparisons = fisher_comparisons(least, tests, fleet->level);
	free(least);
}

static void count_leaking(struct fleet *fleet)
{
	bool *leaks = mem_zeroed(fleet->gate->run_count + 1, sizeof *leaks);

	for (size_t i = 0; i < fleet->gate->finding_count; i++) {
		const struct gate_finding *finding = &fleet->gate->findings[i];

		for (size_t r = 0; r < finding->run_count && !finding->excused; r++)
			leaks[finding->runs[r]] = true;
	}
	for (size_t i = 0; i < fleet->gate->run_count; i++)
		fleet->programs[fleet->gate->runs[i].program].leaking += leaks[i];
	free(leaks);
}

struct fleet *fleet_new(const struct gate *gate, char *const *operands, double level)
{
	struct fleet *fleet = mem_zeroed(1, sizeof *fleet);

	fleet->gate = gate;
	fleet->level = level;
	fleet->programs = mem_zeroed(gate->program_count + 1, sizeof *fleet->programs);
	fleet->findings = mem_zeroed(gate->finding_count + 1, sizeof *fleet->findings);
	sort_runs(fleet);
	count_leaking(fleet);
	for (size_t i = 0; i < gate->program_count; i++)
		collect_program(gate, &fleet->programs[i], operands);
	count_comparisons(fleet);
	for (size_t i = 0; i < gate->finding_count; i++)
		if (gate->findings[i].run_count)
			answer(fleet, i);
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	for (size_t i = 0; i < fleet->gate->program_count; i++) {
		struct fleet_program *program = &fleet->programs[i];

		for (size_t v = 0; v < program->value_count; v++) {
			struct fleet_value *same = program->values[v].same, *next;

			for (; same; same = next) {
				next = same->same;
				free_value(same);
				free(same);
			}
			free_value(&program->values[v]);
		}
		free(program->values);
		free(program->runs);
	}
	free(fleet->programs);
	free(fleet->findings);
	free(fleet);
}
