/*
 * Steps over code without unwind information: see scan.h.
 *
 * A word above the stack pointer is the return address if it follows a call to the present
 * function: directly, by a PLT entry, or by a pointer of the module. A stale word would have to
 * come from an earlier call of the same function, from deeper in the stack. The caller's frame
 * pointer is the function's own, or one saved in its frame: the first that points to a frame with a
 * return address.
 */
#include "unwind/scan.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <sys/auxv.h>

#include "base/arch.h"
#include "base/elf.h"
#include "base/libc.h"
#include "base/rt.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

#define MOST_WORDS 2048u
#define MOST_CODE (1ul << 16) /* bytes of a function */
#define MOST_SHORT 32u	      /* bytes of a function that only jumps on */

#ifdef ARCH_CALL_SIZE_MAX

/* The known module that has this code; NULL: none. */
static const struct module *code_of(uintptr_t address)
{
	for (uint32_t i = modules_count(); i-- > 0;) {
		const struct module *module = modules_get(i);

		if (address - module->text_start < module->text_size && !module->unloaded_ns)
			return module;
	}
	return NULL;
}

static bool is_after_call(uintptr_t address, uintptr_t *target)
{
	const struct module *module = code_of(address);

	return module && address - module->text_start >= ARCH_CALL_SIZE_MAX &&
	       arch_call_before(address, target);
}

/* The target of a call: if it is a PLT entry, what that jumps to. */
static uintptr_t follow(uintptr_t target)
{
	const struct module *module = code_of(target);
	uintptr_t slot;

	if (!module || module->text_size - (target - module->text_start) < ARCH_JUMP_SIZE_MAX ||
	    !(slot = arch_jump_slot(target)))
		return target;
	return slot >= module->start && slot + sizeof slot <= module->end ? *(const uintptr_t *)slot
									  : target;
}

/* True if a named function begins in (from, to]. */
static bool is_function_between(uintptr_t from, uintptr_t to)
{
	const struct module *module = code_of(from);
	const struct link_map *map = module ? module->link_map : NULL;
	struct elf_names names;
	uint32_t count;

	if (!map || !elf_names_read(&names, map->l_addr, map->l_ld))
		return false;
	count = elf_names_count(&names);
	for (uint32_t i = 1; i < count; i++) {
		const ElfW(Sym) *symbol = &names.symbols[i];
		uintptr_t start = names.bias + symbol->st_value;

		if (symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
		    start > from && start <= to)
			return true;
	}
	return false;
}

static bool is_start_of(uintptr_t start, uintptr_t pc)
{
	return start <= pc && pc - start < MOST_CODE && !is_function_between(start, pc);
}

/* True if the target is the function with `pc`, or one that only jumps to it. */
static bool leads_to(uintptr_t target, uintptr_t pc)
{
	const struct module *module;

	target = follow(target);
	if (is_start_of(target, pc))
		return true;
	module = code_of(target);
	if (!module || module->text_size - (target - module->text_start) < MOST_SHORT + 5)
		return false;
	for (uint32_t i = 0; i < MOST_SHORT; i++)
		if (arch_is_jump(target + i) && is_start_of(arch_jump_target(target + i), pc))
			return true;
	return false;
}

/* The caller's frame pointer, where the return address is at `slot`. */
static uintptr_t find_fp(struct unwind_walk *walk, struct unwind_state *state, uintptr_t slot)
{
	uintptr_t target, fp = state->fp;

	for (uintptr_t at = slot;; at -= 8) {
		if (fp > slot && fp % 8 == 0 && fp - slot < (1ul << 20) &&
		    unwind_within(walk, state, fp + 8) &&
		    is_after_call(*(const uintptr_t *)(fp + 8), &target))
			return fp;
		if (at <= state->sp)
			return state->fp;
		fp = *(const uintptr_t *)(at - 8);
	}
}

/* -- the outermost frames: musl's code that calls main, or a thread's first function -- */

#define MOST_OUTERMOST 16u
#define ENTRY_CODE 64u /* bytes of the executable's entry function, which has no caller */

static _Atomic uintptr_t outermost[MOST_OUTERMOST];

static bool is_outermost(uintptr_t key)
{
	for (uint32_t i = 0; i < MOST_OUTERMOST && atomic_load(&outermost[i]); i++)
		if (atomic_load(&outermost[i]) == key)
			return true;
	return false;
}

static enum unwind_step note_outermost(uintptr_t key)
{
	for (uint32_t i = 0; i < MOST_OUTERMOST; i++) {
		uintptr_t none = 0;

		if (atomic_compare_exchange_strong(&outermost[i], &none, key) || none == key)
			break;
	}
	return UNWIND_OUTERMOST;
}

/* True if the function with `pc` returns to `word`. Only functions of the program, not the C
 * library's, are called by pointers and from signals. */
static bool returns_to(uintptr_t word, uintptr_t pc)
{
	const struct module *module = code_of(word);
	bool is_programs = code_of(pc) != code_of(libc_code());
	uintptr_t target;

	if (is_programs && module &&
	    word - module->text_start + ARCH_SIGRETURN_SIZE_MAX <= module->text_size &&
	    arch_is_sigreturn(word))
		return true;
	if (!is_after_call(word, &target))
		return false;
	return target ? leads_to(target, pc) : is_programs && module != code_of(pc);
}

static enum unwind_step scan(struct unwind_walk *walk, struct unwind_state *state)
{
	uintptr_t pc = state->key & ~RULES_EXACT, at = state->sp;

	if (!(state->key & RULES_EXACT))
		pc--;
	for (uint32_t i = 0; i < MOST_WORDS; i++, at += 8) {
		uintptr_t word;

		/* Above the first frames are arguments, or the thread's record. */
		if (at == walk->first_frame + LIBC_FIRST_FRAMES || !unwind_within(walk, state, at))
			break;
		word = *(const uintptr_t *)at;
		if (!returns_to(word, pc))
			continue;
		state->fp = find_fp(walk, state, at);
		state->fp_slot = NULL;
		state->key = word;
		state->sp = at + 8;
		state->plain = false; /* the next walk cannot tell whether this frame has changed */
		return UNWIND_STEPPED;
	}
	return UNWIND_FAILED;
}

/* Learns all loaded modules, which musl never unloads. False: none is new. */
static bool learn_modules(void)
{
	uint32_t before = modules_count();

	for (const struct link_map *map = libc_modules(); map; map = map->l_next)
		modules_find((uintptr_t)map->l_ld);
	return modules_count() > before;
}

enum unwind_step unwind_scan(struct unwind_walk *walk, struct unwind_state *state)
{
	struct unwind_state before = *state;
	uintptr_t entry = getauxval(AT_ENTRY);
	enum unwind_step result;
	static _Atomic bool learned;

	if (is_outermost(state->key))
		return UNWIND_OUTERMOST;
	if (!atomic_exchange(&learned, true))
		learn_modules();
	result = scan(walk, state);
	if (result == UNWIND_FAILED && learn_modules())
		result = scan(walk, state);
	if (result == UNWIND_STEPPED && state->key - entry >= ENTRY_CODE)
		return result;
	if (result == UNWIND_FAILED && state->sp < walk->first_frame)
		return result;
	*state = before;
	return note_outermost(state->key);
}

#else

enum unwind_step unwind_scan(struct unwind_walk *walk, struct unwind_state *state)
{
	(void)walk;
	(void)state;
	return UNWIND_FAILED;
}

#endif
