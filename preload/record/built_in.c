/*
 * Overwrites the functions of an allocator in the executable: see built_in.h.
 * Path: cold, once. Threads: the first, while it is the only one. Memory: own pages near the
 * executable.
 */
#include "record/built_in.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "record/built_in_calls.h"
#include "unwind/modules.h"

struct built_in built_in;

/* A function as the text describes it. */
struct function {
	/* its member of `built_in` */
	void **before;
	/* our function that replaces it; its address in the file */
	uintptr_t ours, address;
	/* not to be overwritten */
	bool called_only;
	size_t original_size, moved_size, fixes;
	unsigned char original[SILT_BUILT_IN_MOST_ORIGINAL], moved[SILT_BUILT_IN_MOST_MOVED];
	struct {
		uint64_t field, end, target;
	} fix[SILT_BUILT_IN_MOST_FIXES];
};

struct plan {
	const struct module *program;
	uintptr_t code_start, code_end;
	unsigned char *stubs;
	size_t count;
	struct function of[SILT_BUILT_IN_MOST_FUNCTIONS];
};

/* -- the text -- */

static const struct {
	const char *name;
	void **before;
	uintptr_t ours;
} names[] = {
#define NAME(name, prefixed) {#name, &built_in.name, (uintptr_t)built_in_##name},
	SILT_BUILT_IN_NAMES(NAME)
#undef NAME
#define NAME(name, prefixed) {#name, &built_in.name, 0},
		SILT_BUILT_IN_FIGURES(NAME)
#undef NAME
};

#define NO_DIGIT 16u

static unsigned digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return (unsigned)(letter - '0');
	return letter >= 'a' && letter <= 'f' ? (unsigned)(letter - 'a') + 10 : NO_DIGIT;
}

static bool take_number(const char **at, uint64_t *number)
{
	const char *start = *at;

	for (*number = 0; digit(**at) < NO_DIGIT && *at - start < 16; (*at)++)
		*number = *number << 4 | digit(**at);
	return *at > start;
}

static bool take_letter(const char **at, char letter)
{
	if (**at != letter)
		return false;
	(*at)++;
	return true;
}

static bool take_bytes(const char **at, unsigned char *bytes, size_t most, size_t *size)
{
	for (*size = 0; digit((*at)[0]) < NO_DIGIT && digit((*at)[1]) < NO_DIGIT; *at += 2) {
		if (*size == most)
			return false;
		bytes[(*size)++] = (unsigned char)(digit((*at)[0]) << 4 | digit((*at)[1]));
	}
	return *size > 0;
}

static bool take_name(const char **at, struct function *function)
{
	size_t length = strcspn(*at, ",;");

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i].name) == length && memcmp(names[i].name, *at, length) == 0) {
			function->before = names[i].before;
			function->ours = names[i].ours;
			*at += length;
			return true;
		}
	return false;
}

static bool take_fix(const char **at, struct function *function)
{
	size_t i = function->fixes++;

	return i < SILT_BUILT_IN_MOST_FIXES && take_number(at, &function->fix[i].field) &&
	       take_letter(at, '.') && take_number(at, &function->fix[i].end) &&
	       take_letter(at, '.') && take_number(at, &function->fix[i].target) &&
	       function->fix[i].end <= function->moved_size &&
	       function->fix[i].field + sizeof(int32_t) <= function->fix[i].end;
}

static bool take_function(const char **at, struct function *function)
{
	uint64_t address;

	if (!take_name(at, function) || !take_letter(at, ',') || !take_number(at, &address))
		return false;
	function->address = address;
	function->called_only = **at == ';' || **at == 0;
	if (function->called_only)
		return !function->ours;
	if (!function->ours || !take_letter(at, ',') ||
	    !take_bytes(at, function->original, SILT_BUILT_IN_MOST_ORIGINAL,
			&function->original_size) ||
	    !take_letter(at, ',') ||
	    !take_bytes(at, function->moved, SILT_BUILT_IN_MOST_MOVED, &function->moved_size))
		return false;
	while (take_letter(at, ','))
		if (!take_fix(at, function))
			return false;
	return function->original_size >= SILT_BUILT_IN_LEAST_ORIGINAL;
}

