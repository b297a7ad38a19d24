/*
 * SILT_ASSERT(): an invariant, checked in debug builds of the library and the analyzer (make
 * DEBUG=1, SAN=...; tests use them). A release build does not evaluate it, and does not contain its
 * text.
 * Must not: check what a file, a user or the system may get wrong; have a side effect.
 */
#ifndef SILT_ASSERT_H
#define SILT_ASSERT_H

#ifdef SILT_DEBUG

#include <string.h>
#include <unistd.h>

/* Prints a line on standard error and traps (SIGILL or SIGTRAP). Uses neither stdio nor malloc. */
__attribute__((cold, noreturn, unused)) static void silt_assert_failed(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		__builtin_trap();
	__builtin_trap();
}

#define SILT_ASSERT_TEXT(line) #line
#define SILT_ASSERT_LINE(line) SILT_ASSERT_TEXT(line)
#define SILT_ASSERT(condition)                                                                     \
	((condition) ? (void)0                                                                     \
		     : silt_assert_failed("silt: assertion failed: " __FILE__                      \
					  ":" SILT_ASSERT_LINE(__LINE__) ": " #condition "\n"))
#else
#define SILT_ASSERT(condition) ((void)0)
#endif

#endif
