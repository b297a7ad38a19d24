/*
 * For programs that ask about their own variables: each question with the answer it should get.
 * Included by those in this folder.
 */
#ifndef SILT_TESTS_ASK_H
#define SILT_TESTS_ASK_H

#include <link.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

static uintptr_t ask_base, ask_tls;

static int ask_note(struct dl_phdr_info *info, size_t size, void *unused)
{
	uintptr_t thread;

	(void)size;
	(void)unused;
	ask_base = info->dlpi_addr;
	__asm__("mov %%fs:0, %0" : "=r"(thread));
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			ask_tls = thread -
				  ((info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align - 1) &
				   -info->dlpi_phdr[i].p_align);
	return 1; /* the first is the executable */
}

static void ask_start(void)
{
	dl_iterate_phdr(ask_note, NULL);
}

/* ask("g_cache.next", &g_cache, " %zu %zu", step, step) */
__attribute__((noinline, format(printf, 3, 4))) static void
ask(const char *expected, const volatile void *variable, const char *steps, ...)
{
	va_list arguments;

	printf("%s\tdata %#zx", expected, (size_t)((uintptr_t)variable - ask_base));
	va_start(arguments, steps);
	vprintf(steps, arguments);
	va_end(arguments);
	putchar('\n');
}

__attribute__((noinline, format(printf, 3, 4), unused)) static void
ask_tls_variable(const char *expected, const volatile void *variable, const char *steps, ...)
{
	va_list arguments;

	printf("%s\ttls %#zx", expected, (size_t)((uintptr_t)variable - ask_tls));
	va_start(arguments, steps);
	vprintf(steps, arguments);
	va_end(arguments);
	putchar('\n');
}

/* Of the caller's frame; cfa is its __builtin_dwarf_cfa(). */
__attribute__((noinline, format(printf, 4, 5), unused)) static void
ask_local(const char *expected, const void *cfa, const volatile void *word, const char *steps, ...)
{
	va_list arguments;

	printf("%s\tlocal %#zx %td", expected,
	       (size_t)((uintptr_t)__builtin_return_address(0) - ask_base),
	       (intptr_t)word - (intptr_t)cfa);
	va_start(arguments, steps);
	vprintf(steps, arguments);
	va_end(arguments);
	putchar('\n');
}

#endif
