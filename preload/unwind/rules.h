/*
 * How to step over each program counter that was ever met on a stack, learnt once from the unwind
 * tables; and the list of those program counters.
 * Path: rules_find() hot (a hash probe, no lock, nothing written), learning cold. Threads: all.
 * Memory: own pages, 32 + 16 bytes a program counter.
 * Must not: take the dynamic linker's lock.
 */
#ifndef SILT_RULES_H
#define SILT_RULES_H

#include "base/rt.h"
#include "unwind/cfi.h"

struct module;

#define RULES_NO_PC UINT32_MAX

/* A word that is not code turned up where a return address was expected. */
#define RULE_NOT_CODE 0xff

/* What capture.c asks of a rule most. */
enum rule_trait {
	/* CFA is sp or fp + cfa_offset, fp is kept or saved below it; no further away than our own
	 * frames */
	RULE_SIMPLE = 1,
	RULE_BY_FP = 2,	     /* the step to the caller depends on fp */
	RULE_KEEPS_FP = 4,   /* the caller's fp is the same */
	RULE_CFA_IN_SLOT = 8 /* the CFA stands in memory */
};

struct rule {
	/* see rules_find(); 0: free, 1: forgotten */
	_Atomic uintptr_t key;
	/* its number, RULES_NO_PC: could not be stored */
	uint32_t pc;
	/* enum rule_trait */
	uint32_t traits;
	struct cfi_rule step;
};

struct rule_table {
	/* number of entries - 1 */
	uint32_t mask;
	/* entries that are not free */
	uint32_t used;
	struct rule *rules;
};

extern RT_HIDDEN struct rule_table *_Atomic rules_table;

/* Code is never in the top half of the address space: its top bit marks an interrupted
 * instruction. */
#define RULES_EXACT (1ul << 63)

/* Cheap: the next frame of a walk waits for it. Return addresses differ in their low bits
 * already. */
static inline uint32_t rules_hash(uintptr_t key)
{
	return (uint32_t)(key ^ key >> 13);
}

/* The rule of a pc not met before; in `spare` if the table has no room for it. */
const struct rule *rules_learn(uintptr_t key, struct rule *spare);

extern RT_HIDDEN const struct rule rules_unknown;

/* The rule of a pc met before, else &rules_unknown, which has no traits. `table` may be one
 * that was replaced meanwhile. */
static inline const struct rule *rules_known(const struct rule_table *table, uintptr_t key)
{
	for (uint32_t i = rules_hash(key);; i++) {
		const struct rule *rule = &table->rules[i & table->mask];
		uintptr_t found = atomic_load_explicit(&rule->key, memory_order_acquire);

		if (likely(found == key))
			return rule;
		if (found == 0)
			return &rules_unknown;
	}
}

/* `key`: a return address, or an interrupted instruction | RULES_EXACT. The result is good
 * until the pc's module goes. */
static inline const struct rule *rules_find(uintptr_t key, struct rule *spare)
{
	const struct rule *rule =
		rules_known(atomic_load_explicit(&rules_table, memory_order_acquire), key);

	return likely(rule != &rules_unknown) ? rule : rules_learn(key, spare);
}

/* A program counter as it is stored: numbered in the order they were met. */
struct rules_pc {
	/* in the module's file, or in memory where there is no module */
	uintptr_t address;
	/* or MODULES_NONE */
	uint32_t module;
	uint32_t exact;
};
const struct rules_pc *rules_pc(uint32_t number);
uint32_t rules_pc_count(void);

/* Forgets the rules of a module that is gone: other code may come to its place. */
void rules_forget(const struct module *module);
/* Changes whenever rules were forgotten; so does rt_version. */
extern RT_HIDDEN _Atomic uint32_t rules_epoch;

/* False: no memory. Before all others. */
bool rules_start(void);
/* Between the two the lock is held. */
void rules_before_fork(void);
void rules_after_fork(void);

#endif
