/* symbolize/variable.c: this program's own variables, by their addresses, and paths through its
 * types. */
#include <inttypes.h>
#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arch.h"
#include "suites.h"
#include "symbolize/symbolize.h"
#include "symbolize/variable.h"

struct link {
	struct link *next, *previous;
};

struct value {
	char *text;
	long number;
};

struct entry {
	struct entry *next;
	struct value *value;
	union {
		long count;
		char *bytes;
		struct value *first;
	};
	struct {
		unsigned kind : 4;
		const void *opaque;
	} inner;
};

struct job { /* the only one with a link there */
	char *title;
	void *argument;
	struct link link;
	struct value *result;
};

typedef struct entry *volatile entry_pointer;

struct cache {
	unsigned size;
	entry_pointer *buckets;
	struct entry *recent[8];
	struct entry inlined[4];
	struct value *grid[3][5];
	struct incomplete *hidden;
	uintptr_t word;
	char storage[32];
};

struct open {
	size_t count;
	struct value *values[];
};

struct base {
	int kind;
};

struct derived {
	struct base base;
	struct value *extra;
};

struct unknown_to_all;

static struct cache v_cache;
struct link *v_jobs;
static struct link v_head;
void *v_items[16];
void **v_list;
static struct open *v_open;
static struct base *v_base;
static struct unknown_to_all *v_unknown;
static struct value *v_array;
static _Thread_local struct cache v_thread_cache;
struct value *(*v_pairs)[2];
int (*v_function)(char *, struct value, ...);

static struct symbol_module own;
static struct symbolizer *symbolizer;
static uintptr_t base_address;
static char path[4096];

static int note_base(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	base_address = info->dlpi_addr;
	return 1; /* the first is the executable */
}

static void setup(void)
{
	struct job job = {.title = NULL};
	struct derived derived = {.extra = NULL};

	__asm__ volatile("" ::"r"(&job), "r"(&derived), "r"(&v_cache), "r"(&v_head), "r"(&v_open),
			 "r"(&v_base), "r"(&v_unknown), "r"(&v_array)
			 : "memory");
	ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof path - 1), 0);
	own.path = path;
	dl_iterate_phdr(note_base, NULL);
	symbolizer = symbolizer_new();
}

static const struct variable *variable_at(const volatile void *address)
{
	return symbolizer_variable(symbolizer, &own, (uintptr_t)address - base_address, false);
}

#define STEP(...) ((struct path_step){__VA_ARGS__})
/* The path from `variable` by the steps. */
#define EXPECT(expected, variable, ...)                                                            \
	expect(expected, &(variable), (const struct path_step[]){__VA_ARGS__},                     \
	       sizeof((const struct path_step[]){__VA_ARGS__}) / sizeof(struct path_step))

static void expect(const char *expected, const volatile void *address,
		   const struct path_step *steps, size_t count)
{
	char *text = symbolizer_path(symbolizer, &own, variable_at(address), NULL, steps, count);

	ck_assert_str_eq(text, expected);
	free(text);
}

/* clang's AddressSanitizer counts what it puts behind a variable as the variable's. */
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define WITH_REDZONES true
#endif
#endif
#ifndef WITH_REDZONES
#define WITH_REDZONES false
#endif

START_TEST(address_has_a_variable)
{
	static struct value kept;
	const struct variable *variable;

	setup();
	variable = variable_at(&v_cache.recent[3]);
	ck_assert_ptr_nonnull(variable);
	ck_assert_str_eq(variable->name, "v_cache");
	ck_assert_str_eq(variable->type, "struct cache");
	ck_assert_ptr_nonnull(strstr(variable->file, "tests/unit/test_variable.c"));
	ck_assert_int_eq(variable->file[0], '/');
	ck_assert_uint_gt(variable->line, 0);
	ck_assert_uint_eq(variable->address, (uintptr_t)&v_cache - base_address);
	ck_assert_uint_ge(variable->size, sizeof v_cache);
	if (!WITH_REDZONES)
		ck_assert_uint_eq(variable->size, sizeof v_cache);
	ck_assert_str_eq(variable_at(v_items)->type, "void *[16]");
	ck_assert_str_eq(variable_at(&v_pairs)->type, "struct value *(*)[2]");
	ck_assert_str_eq(variable_at(&v_function)->type, "int (*)(char *, struct value, ...)");
	__asm__ volatile("" ::"r"(&kept) : "memory");
	ck_assert_str_eq(strstr(variable_at(&kept)->name, "::"), "::kept");
	ck_assert_ptr_eq(variable_at(&v_cache.word), variable);
	ck_assert_ptr_null(symbolizer_variable(symbolizer, &own, 1, false));
	symbolizer_free(symbolizer);
}
END_TEST

