/*
 * Captures tracebacks by libunwind: see general.h.
 * Path: cold. Threads: one at a time. Memory: several KiB of stack; libunwind's own pools.
 * Must not: take the dynamic linker's lock: libunwind is used through its remote interface, for
 * which we find the unwind tables and read memory.
 */
#include "unwind/general.h"

#include <dlfcn.h>
#include <string.h>

#include "base/arch.h"
#include "base/libc.h"
#include "base/rt.h"
#include "unwind/cfi.h"
#include "unwind/modules.h"
#include "unwind/rules.h"
#include ARCH_LIBUNWIND_HEADER

/* unw_dyn_info_t. libunwind before 1.6, a library of the same name, lacks the first of `words`,
 * load_offset. Then follow name, base, length and data of a table. */
struct remote_table {
	unw_word_t next, previous, start_ip, end_ip, gp;
	int32_t format, unused;
	unw_word_t words[8];
};
enum { REMOTE_NAME, REMOTE_BASE, REMOTE_LENGTH, REMOTE_DATA };

/*
 * Loaded with RTLD_LOCAL, so that its _Unwind_* functions never handle the program's exceptions.
 * Its remote interface asks us for memory, registers and unwind tables, so it does not validate
 * addresses by a pipe and does not call dl_iterate_phdr.
 */
static struct {
	/* its pools have a mutex, which a forked child must not inherit held */
	struct rt_lock lock;
	bool loaded;
	unw_addr_space_t space;
	__typeof__(&unw_create_addr_space) create;
	__typeof__(&unw_init_remote) init;
	__typeof__(&unw_step) step;
	__typeof__(&unw_get_reg) get_reg;
	int (*search_table)(unw_addr_space_t, unw_word_t, struct remote_table *, unw_proc_info_t *,
			    int, void *);
	/* see struct remote_table */
	bool has_offset;
	enum { FORM_UNKNOWN, FORM_KNOWN, FORM_NONE } form;
} general = {.lock = RT_LOCK(RT_RANK_GENERAL)};

/* The registers at the start of the traceback, as far as a call preserves them. */
struct registers {
	uintptr_t value[ARCH_UNWIND_REGISTERS];
};

static int general_find(unw_addr_space_t space, unw_word_t pc, unw_proc_info_t *info, int need,
			void *argument)
{
	uint32_t index = modules_find(pc);
	const struct module *module;
	const unsigned char *header;
	uint32_t count;
	unw_word_t *remote;
	struct remote_table table = {.format = UNW_INFO_FORMAT_REMOTE_TABLE};

	if (index == MODULES_NONE)
		return -UNW_ENOINFO;
	module = modules_get(index);
	header = module->eh_frame_hdr;
	if (!header || header[0] != 1 || header[2] != 0x03 || header[3] != 0x3b)
		return -UNW_ENOINFO;
	memcpy(&count, header + 8, 4);
	table.start_ip = module->start;
	table.end_ip = module->end;
	remote = &table.words[general.has_offset ? 1 : 0];
	remote[REMOTE_BASE] = (unw_word_t)header;
	remote[REMOTE_LENGTH] = (unw_word_t)count * 8 / sizeof(unw_word_t);
	remote[REMOTE_DATA] = (unw_word_t)header + 12;
	return general.search_table(space, pc, &table, info, need, argument);
}

static void general_put(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
	(void)space;
	(void)info;
	(void)argument;
}

static int general_list(unw_addr_space_t space, unw_word_t *list, void *argument)
{
	(void)space;
	(void)argument;
	*list = 0;
	return -UNW_ENOINFO;
}

/* Pages found readable during the present walk: asking the kernel for each word would take most of
 * the time. */
#define SEEN_PAGES 256u
/* page numbers + 1, since the first page can be asked for, too; guarded by general.lock */
static uintptr_t seen_pages[SEEN_PAGES];

static bool page_readable(uintptr_t address)
{
	uintptr_t page = address / RT_PAGE + 1, *seen = &seen_pages[page % SEEN_PAGES];

	if (*seen == page)
		return true;
	if (!rt_readable((const void *)address))
		return false;
	*seen = page;
	return true;
}

