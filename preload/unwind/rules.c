/*
 * How to step over each program counter: see rules.h.
 * Path: cold. Threads: all, learning under one lock. Memory: own pages.
 */
#include "unwind/rules.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/arch.h"
#include "base/rt.h"
#include "unwind/modules.h"

struct rule_table *_Atomic rules_table;
const struct rule rules_unknown = {.pc = RULES_NO_PC};
_Atomic uint32_t rules_epoch;

#define FIRST_SIZE 4096u
#define MAX_PCS (8u << 20)

static struct {
	struct rt_lock lock;
	/* of struct rules_pc */
	struct rt_array pcs;
	_Atomic uint32_t count;
} rules = {.lock = RT_LOCK(RT_RANK_RULES)};

static struct rule_table *new_table(uint32_t size)
{
	struct rule_table *table =
		rt_map_for(RT_NEEDED, sizeof *table + 32 + size * sizeof(struct rule));

	if (!table)
		return NULL;
	table->mask = size - 1;
	table->rules = (struct rule *)(((uintptr_t)(table + 1) + 31) & ~31ul);
	return table;
}

static const struct rule *insert(struct rule_table *table, uintptr_t key, const struct rule *rule)
{
	uint32_t i = rules_hash(key);
	struct rule *entry;
	uintptr_t old;

	/* A forgotten entry is reused: its module was unloaded, so nobody looks for its key. */
	do {
		entry = &table->rules[i++ & table->mask];
		old = atomic_load_explicit(&entry->key, memory_order_relaxed);
	} while (old > 1);
	entry->pc = rule->pc;
	entry->step = rule->step;
	entry->traits = rule->traits;
	atomic_store_explicit(&entry->key, key, memory_order_release);
	table->used += old == 0;
	return entry;
}

/* The old table stays mapped for readers that still use it. Tables double, so all old ones together
 * are no larger than the new one. */
static struct rule_table *grow(struct rule_table *old)
{
	struct rule_table *table = new_table((old->mask + 1) * 2);

	if (!table)
		return NULL;
	for (uint32_t i = 0; i <= old->mask; i++) {
		uintptr_t key = atomic_load_explicit(&old->rules[i].key, memory_order_relaxed);

		if (key > 1)
			insert(table, key, &old->rules[i]);
	}
	atomic_store_explicit(&rules_table, table, memory_order_release);
	return table;
}

/* Parses a line of /proc/self/maps. Returns true if the mapping is executable. */
static bool read_mapping(const char *line, const char *end, uintptr_t *start, uintptr_t *stop)
{
	uintptr_t *number = start;
	const char *p = line;

	*start = *stop = 0;
	for (; p < end && *p != ' '; p++) {
		if (*p == '-')
			number = stop;
		else
			*number = *number << 4 | (uintptr_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	}
	return end - p > 3 && p[3] == 'x';
}

/* True if the address, which is outside of every module, is in an executable mapping (code made at
 * run time). Mappings found are cached; a stale one only makes a step fail later. */
static bool is_generated_code(uintptr_t address)
{
	static struct {
		uintptr_t start, end;
	} known[64];
	static uint32_t count, refused;
	static char maps[RT_PAGE];
	long fd, n, kept = 0;
	bool found = false;

	for (uint32_t i = 0; i < count && i < 64; i++)
		if (address >= known[i].start && address < known[i].end)
			return true;
	if (refused > 1000 || rt_confined) /* each look reads the whole file */
		return false;
	fd = rt_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0,
			0);
	if (fd < 0)
		return false;
	while (!found && (n = rt_syscall(SYS_read, fd, (long)(maps + kept),
					 (long)(sizeof maps - 1 - (size_t)kept), 0, 0, 0)) > 0) {
		char *line = maps, *end;

		maps[kept + n] = 0;
		while (!found && (end = strchr(line, '\n'))) {
			uintptr_t start, stop;

			if (read_mapping(line, end, &start, &stop) && address >= start &&
			    address < stop) {
				known[count % 64].start = start;
				known[count++ % 64].end = stop;
				found = true;
			}
			line = end + 1;
		}
		kept = maps + kept + n - line;
		memmove(maps, line, (size_t)kept);
		/* a path too long for the buffer: skips the line */
		if (kept == sizeof maps - 1)
			kept = 0;
	}
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	refused += !found;
	return found;
}

static uint32_t add_pc(uintptr_t address, uint32_t module, bool exact)
{
	uint32_t number = atomic_load_explicit(&rules.count, memory_order_relaxed);

	if (number >= MAX_PCS || !rt_array_reserve(&rules.pcs, number, sizeof(struct rules_pc)))
		return RULES_NO_PC;
	*(struct rules_pc *)rt_array_at(&rules.pcs, number, sizeof(struct rules_pc)) =
		(struct rules_pc){address, module, exact};
	atomic_store_explicit(&rules.count, number + 1, memory_order_release);
	return number;
}

