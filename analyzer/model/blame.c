/* Finds the blamed frame: see blame.h. */
#include "model/blame.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* matched against the function's name without leading underscores and, if it was mangled,
 * without its parameters */
static const char *const allocators[] = {
	/* C, POSIX, glibc */
	"malloc",
	"calloc",
	"realloc",
	"reallocarray",
	"free",
	"cfree",
	"memalign",
	"aligned_alloc",
	"posix_memalign",
	"valloc",
	"pvalloc",
	"libc_malloc",
	"libc_calloc",
	"libc_realloc",
	"libc_memalign",
	"strdup",
	"strndup",
	"wcsdup",
	"asprintf",
	"vasprintf",
	"asprintf_chk",
	"vasprintf_chk",
	"vasprintf_internal",
	"obstack_begin",
	"obstack_newchunk",
	"GI_*strdup",
	/* by convention: xmalloc and its kin (GNU, BSD), checked and zeroing forms */
	"xfree",
	"xmalloc",
	"xcalloc",
	"xrealloc",
	"xreallocarray",
	"xzalloc",
	"xnmalloc",
	"xnrealloc",
	"xmallocarray",
	"x2realloc",
	"x2nrealloc",
	"xstrdup",
	"xstrndup",
	"xmemdup",
	"xasprintf",
	"xvasprintf",
	"xcharalloc",
	"ximalloc",
	"xicalloc",
	"xirealloc",
	"xireallocarray",
	"xpalloc",
	"emalloc",
	"ecalloc",
	"erealloc",
	"estrdup",
	"safe_malloc",
	"safe_calloc",
	"safe_realloc",
	"safe_strdup",
	"checked_malloc",
	"ckmalloc",
	"zalloc",
	"rpl_malloc",
	"rpl_calloc",
	"rpl_realloc",
	/* GLib */
	"g_malloc",
	"g_malloc0",
	"g_malloc_n",
	"g_malloc0_n",
	"g_realloc",
	"g_realloc_n",
	"g_try_malloc",
	"g_try_malloc0",
	"g_try_malloc_n",
	"g_try_malloc0_n",
	"g_try_realloc",
	"g_try_realloc_n",
	"g_slice_alloc",
	"g_slice_alloc0",
	"g_slice_copy",
	"g_free",
	"g_free_sized",
	"g_slice_free1",
	"g_strdup",
	"g_strndup",
	"g_strdup_printf",
	"g_strdup_vprintf",
	"g_strconcat",
	"g_memdup",
	"g_memdup2",
	"g_aligned_alloc",
	"g_aligned_alloc0",
	"g_vasprintf",
	"g_type_create_instance",
	"g_object_new",
	"g_object_new_with_properties",
	"g_object_new_valist",
	"g_object_newv",
	/* C++ */
	"operator delete",
	"operator delete[[]]",
	"operator new",
	"operator new[[]]",
	"std::allocator<*",
	"std::allocator_traits<*",
	"gnu_cxx::*allocator*",
	"std::*new_allocator<*",
	"std::allocate_guarded<*",
	"std::allocate_shared<*",
	"std::make_shared<*",
	"std::make_unique<*",
	"std::pmr::*allocate*",
	"std::*::_M_allocate*",
	"std::*::_M_deallocate*",
	"std::*::_M_destroy*",
	"std::*::_M_dispose*",
	"std::*::_M_create*",
	"std::*::_M_get_node*",
	"std::*::_S_allocate*",
	"std::*::_S_create*",
	"std::_1::libcpp_allocate*",
	"std::*::_M_construct*",
	/* Rust */
	"rust_alloc",
	"rust_alloc_zeroed",
	"rust_realloc",
	"rdl_alloc",
	"rdl_alloc_zeroed",
	"rdl_realloc",
	"rg_alloc",
	"rg_realloc",
	"rustc::__rust_*",
	"alloc::alloc::*",
	"alloc::raw_vec::*",
	"<alloc::alloc::Global*",
	"<alloc::raw_vec::*",
	"<alloc::boxed::Box<*>>::*new*",
	"alloc::boxed::*",
	"<alloc::vec::Vec<*>>::with_capacity*",
	"alloc::vec::from_elem*",
	"<*alloc::vec::spec_from_elem::*",
	"std::sys::*alloc*",
};

/* Returns true if the glob matches the whole name, or the name without parameters. */
static bool matches(const char *pattern, const char *name)
{
	char with_parameters[300];
	size_t literal;

	/* a name is compared with a hundred patterns, nearly all of which differ in the first
	 * characters */
	if (pattern[0] != name[0] && pattern[0] != '*' && pattern[0] != '?' && pattern[0] != '[')
		return false;
	literal = strcspn(pattern, "*?[");
	if (strncmp(pattern, name, literal) != 0)
		return false;
	if (!pattern[literal])
		return !name[literal] || name[literal] == '(';
	if (fnmatch(pattern, name, FNM_NOESCAPE) == 0)
		return true;
	snprintf(with_parameters, sizeof with_parameters, "%s(*", pattern);
	return fnmatch(with_parameters, name, FNM_NOESCAPE) == 0;
}

/* True for the C++ standard library's headers and templates, known by their file. */
static bool in_standard_header(const char *file)
{
	return strstr(file, "/include/c++/") != NULL;
}

/* True for functions of the C++ standard library's namespaces, for when there is no debug
 * information. The text before the name is the return type. */
static bool in_standard_namespace(const char *name)
{
	const char *start = name;
	int depth = 0;

	for (const char *c = name; *c && strncmp(c, "operator", strlen("operator")) != 0; c++) {
		if (*c == '(' && depth == 0 && c > start && c[-1] != ':')
			break; /* the parameters begin */
		depth += (*c == '<' || *c == '(' || *c == '{') -
			 (*c == '>' || *c == ')' || *c == '}');
		if (*c == ' ' && depth == 0)
			start = c + 1;
	}
	return strncmp(start, "std::", strlen("std::")) == 0 ||
	       strncmp(start, "__gnu_cxx::", strlen("__gnu_cxx::")) == 0;
}

static bool is_allocator(const struct blame *blame, const struct frame *frame)
{
	const char *name = frame->function;

	if (!name)
		return false;
	for (size_t i = 0; i < blame->count; i++)
		if (matches(blame->patterns[i], name))
			return true;
	if (frame->file ? in_standard_header(frame->file) : in_standard_namespace(name))
		return true;
	name += strspn(name, "_");
	for (size_t i = 0; i < sizeof allocators / sizeof allocators[0]; i++)
		if (matches(allocators[i], name))
			return true;
	return false;
}

/* file names of glibc, also before 2.34, and of musl */
static const char *const libc_files[] = {
	"libc.so.*",	   "libc-2.*.so", "ld-linux*.so.*", "ld-2.*.so",      "libpthread.so.*",
	"libpthread-*.so", "libdl.so.*",  "libdl-2.*.so",   "ld-musl-*.so.*", "libc.musl-*.so.*",
};

bool blame_in_libc(const struct frame *frame)
{
	if (!frame->module)
		return false;
	for (size_t i = 0; i < sizeof libc_files / sizeof libc_files[0]; i++)
		if (strncmp(frame->module, libc_files[i], 2) == 0 &&
		    fnmatch(libc_files[i], frame->module, 0) == 0)
			return true;
	return false;
}

size_t blame_first(const struct blame *blame, const struct frame *frames, size_t count)
{
	size_t i = 0;

	if (blame->nothing_skipped)
		return 0;
	while (i < count && is_allocator(blame, &frames[i]))
		i++;
	return i;
}