static bool take_all(const char *text, struct plan *plan)
{
	do {
		if (plan->count == SILT_BUILT_IN_MOST_FUNCTIONS ||
		    !take_function(&text, &plan->of[plan->count++]))
			return false;
	} while (take_letter(&text, ';'));
	return *text == 0;
}

/* -- checks -- */

static bool find_code(struct plan *plan)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)plan->program->start;
	const ElfW(Phdr) * segments;

	if (!rt_readable(header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	segments = (const ElfW(Phdr) *)(plan->program->start + header->e_phoff);
	for (size_t i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_LOAD && segments[i].p_flags == (PF_R | PF_X)) {
			plan->code_start = plan->program->bias + segments[i].p_vaddr;
			plan->code_end = plan->code_start + segments[i].p_filesz;
			return true;
		}
	return false;
}

static bool is_this_program(const struct plan *plan)
{
	size_t size = plan->code_end - plan->code_start;

	for (size_t i = 0; i < plan->count; i++) {
		const struct function *function = &plan->of[i];
		uintptr_t address = plan->program->bias + function->address;

		if (address - plan->code_start >= size ||
		    function->original_size > plan->code_end - address ||
		    memcmp((const void *)address, function->original, function->original_size) != 0)
			return false;
	}
	return true;
}

/* Reads the 20th field of /proc/self/stat, the number of threads. The program's name, in the second
 * field, may contain spaces and parentheses. */
static bool is_single_threaded(void)
{
	enum { AFTER_NAME = 18 };
	char stat[1024], *at;
	long size = rt_read_file("/proc/self/stat", stat, sizeof stat - 1);

	if (size <= 0)
		return false;
	stat[size] = 0;
	at = strrchr(stat, ')');
	for (int field = 0; field < AFTER_NAME && at; field++)
		at = strchr(at + 1, ' ');
	return at && strncmp(at, " 1 ", 3) == 0;
}

/* -- the code -- */

/*
 * A stub of each function, mapped near the executable:
 *   0: moved instructions; jmp rel32 to the rest of the function   our function calls this
 *  64: jmp *(%rip); address of our function                    the overwritten function jumps here
 */
enum { STUB_SIZE = 128, STUB_JUMP = 64 };
#define STEP (64ul << 10)
/* Half of what a 32-bit displacement reaches; the other half is for the size of the program. */
#define REACH (1ul << 30)

static unsigned char *map_near(uintptr_t address, size_t size)
{
	for (uintptr_t at = address & ~(STEP - 1); at > STEP && address - at < REACH; at -= STEP) {
		long got =
			rt_syscall(SYS_mmap, (long)(at - STEP), (long)size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (got == (long)(at - STEP))
			return (unsigned char *)got;
		if (got > 0) /* the kernel, before 4.17, ignores the flag */
			rt_syscall(SYS_munmap, got, (long)size, 0, 0, 0, 0);
	}
	return NULL;
}

static bool put_distance(unsigned char *field, uintptr_t end, uintptr_t target)
{
	int64_t distance = (int64_t)(target - end);
	int32_t value = (int32_t)distance;

	memcpy(field, &value, sizeof value);
	return value == distance;
}

static bool write_stub(const struct plan *plan, const struct function *function,
		       unsigned char *stub)
{
	static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
	unsigned char *rest = stub + function->moved_size;
	uintptr_t address = plan->program->bias + function->address;

	memcpy(stub, function->moved, function->moved_size);
	for (size_t i = 0; i < function->fixes; i++)
		if (!put_distance(stub + function->fix[i].field,
				  (uintptr_t)stub + function->fix[i].end,
				  plan->program->bias + function->fix[i].target))
			return false;
	rest[0] = 0xe9; /* jmp rel32 */
	memcpy(stub + STUB_JUMP, jump, sizeof jump);
	memcpy(stub + STUB_JUMP + sizeof jump, &function->ours, sizeof function->ours);
	return put_distance(rest + 1, (uintptr_t)rest + SILT_BUILT_IN_LEAST_ORIGINAL,
			    address + function->original_size);
}

static size_t stubs_size(const struct plan *plan)
{
	return (plan->count * STUB_SIZE + rt_page_size() - 1) & ~(rt_page_size() - 1);
}

static bool write_stubs(struct plan *plan)
{
	size_t size = stubs_size(plan);

	plan->stubs = map_near(plan->program->start, size);
	if (!plan->stubs)
		return false;
	for (size_t i = 0; i < plan->count; i++)
		if (!plan->of[i].called_only &&
		    !write_stub(plan, &plan->of[i], plan->stubs + i * STUB_SIZE))
			return false;
	return rt_syscall(SYS_mprotect, (long)plan->stubs, (long)size, PROT_READ | PROT_EXEC, 0, 0,
			  0) == 0;
}

static void unmap_stubs(const struct plan *plan)
{
	if (plan->stubs)
		rt_syscall(SYS_munmap, (long)plan->stubs, (long)stubs_size(plan), 0, 0, 0, 0);
}

static bool protect_code(const struct plan *plan, int protection)
{
	uintptr_t start = plan->code_start & ~(rt_page_size() - 1);

	return rt_syscall(SYS_mprotect, (long)start, (long)(plan->code_end - start), protection, 0,
			  0, 0) == 0;
}

static void overwrite(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct function *function = &plan->of[i];
		unsigned char *code = (unsigned char *)plan->program->bias + function->address;
		unsigned char *stub = plan->stubs + i * STUB_SIZE;

		*function->before = function->called_only ? code : stub;
		if (function->called_only)
			continue;
		code[0] = 0xe9;
		put_distance(code + 1, (uintptr_t)code + SILT_BUILT_IN_LEAST_ORIGINAL,
			     (uintptr_t)stub + STUB_JUMP);
	}
}

/* Tries on an unused mapping whether the system lets written pages become executable: SELinux
 * (execmod) and PR_SET_MDWE may forbid it. */
static bool may_change_code(void)
{
	long page = (long)rt_page_size();
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_RDONLY | O_CLOEXEC, 0,
			     0, 0);
	long memory =
		fd < 0 ? fd
		       : rt_syscall(SYS_mmap, 0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	bool may = false;

	if (memory > 0) {
		*(volatile char *)memory = 0;
		may = rt_syscall(SYS_mprotect, memory, page, PROT_READ | PROT_EXEC, 0, 0, 0) == 0;
		rt_syscall(SYS_munmap, memory, page, 0, 0, 0, 0);
	}
	if (fd >= 0)
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return may;
}

enum built_in_result built_in_start(const char *text, const char **reason)
{
	static struct plan plan;

	plan.program = modules_count() ? modules_get(MODULES_PROGRAM) : NULL;
	if (!plan.program || !take_all(text, &plan) || !find_code(&plan) || !is_this_program(&plan))
		return BUILT_IN_OTHER;
	*reason = NULL;
	if (!is_single_threaded())
		*reason = "a library has already started a thread";
	else if (!may_change_code())
		*reason = "the system does not let code be changed (SELinux, PR_SET_MDWE), "
			  "or /proc is not mounted";
	else if (!write_stubs(&plan))
		*reason = "there is no free address space near the executable";
	else if (!protect_code(&plan, PROT_READ | PROT_WRITE))
		*reason = "its code cannot be made writable";
	if (*reason) {
		unmap_stubs(&plan);
		return BUILT_IN_REFUSED;
	}
	overwrite(&plan);
	protect_code(&plan, PROT_READ | PROT_EXEC);
	return BUILT_IN_DONE;
}
