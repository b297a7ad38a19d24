/*
 * How to step over each program counter that was ever found on a stack, learnt once from the unwind
 * tables; and the list of those program counters.
 * Path: rules_find() hot (a hash probe, no lock, no store), learning cold. Threads: all. Memory:
 * own pages, 32 + 16 bytes a program counter.
 * Must not: take the dynamic linker's lock.
 */
#ifndef SILT_RULES_H
#define SILT_RULES_H

#include "base/rt.h"
#include "unwind/cfi.h"

struct module;

#define RULES_NO_PC UINT32_MAX

/* A kind beside enum cfi_kind: a word that is not code was found in place of a return address. */
#define RULE_NOT_CODE 0xff

/* Properties of a rule that capture.c tests. */
enum rule_trait {
	/* CFA is sp or fp + cfa_offset; fp is kept, or saved below the CFA and no further below the
	 * frame than our own frames reach */
	RULE_SIMPLE = 1,
	RULE_BY_FP = 2,	     /* the step to the caller depends on fp */
	RULE_KEEPS_FP = 4,   /* the caller's fp is the same */
	RULE_CFA_IN_SLOT = 8 /* the CFA is stored in memory */
};

struct rule {
	/* see rules_find(); 0: unused, 1: forgotten */
	_Atomic uintptr_t key;
	/* the pc's number; RULES_NO_PC: it could not be stored */
	uint32_t pc;
	/* enum rule_trait */
	uint32_t traits;
	struct cfi_rule step;
};

struct rule_table {
	/* number of entries - 1 */
	uint32_t mask;
	/* entries that are not unused */
	uint32_t used;
	struct rule *rules;
};

extern RT_HIDDEN struct rule_table *_Atomic rules_table;

/* Set in a key: the pc is an interrupted instruction, not a return address. Code is never in the
 * top half of the address space. */
#define RULES_EXACT (1ul << 63)

/* Cheap, because the next frame of a walk waits for it. Return addresses already differ in their
 * low bits. */
static inline uint32_t rules_hash(uintptr_t key)
{
	return (uint32_t)(key ^ key >> 13);
}

/* Cold: learns the rule of a new pc. Returns it; `spare` holds it if the table has no room. */
const struct rule *rules_learn(uintptr_t key, struct rule *spare);

extern RT_HIDDEN const struct rule rules_unknown;

/* The rule of a known pc, else &rules_unknown, which has no traits. `table` may have been replaced
 * meanwhile. */
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

/* The rule of a pc, learnt if it is new. `key`: a return address, or an interrupted instruction |
 * RULES_EXACT. Valid until the pc's module is unloaded. */
static inline const struct rule *rules_find(uintptr_t key, struct rule *spare)
{
	const struct rule *rule =
		rules_known(atomic_load_explicit(&rules_table, memory_order_acquire), key);

	return likely(rule != &rules_unknown) ? rule : rules_learn(key, spare);
}

/* A program counter as it is stored. They are numbered in the order in which they were found. */
struct rules_pc {
	/* relative to the module's file; absolute where there is no module */
	uintptr_t address;
	/* or MODULES_NONE */
	uint32_t module;
	/* 1: an interrupted instruction; 0: a return address */
	uint32_t exact;
};
const struct rules_pc *rules_pc(uint32_t number);
uint32_t rules_pc_count(void);

/* Forgets the rules of a module that was unloaded: other code may take its place. */
void rules_forget(const struct module *module);
/* Incremented when rules were forgotten; so is rt_version. */
extern RT_HIDDEN _Atomic uint32_t rules_epoch;

/* Must precede all other calls. False: no memory. */
bool rules_start(void);
/* Take and release the lock around a copy of the process. */
void rules_before_fork(void);
void rules_after_fork(void);

#endif
