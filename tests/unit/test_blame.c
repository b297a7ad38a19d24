/* model/blame.c: the innermost frame that is no allocator. */
#include "model/blame.h"
#include "suites.h"
#include "symbolize/frame.h"

static size_t blamed(const struct blame *blame, const char *const *names, size_t count)
{
	struct frame frames[10];

	for (size_t i = 0; i < count; i++)
		frames[i] = (struct frame){.function = names[i]};
	return blame_first(blame, frames, count);
}

START_TEST(allocators_and_wrappers_are_skipped)
{
	static const struct blame standard = {0};

	ck_assert_uint_eq(blamed(&standard, (const char *const[]){"main"}, 1), 0);
	ck_assert_uint_eq(blamed(&standard, (const char *const[]){"xmalloc", "parse", "main"}, 3),
			  1);
	ck_assert_uint_eq(blamed(&standard, (const char *const[]){"__strdup", "parse"}, 2), 1);
	ck_assert_uint_eq(
		blamed(&standard, (const char *const[]){"g_malloc", "g_strdup", "load"}, 3), 2);
	ck_assert_uint_eq(
		blamed(&standard,
		       (const char *const[]){"operator new(unsigned long)",
					     "std::allocator<int>::allocate(unsigned long)", "f()"},
		       3),
		2);
	ck_assert_uint_eq(
		blamed(&standard, (const char *const[]){"operator new[](unsigned long)", "f()"}, 2),
		1);
	ck_assert_uint_eq(blamed(&standard, (const char *const[]){"mallocation", "main"}, 2), 0);
	ck_assert_uint_eq(
		blamed(&standard, (const char *const[]){"cache_insert", "xmalloc", "main"}, 3), 0);
	ck_assert_uint_eq(blamed(&standard, (const char *const[]){NULL, "main"}, 2),
			  0); /* unknown is no allocator */
	/* none */
	ck_assert_uint_eq(blamed(&standard, (const char *const[]){"malloc", "xmalloc"}, 2), 2);
}
END_TEST

START_TEST(the_c_library_is_known_by_its_file)
{
	static const char *const libc[] = {"libc.so.6",		 "libc-2.31.so",
					   "libpthread-2.31.so", "ld-linux-x86-64.so.2",
					   "ld-2.28.so",	 "ld-musl-x86_64.so.1"};
	static const char *const others[] = {"libcurl.so.4", "libc.so",	       "program",
					     "ld-shop",	     "libcrypto.so.3", "libcap.so.2"};

	for (size_t i = 0; i < sizeof libc / sizeof libc[0]; i++)
		ck_assert(blame_in_libc(&(struct frame){.module = libc[i]}));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert(!blame_in_libc(&(struct frame){.module = others[i]}));
	ck_assert(!blame_in_libc(&(struct frame){.function = "fopen"}));
}
END_TEST

START_TEST(headers_of_the_standard_library_are_skipped)
{
	static const struct blame standard = {0};
	static const struct frame headers[] = {
		{.function = "allocate", .file = "/usr/include/c++/12/bits/new_allocator.h"},
		{.function = "push_back", .file = "/usr/lib/llvm-14/bin/../include/c++/v1/vector"},
		{.function = "std::hash<key>::operator()", .file = "key.cc"},
	};

	ck_assert_uint_eq(blame_first(&standard, headers, 3), 2);
	ck_assert_uint_eq(
		blamed(&standard,
		       (const char *const[]){
			       "void std::vector<int, std::allocator<int> "
			       ">::_M_realloc_insert<int>("
			       "__gnu_cxx::__normal_iterator<int*, std::vector<int> >, int&&)",
			       "std::vector<int>::push_back(int const&)", "add(std::vector<int>&)"},
		       3),
		2);
	ck_assert_uint_eq(
		blamed(&standard, (const char *const[]){"std::vector<int> make<int>(int)"}, 1), 0);
	ck_assert_uint_eq(
		blamed(&standard,
		       (const char *const[]){"(anonymous namespace)::make(std::string const&)"}, 1),
		0);
}
END_TEST

START_TEST(options_skip_more_or_nothing)
{
	const char *patterns[] = {"pool_*", "ns::get"};
	struct blame more = {.patterns = patterns, .count = 2};
	struct blame none = {.nothing_skipped = true};

	ck_assert_uint_eq(blamed(&more, (const char *const[]){"pool_get", "xmalloc", "main"}, 3),
			  2);
	ck_assert_uint_eq(blamed(&more, (const char *const[]){"ns::get(int)", "main"}, 2), 1);
	ck_assert_uint_eq(blamed(&none, (const char *const[]){"xmalloc", "main"}, 2), 0);
}
END_TEST

Suite *blame_suite(void)
{
	return suite_of("blame", (const TTest *const[]){allocators_and_wrappers_are_skipped,
							the_c_library_is_known_by_its_file,
							headers_of_the_standard_library_are_skipped,
							options_skip_more_or_nothing, NULL});
}