/* The offset in the TLS segment of this executable; its address is a fixed distance below the
 * thread pointer.
 *  */
static uint64_t tls_offset(const volatile void *address, uint64_t *size)
{
	const ElfW(Ehdr) *header = (const void *)base_address;
	const ElfW(Phdr) *segments = (const void *)(base_address + header->e_phoff);

	for (unsigned i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_TLS) {
			uintptr_t thread = arch_thread_pointer();
			uint64_t align = segments[i].p_align;

			*size = segments[i].p_memsz;
			/* above the thread pointer and two words of glibc's */
			if (ARCH_TLS_VARIANT == 1)
				return (uintptr_t)address - thread - ((16 + align - 1) & -align);
			return (uintptr_t)address - (thread - ((*size + align - 1) & -align));
		}
	return UINT64_MAX;
}

START_TEST(thread_local_address_has_a_variable)
{
	const struct variable *variable;
	uint64_t offset, size;
	char *text;

	setup();
	offset = tls_offset(&v_thread_cache.recent, &size);
	variable = symbolizer_variable(symbolizer, &own, offset, true);
	ck_assert_ptr_nonnull(variable);
	ck_assert_str_eq(variable->name, "v_thread_cache");
	ck_assert_str_eq(variable->type, "struct cache");
	text = symbolizer_path(
		symbolizer, &own, variable, NULL,
		(const struct path_step[]){{.offset = offsetof(struct cache, recent), .stride = 8},
					   {.offset = offsetof(struct entry, value)}},
		2);
	ck_assert_str_eq(text, "v_thread_cache.recent[].value");
	free(text);
	symbolizer_free(symbolizer);
}
END_TEST

START_TEST(path_names_members)
{
	setup();
	EXPECT("v_cache.buckets[].next->value", v_cache,
	       STEP(.offset = offsetof(struct cache, buckets)), STEP(.stride = 8),
	       STEP(.offset = 0, .repeats = true), STEP(.offset = offsetof(struct entry, value)));
	EXPECT("v_cache.recent[3]->value->text", v_cache,
	       STEP(.offset = offsetof(struct cache, recent[3])),
	       STEP(.offset = offsetof(struct entry, value)), STEP(.offset = 0));
	EXPECT("v_cache.recent[].inner.opaque", v_cache,
	       STEP(.offset = offsetof(struct cache, recent), .stride = 8),
	       STEP(.offset = offsetof(struct entry, inner.opaque)));
	EXPECT("v_cache.inlined[].value", v_cache,
	       STEP(.offset = offsetof(struct cache, inlined[0].value),
		    .stride = sizeof(struct entry)));
	EXPECT("v_cache.inlined[2].first->text", v_cache,
	       STEP(.offset = offsetof(struct cache, inlined[2].first)), STEP(.offset = 0));
	EXPECT("v_cache.grid[1][2]", v_cache, STEP(.offset = offsetof(struct cache, grid[1][2])));
	EXPECT("v_cache.grid[][]", v_cache,
	       STEP(.offset = offsetof(struct cache, grid), .stride = 8));
	EXPECT("v_cache.grid[][1]", v_cache,
	       STEP(.offset = offsetof(struct cache, grid[0][1]), .stride = 40));
	EXPECT("v_cache.word->+0x8", v_cache, STEP(.offset = offsetof(struct cache, word)),
	       STEP(.offset = 8));
	EXPECT("v_cache.storage+0x8", v_cache, STEP(.offset = offsetof(struct cache, storage) + 8));
	EXPECT("v_cache.hidden->+0x10", v_cache, STEP(.offset = offsetof(struct cache, hidden)),
	       STEP(.offset = 16));
	symbolizer_free(symbolizer);
}
END_TEST

