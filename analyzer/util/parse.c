/*
 * Numbers as people write them on a command line: see parse.h.
 * Called by commands.
 * Must not: print; the caller names the option in its error.
 */
#include "util/parse.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static bool parse_with_unit(const char *text, const struct unit *units, uint64_t *value)
{
	const char *p = text;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*value, (uint64_t)10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return false;
	if (p == text)
		return false;
	for (; units->name; units++)
		if (strcasecmp(p, units->name) == 0)
			return !__builtin_mul_overflow(*value, units->factor, value);
	return false;
}

bool parse_number(const char *text, uint64_t *number)
{
	static const struct unit none[] = {{"", 1}, {NULL, 0}};

	return parse_with_unit(text, none, number);
}

bool parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"B", 1},
		{"k", 1ull << 10},
		{"kB", 1ull << 10},
		{"KiB", 1ull << 10},
		{"M", 1ull << 20},
		{"MB", 1ull << 20},
		{"MiB", 1ull << 20},
		{"G", 1ull << 30},
		{"GB", 1ull << 30},
		{"GiB", 1ull << 30},
		{"T", 1ull << 40},
		{"TB", 1ull << 40},
		{"TiB", 1ull << 40},
		{NULL, 0},
	};

	return parse_with_unit(text, units, bytes);
}

bool parse_duration(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{"", 1000000000},	 {"us", 1000},
		{"ms", 1000000},	 {"s", 1000000000},
		{"m", 60000000000ull},	 {"min", 60000000000ull},
		{"h", 3600000000000ull}, {NULL, 0},
	};

	return parse_with_unit(text, units, ns);
}

int parse_signal(const char *text)
{
	uint64_t number;

	if (parse_number(text, &number))
		return number >= 1 && number <= 64 && number != SIGKILL && number != SIGSTOP ? (int)number
											     : 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncmp(text, "RTMIN", 5) == 0) {
		if (text[5] == 0)
			return SIGRTMIN;
		return text[5] == '+' && parse_number(text + 6, &number) && number < 30
			       ? SIGRTMIN + (int)number
			       : 0;
	}
	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP && sigabbrev_np(i) && strcasecmp(text, sigabbrev_np(i)) == 0)
			return i;
	return 0;
}
