/* load/entry_code.c: the first instructions of a function, moved elsewhere. */
#include <string.h>

#include "load/entry_code.h"
#include "suites.h"

#define ADDRESS 0x1000u

static const char *read_code(struct entry_code *entry, const void *code, size_t size)
{
	ck_assert(entry_code_load());
	return entry_code_read(entry, code, size, ADDRESS);
}
#define READ(entry, code) read_code(entry, code, sizeof(code) - 1)

static bool has_moved(const struct entry_code *entry, const void *code, size_t size)
{
	return entry->moved_size == size && memcmp(entry->moved, code, size) == 0;
}

START_TEST(whole_instructions_are_moved)
{
	/* push %r15; push %r14; push %r13; ret */
	static const char code[] = "\x41\x57\x41\x56\x41\x55\xc3";
	struct entry_code entry;

	ck_assert_ptr_null(READ(&entry, code));
	ck_assert_uint_eq(entry.address, ADDRESS);
	ck_assert_uint_eq(entry.original_size, 6);
	ck_assert(has_moved(&entry, code, 6));
	ck_assert_uint_eq(entry.fixes, 0);
}
END_TEST

START_TEST(endbr64_stays_where_it_is)
{
	/* endbr64; mov %rdi,%rax; mov %rdi,%rcx; ret */
	static const char code[] = "\xf3\x0f\x1e\xfa\x48\x89\xf8\x48\x89\xf9\xc3";
	struct entry_code entry;

	ck_assert_ptr_null(READ(&entry, code));
	ck_assert_uint_eq(entry.address, ADDRESS + 4);
	ck_assert(has_moved(&entry, code + 4, 6));
}
END_TEST

START_TEST(a_distance_from_the_instruction_is_told)
{
	/* mov 0x95d9(%rip),%rax; ret, and with a value behind the distance: cmpl $1,0x10(%rip);
	 * ret */
	static const char load[] = "\x48\x8b\x05\xd9\x95\x00\x00\xc3";
	static const char compare[] = "\x83\x3d\x10\x00\x00\x00\x01\xc3";
	struct entry_code entry;

	ck_assert_ptr_null(READ(&entry, load));
	ck_assert_uint_eq(entry.fixes, 1);
	ck_assert_uint_eq(entry.fix[0].field, 3);
	ck_assert_uint_eq(entry.fix[0].end, 7);
	ck_assert_uint_eq(entry.fix[0].target, ADDRESS + 7 + 0x95d9);
	ck_assert_ptr_null(READ(&entry, compare));
	ck_assert_uint_eq(entry.fix[0].field, 2);
	ck_assert_uint_eq(entry.fix[0].end, 7);
	ck_assert_uint_eq(entry.fix[0].target, ADDRESS + 7 + 0x10);
}
END_TEST

START_TEST(short_jumps_become_long)
{
	/* test %rdi,%rdi; je +0x20; ret, long enough for the jump to lead behind it */
	char code[0x40] = "\x48\x85\xff\x74\x20\xc3";
	struct entry_code entry;

	ck_assert_ptr_null(read_code(&entry, code, sizeof code));
	ck_assert(has_moved(&entry, "\x48\x85\xff\x0f\x84\0\0\0\0", 9));
	ck_assert_uint_eq(entry.fixes, 1);
	ck_assert_uint_eq(entry.fix[0].field, 5);
	ck_assert_uint_eq(entry.fix[0].end, 9);
	ck_assert_uint_eq(entry.fix[0].target, ADDRESS + 5 + 0x20);
	/* jmp +0x100: a function that is another's */
	ck_assert_ptr_null(READ(&entry, "\xe9\x00\x01\x00\x00"));
	ck_assert(has_moved(&entry, "\xe9\0\0\0\0", 5));
	ck_assert_uint_eq(entry.fix[0].target, ADDRESS + 5 + 0x100);
}
END_TEST

START_TEST(what_works_in_its_place_only_is_refused)
{
	static const char *const codes[] = {
		"\xe8\x00\x01\x00\x00\xc3",	    /* call */
		"\xc3\x90\x90\x90\x90\x90",	    /* ret */
		"\xff\xe0\x90\x90\x90\x90",	    /* jmp *%rax */
		"\xe3\x10\x90\x90\x90\x90",	    /* jrcxz */
		"\x48\x89\xf8",			    /* too short */
		"\x06\x06\x06\x06\x06\x06",	    /* no code */
		"\x48\x89\xf8\x48\x89\xf9\xeb\xfb", /* jmp to the second instruction */
	};
	struct entry_code entry;

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		ck_assert_msg(read_code(&entry, codes[i], strlen(codes[i])) != NULL, "code %zu", i);
}
END_TEST

START_TEST(a_jump_to_the_start_is_none_into_it)
{
	/* mov %rdi,%rax; mov %rdi,%rcx; jmp to the start */
	static const char code[] = "\x48\x89\xf8\x48\x89\xf9\xeb\xf8";
	struct entry_code entry;

	ck_assert_ptr_null(READ(&entry, code));
}
END_TEST

START_TEST(random_bytes_are_read_within_their_bounds)
{
	unsigned char code[64];
	struct entry_code entry;
	unsigned state = 1;

	for (int round = 0; round < 20000; round++) {
		size_t size = 1 + (size_t)round % sizeof code;

		for (size_t i = 0; i < size; i++)
			code[i] = (unsigned char)((state = state * 1103515245 + 12345) >> 16);
		if (read_code(&entry, code, size))
			continue;
		ck_assert_uint_le(entry.original_size, size);
		ck_assert_uint_le(entry.moved_size, sizeof entry.moved);
		for (size_t i = 0; i < entry.fixes; i++)
			ck_assert_uint_le(entry.fix[i].field + 4, entry.fix[i].end);
	}
}
END_TEST

Suite *entry_code_suite(void)
{
	return suite_of("entry_code",
			(const TTest *const[]){
				whole_instructions_are_moved, endbr64_stays_where_it_is,
				a_distance_from_the_instruction_is_told, short_jumps_become_long,
				what_works_in_its_place_only_is_refused,
				a_jump_to_the_start_is_none_into_it,
				random_bytes_are_read_within_their_bounds, NULL});
}
