/* preload/unwind/modules.c: what is mapped where. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/modules.h"
#include "silt_snapshot.h"
#include "suites.h"

START_TEST(modules_have_names_and_numbers)
{
	const struct module *module;
	uint32_t own, libc;

	ck_assert(modules_start());
	own = modules_find((uintptr_t)modules_suite);
	ck_assert_uint_eq(own, 0); /* the executable */
	module = modules_get(own);
	ck_assert_uint_ne(module->flags & SILT_MODULE_EXECUTABLE, 0);
	ck_assert_ptr_nonnull(strstr(module->path, "/unit"));
	ck_assert_uint_gt(module->text_size, 0);
	ck_assert_uint_gt(module->build_id_size, 0);
	ck_assert((uintptr_t)modules_suite >= module->text_start &&
		  (uintptr_t)modules_suite < module->text_start + module->text_size);
	libc = modules_find((uintptr_t)dlsym(RTLD_DEFAULT, "getppid"));
	ck_assert_ptr_nonnull(strstr(modules_get(libc)->path, "libc.so"));
	ck_assert_uint_eq(modules_find((uintptr_t)dlsym(RTLD_DEFAULT, "gettid")), libc);
	ck_assert_uint_eq(modules_find(16), MODULES_NONE);
	ck_assert(modules_is_loader(modules_loader_start) &&
		  !modules_is_loader((uintptr_t)modules_suite));
}
END_TEST

START_TEST(closed_module_is_forgotten)
{
	uint32_t libc;

	ck_assert(modules_start());
	libc = modules_find((uintptr_t)dlsym(RTLD_DEFAULT, "getppid"));
	ck_assert_uint_eq(modules_note_freed(&libc), MODULES_NONE);
	ck_assert_uint_eq(modules_note_freed(modules_get(libc)->link_map),
			  libc); /* as if dlclose had freed its record */
	ck_assert_uint_ne(modules_get(libc)->flags & SILT_MODULE_UNLOADED, 0);
	ck_assert_uint_ne(modules_find((uintptr_t)dlsym(RTLD_DEFAULT, "getppid")),
			  libc); /* another life, another number */
}
END_TEST

Suite *modules_suite(void)
{
	return suite_of("modules", (const TTest *const[]){modules_have_names_and_numbers,
							  closed_module_is_forgotten, NULL});
}