static int general_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
			  void *argument)
{
	(void)space;
	(void)argument;
	if (write || !page_readable(address) || !page_readable(address + 7))
		return -UNW_EINVAL;
	memcpy(value, (const void *)address, sizeof *value);
	return 0;
}

static int general_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value,
			    int write, void *argument)
{
	const struct registers *registers = argument;

	(void)space;
	if (write || number < 0 || number >= ARCH_UNWIND_REGISTERS)
		return -UNW_EBADREG;
	*value = registers->value[number];
	return 0;
}

static int general_fpregister(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
			      int write, void *argument)
{
	(void)space;
	(void)number;
	(void)value;
	(void)write;
	(void)argument;
	return -UNW_EBADREG;
}

static int general_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument)
{
	(void)space;
	(void)cursor;
	(void)argument;
	return -UNW_EINVAL;
}

static int general_name(unw_addr_space_t space, unw_word_t address, char *buffer, size_t size,
			unw_word_t *offset, void *argument)
{
	(void)space;
	(void)address;
	(void)buffer;
	(void)size;
	(void)offset;
	(void)argument;
	return -UNW_ENOINFO;
}

/* Finds out which form unw_dyn_info_t has, with our own tables: in the wrong form nothing is
 * found. */
static bool learn_form(void)
{
	unw_proc_info_t info = {0};

	memset(seen_pages, 0, sizeof seen_pages);
	for (int i = 0; i < 2; i++) {
		general.has_offset = !general.has_offset;
		if (general_find(general.space, (unw_word_t)learn_form + 1, &info, 0, NULL) == 0 &&
		    info.start_ip == (unw_word_t)learn_form)
			return true;
	}
	return false;
}

/* Not called before a walk needs libunwind: the first call makes libunwind open a pipe, which it
 * does not need here. */
static bool begin(unw_cursor_t *cursor, struct registers *registers)
{
	if (general.form == FORM_UNKNOWN)
		general.form = learn_form() ? FORM_KNOWN : FORM_NONE;
	memset(seen_pages, 0, sizeof seen_pages);
	return general.form == FORM_KNOWN && general.init(cursor, general.space, registers) == 0;
}

enum met { MET_FRAME, MET_OUTERMOST, MET_NO_CODE };

/* Notes the frame at `pc`. *exact: the pc is that of an interrupted instruction; then, whether the
 * next frame's is. */
static enum met note_pc(unw_word_t pc, bool *exact, uint32_t *noted)
{
	struct rule spare;
	const struct rule *rule = rules_find(pc | (*exact ? RULES_EXACT : 0), &spare);

	if (rule->pc == RULES_NO_PC || rule->step.kind == RULE_NOT_CODE)
		return MET_NO_CODE;
	*noted = rule->pc;
	*exact = rule->step.kind == CFI_SIGNAL;
	return rule->step.kind == CFI_OUTERMOST ? MET_OUTERMOST : MET_FRAME;
}

/* Walks from the frame of `start` outwards. Returns libunwind's last result: below 0 it failed, 0
 * is the outermost frame. */
static int walk_from(unw_cursor_t *cursor, const struct unwind_start *start, uint32_t *pcs,
		     uint32_t max, uint32_t *count)
{
	bool exact = true;
	int result = 1;

	while (*count < max && result > 0) {
		unw_word_t pc = 0, sp = 0;

		general.get_reg(cursor, exact ? ARCH_UNWIND_PC : ARCH_UNWIND_RETURN, &pc);
		pc = arch_return_address(pc);
		general.get_reg(cursor, ARCH_UNWIND_SP, &sp);
		if (pc == 0)
			break;
		if (*count > 0 || (pc == start->pc && sp == start->sp)) {
			enum met met = note_pc(pc, &exact, &pcs[*count]);

			if (met == MET_NO_CODE)
				break;
			++*count;
			if (met == MET_OUTERMOST)
				return 0;
		} else {
			exact = false;
		}
		result = general.step(cursor);
	}
	return result;
}

__attribute__((noinline)) uint32_t unwind_general_walk(const struct unwind_start *start,
						       uint32_t *pcs, uint32_t max, bool *failed)
{
	struct registers registers = {{0}};
	unw_cursor_t cursor;
	uint32_t count = 0;
	int result = -1;

	*failed = true;
	if (!general.loaded || atomic_load(&rt_confined_strictly)) /* it may map memory */
		return 0;
	ARCH_UNWIND_NOTE(registers.value);
	rt_lock(&general.lock);
	if (begin(&cursor, &registers))
		result = walk_from(&cursor, start, pcs, max, &count);
	rt_unlock(&general.lock);
	*failed = result < 0;
	return count;
}

