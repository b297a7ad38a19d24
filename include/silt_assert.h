/*
 * SILT_ASSERT(): what must hold, checked in debug builds of the library and the analyzer (make
 * DEBUG=1, SAN=...; tests run with them). A release build does not evaluate it, and has no text of
 * it.
 * Must not: be used for what a file, a user or the system may get wrong; have an effect.
 */
#ifndef SILT_ASSERT_H
#define SILT_ASSERT_H

#ifdef SILT_DEBUG

#include <string.h>
#include <unistd.h>

/* Ends the process: a line on standard error, then SIGILL or SIGTRAP, without stdio or malloc. */
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