static uint32_t traits_of(const struct cfi_rule *step)
{
	bool by_sp = step->kind == CFI_SP, by_fp = step->kind == CFI_FP;
	bool keeps = step->fp == CFI_FP_SAME;
	uint32_t traits = 0;

	/* Where fp is saved is read without a check: it is within the frame, or no further
	 * below it than our own frames reach, which are below all others. */
	if ((by_sp || (by_fp && step->cfa_offset <= 128)) && step->ra_slot < 0 &&
	    (keeps || (step->fp == CFI_FP_AT_CFA && step->fp_offset <= -8 &&
		       step->cfa_offset + step->fp_offset >= 0)))
		traits |= RULE_SIMPLE;
	if ((!by_sp && step->kind != CFI_OUTERMOST) || step->fp == CFI_FP_AT_FP)
		traits |= RULE_BY_FP;
	if (keeps)
		traits |= RULE_KEEPS_FP;
	if (step->kind == CFI_DEREF_FP)
		traits |= RULE_CFA_IN_SLOT;
	return traits;
}

/* True if a signal handler returns to this code, which has no unwind information that says so. */
static bool is_sigreturn(uintptr_t pc, uint32_t index)
{
	const struct module *module = index == MODULES_NONE ? NULL : modules_get(index);

	if (ARCH_SIGRETURN_IN_MODULE &&
	    (!module || pc < module->text_start ||
	     pc - module->text_start + ARCH_SIGRETURN_SIZE_MAX > module->text_size))
		return false;
	return ARCH_SIGRETURN_UNTOLD && rt_readable((const void *)pc) && arch_is_sigreturn(pc);
}

const struct rule *rules_learn(uintptr_t key, struct rule *spare)
{
	bool exact = key & RULES_EXACT;
	uintptr_t pc = key & ~RULES_EXACT;
	uint32_t index = modules_find(exact ? pc : pc - 1);
	const struct rule *known = spare;
	struct rule_table *table;

	*spare = (struct rule){.pc = RULES_NO_PC};

	if (index != MODULES_NONE)
		spare->step = cfi_rule(modules_get(index), exact ? pc : pc - 1);
	if (!exact && index != MODULES_NONE && spare->step.kind == CFI_NONE &&
	    cfi_rule(modules_get(index), pc).kind != CFI_NONE) {
		/* No call precedes it, but a function begins there: the address was put on the
		 * stack by hand, as makecontext() does at the end of its stacks. */
		spare->step.kind = CFI_OUTERMOST;
		exact = true;
	}
	if (spare->step.kind == CFI_NONE && is_sigreturn(pc, index))
		spare->step.kind = CFI_SIGNAL;
	rt_lock(&rules.lock);
	table = atomic_load_explicit(&rules_table, memory_order_relaxed);
	for (uint32_t i = rules_hash(key);; i++) { /* another thread may have learnt it */
		const struct rule *found = &table->rules[i & table->mask];

		if (atomic_load_explicit(&found->key, memory_order_relaxed) == key) {
			known = found;
			goto out;
		}
		if (atomic_load_explicit(&found->key, memory_order_relaxed) == 0)
			break;
	}
	if (index == MODULES_NONE && !is_generated_code(pc))
		spare->step.kind = RULE_NOT_CODE;
	else
		spare->pc = add_pc(index == MODULES_NONE ? pc : pc - modules_get(index)->bias,
				   index, exact);
	spare->traits = spare->pc == RULES_NO_PC ? 0 : traits_of(&spare->step);
	if ((table->used + 1) * 2 > table->mask) {
		struct rule_table *larger = grow(table);

		if (larger)
			table = larger;
	}
	/* Without memory to grow, the rule is learnt each time; one entry always stays unused. */
	if (table->used < table->mask)
		known = insert(table, key, spare);
out:
	rt_unlock(&rules.lock);
	return known;
}

const struct rules_pc *rules_pc(uint32_t number)
{
	return rt_array_at(&rules.pcs, number, sizeof(struct rules_pc));
}

uint32_t rules_pc_count(void)
{
	return atomic_load_explicit(&rules.count, memory_order_acquire);
}

void rules_forget(const struct module *module)
{
	struct rule_table *table;

	rt_lock(&rules.lock);
	table = atomic_load_explicit(&rules_table, memory_order_relaxed);
	for (uint32_t i = 0; i <= table->mask; i++) {
		uintptr_t key = atomic_load_explicit(&table->rules[i].key, memory_order_relaxed);

		if (key > 1 && (key & ~RULES_EXACT) >= module->start &&
		    (key & ~RULES_EXACT) <= module->end)
			atomic_store_explicit(&table->rules[i].key, 1, memory_order_release);
	}
	atomic_fetch_add(&rules_epoch, 1);
	atomic_fetch_add(&rt_version, 1);
	rt_unlock(&rules.lock);
}

bool rules_start(void)
{
	struct rule_table *table = new_table(FIRST_SIZE);

	atomic_store(&rules_table, table);
	return table != NULL;
}

void rules_before_fork(void)
{
	rt_lock(&rules.lock);
}

void rules_after_fork(void)
{
	rt_unlock(&rules.lock);
}