START_TEST(path_without_types_has_offsets)
{
	setup();
	EXPECT("v_items[]->+0x8", v_items, STEP(.stride = 8), STEP(.offset = 8));
	EXPECT("v_items[2]->+0x18[]", v_items, STEP(.offset = 16),
	       STEP(.offset = 24, .stride = 16));
	EXPECT("v_list[0]->+0x0", v_list, STEP(.offset = 0), STEP(.offset = 0), STEP(.offset = 0));
	EXPECT("v_open->values[].text", v_open, STEP(.offset = 0), STEP(.offset = 8, .stride = 8),
	       STEP(.offset = 0));
	EXPECT("v_open->values[4]->text", v_open, STEP(.offset = 0), STEP(.offset = 40),
	       STEP(.offset = 0));
	EXPECT("v_array[].text", v_array, STEP(.offset = 0),
	       STEP(.offset = 0, .stride = sizeof(struct value)));
	EXPECT("v_array[2].text", v_array, STEP(.offset = 0),
	       STEP(.offset = 2 * sizeof(struct value)));
	EXPECT("v_array->text", v_array, STEP(.offset = 0), STEP(.offset = 0));
	EXPECT("v_unknown->+0x8->+0x0", v_unknown, STEP(.offset = 0), STEP(.offset = 8),
	       STEP(.offset = 0));
	EXPECT("v_pairs[1][1]->text", v_pairs, STEP(.offset = 0), STEP(.offset = 24),
	       STEP(.offset = 0));
	symbolizer_free(symbolizer);
}
END_TEST

START_TEST(path_names_the_containing_struct)
{
	const uint64_t link = offsetof(struct job, link);

	setup();
	EXPECT("v_jobs[...]->result->text", v_jobs, STEP(.target = link),
	       STEP(.offset = link, .target = link, .repeats = true),
	       STEP(.offset = offsetof(struct job, result)), STEP(.offset = 0));
	EXPECT("v_head[...]->title", v_head, STEP(.target = link), STEP(.offset = 0));
	/* Nothing is known with a link at 64. */
	EXPECT("v_head[...]->+0x8", v_head, STEP(.offset = 8, .target = 64),
	       STEP(.offset = 64, .target = 64), STEP(.offset = 8));
	EXPECT("v_base->extra->text", v_base, STEP(.offset = 0),
	       STEP(.offset = offsetof(struct derived, extra)), STEP(.offset = 0));
	symbolizer_free(symbolizer);
}
END_TEST

START_TEST(path_without_a_variable_has_offsets)
{
	const struct path_step steps[] = {{.offset = 0x10}, {.offset = 8, .stride = 8}};
	char *text;

	setup();
	text = symbolizer_path(symbolizer, &own, NULL, "unit+0x4040", steps, 2);
	ck_assert_str_eq(text, "unit+0x4040+0x10->+0x8[]");
	free(text);
	text = symbolizer_path(symbolizer, NULL, NULL, "here", steps, 1);
	ck_assert_str_eq(text, "here+0x10");
	free(text);
	symbolizer_free(symbolizer);
}
END_TEST

__attribute__((noinline)) static void look(uintptr_t cfa, void *address, const char *expected)
{
	const struct path_step steps[] = {{.stride = 8}, {.offset = offsetof(struct entry, value)}};
	const char *name, *file;
	unsigned line;
	char *text;

	text = symbolizer_local_path(
		symbolizer, &own, (uintptr_t)__builtin_return_address(0) - base_address, false,
		(int64_t)((uintptr_t)address - cfa), steps, 2, &name, &file, &line);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	ck_assert_str_eq(name, "local");
	ck_assert_ptr_nonnull(strstr(file, "test_variable.c"));
	ck_assert_uint_gt(line, 0);
	free(text);
}

__attribute__((noinline, no_sanitize("address"))) static void look_from_here(void)
{
	struct cache local;

	memset(&local, 0, sizeof local);
	look((uintptr_t)__builtin_dwarf_cfa(), &local.recent[0], "local.recent[].value");
	__asm__ volatile("" ::"r"(&local) : "memory");
}

START_TEST(local_variable_is_named)
{
	setup();
	look_from_here();
	symbolizer_free(symbolizer);
}
END_TEST

Suite *variable_suite(void)
{
	return suite_of("variable",
			(const TTest *const[]){address_has_a_variable,
					       thread_local_address_has_a_variable,
					       path_names_members, path_without_types_has_offsets,
					       path_names_the_containing_struct,
					       path_without_a_variable_has_offsets,
					       local_variable_is_named, NULL});
}