#define MAX_LEFT 256u /* frames to leave */

static const struct {
	uint8_t unwind, index;
} preserved[] = {ARCH_UNWIND_PRESERVED};
#define PRESERVED (sizeof preserved / sizeof preserved[0])

static void read_frame(unw_cursor_t *cursor, uintptr_t pc, uintptr_t *registers)
{
	unw_word_t value = 0;

	memset(registers, 0, ARCH_REGISTERS * sizeof *registers);
	for (size_t i = 0; i < PRESERVED; i++)
		if (general.get_reg(cursor, preserved[i].unwind, &value) == 0)
			registers[preserved[i].index] = value;
	if (general.get_reg(cursor, ARCH_UNWIND_SP, &value) == 0)
		registers[ARCH_REGISTER_SP] = value;
	registers[ARCH_REGISTER_PC] = pc;
}

static bool leave(unw_cursor_t *cursor, uintptr_t *registers, bool (*inside)(uintptr_t pc))
{
	for (uint32_t i = 0; i < MAX_LEFT; i++) {
		unw_word_t pc = 0;

		if (general.step(cursor) <= 0 ||
		    general.get_reg(cursor, ARCH_UNWIND_RETURN, &pc) != 0)
			return false;
		pc = arch_return_address(pc);
		if (inside(pc))
			continue;
		read_frame(cursor, pc, registers);
		return registers[ARCH_REGISTER_SP] != 0;
	}
	return false;
}

bool unwind_general_leave(uintptr_t *registers, bool (*inside)(uintptr_t pc))
{
	struct registers start = {{0}};
	unw_cursor_t cursor;
	bool left = false;

	if (!general.loaded || !inside(registers[ARCH_REGISTER_PC]))
		return false;
	for (size_t i = 0; i < PRESERVED; i++)
		start.value[preserved[i].unwind] = registers[preserved[i].index];
	start.value[ARCH_UNWIND_SP] = registers[ARCH_REGISTER_SP];
	start.value[ARCH_UNWIND_PC] = registers[ARCH_REGISTER_PC];
	rt_lock(&general.lock);
	if (begin(&cursor, &start))
		left = leave(&cursor, registers, inside);
	rt_unlock(&general.lock);
	return left;
}

void unwind_general_load(void)
{
	/* Later versions of the struct have further members, which may be NULL. */
	static struct {
		unw_accessors_t known;
		void *later[16];
	} accessors = {.known = {
			       .find_proc_info = general_find,
			       .put_unwind_info = general_put,
			       .get_dyn_info_list_addr = general_list,
			       .access_mem = general_memory,
			       .access_reg = general_register,
			       .access_fpreg = general_fpregister,
			       .resume = general_resume,
			       .get_proc_name = general_name,
		       }};
	void *library = general.loaded ? NULL : libc_open(ARCH_LIBUNWIND);

	if (general.loaded)
		return;
	if (!library)
		return;
	general.create = (__typeof__(general.create))libc_symbol(library, ARCH_UNWIND_PREFIX
								 "create_addr_space");
	general.init =
		(__typeof__(general.init))libc_symbol(library, ARCH_UNWIND_PREFIX "init_remote");
	general.step = (__typeof__(general.step))libc_symbol(library, ARCH_UNWIND_PREFIX "step");
	general.get_reg =
		(__typeof__(general.get_reg))libc_symbol(library, ARCH_UNWIND_PREFIX "get_reg");
	general.search_table = (__typeof__(general.search_table))libc_symbol(
		library, ARCH_UNWIND_PREFIX "dwarf_search_unwind_table");
	if (!general.create || !general.init || !general.step || !general.get_reg ||
	    !general.search_table)
		return;
	general.space = general.create(&accessors.known, 0);
	general.loaded = general.space != NULL;
}

const void *unwind_general_block(void)
{
	return general.space;
}

void unwind_general_before_fork(void)
{
	rt_lock(&general.lock);
}

void unwind_general_after_fork(void)
{
	rt_unlock(&general.lock);
}
