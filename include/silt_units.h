/*
 * Sizes and times as users write them: one grammar for the command line, SILT_ variables and
 * .silt.toml. Used by preload/ and analyzer/. No libc function, no allocation, no error text: the
 * caller says what was wrong.
 *
 *   size  NUMBER [B|k|kB|KiB|M|MB|MiB|G|GB|GiB|T|TB|TiB]      a unit is a power of 1024; without one: bytes
 *   time  NUMBER [us|ms|s|m|min|h|d]                            without a unit: seconds
 *   NUMBER  digits, or digits '.' digits: 64, 1.5, 0.25         units in capitals or small letters, no space before them
 */
#ifndef SILT_UNITS_H
#define SILT_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct silt_unit {
	/* in small letters */
	const char *name;
	uint64_t factor;
};

#define SILT_UNITS_SIZE                                                                            \
	{"", 1}, {"b", 1}, {"k", 1ull << 10}, {"kb", 1ull << 10}, {"kib", 1ull << 10},             \
		{"m", 1ull << 20}, {"mb", 1ull << 20}, {"mib", 1ull << 20}, {"g", 1ull << 30},     \
		{"gb", 1ull << 30}, {"gib", 1ull << 30}, {"t", 1ull << 40}, {"tb", 1ull << 40},    \
	{                                                                                          \
		"tib", 1ull << 40                                                                  \
	}
#define SILT_UNITS_TIME                                                                            \
	{"", 1000000000ull}, {"us", 1000ull}, {"ms", 1000000ull}, {"s", 1000000000ull},            \
		{"m", 60000000000ull}, {"min", 60000000000ull}, {"h", 3600000000000ull},           \
	{                                                                                          \
		"d", 86400000000000ull                                                             \
	}
#define SILT_UNITS_MOST_DECIMALS 9u

static inline bool silt_units_equal(const char *text, const char *name)
{
	for (; *name; text++, name++)
		if ((*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text) != *name)
			return false;
	return *text == 0;
}

/* Parses a number and one of `count` units. False: it is no number with such a unit, is not whole
 * in the smallest unit, or does not fit. */
static inline bool silt_units_parse(const char *text, const struct silt_unit *units, size_t count,
				    uint64_t *value)
{
	uint64_t whole = 0, decimals = 0, scale = 1, factor = 0, rest;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(whole, 10u, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return false;
	if (at == text)
		return false;
	if (*at == '.') {
		const char *first = ++at;

		for (; *at >= '0' && *at <= '9' && at - first < (ptrdiff_t)SILT_UNITS_MOST_DECIMALS;
		     at++) {
			decimals = decimals * 10 + (uint64_t)(*at - '0');
			scale *= 10;
		}
		if (at == first)
			return false;
	}
	for (size_t i = 0; i < count && !factor; i++)
		if (silt_units_equal(at, units[i].name))
			factor = units[i].factor;
	/* There is no fraction of a byte ("1.5"); 0.3 KiB is rounded down. */
	if (!factor || (factor == 1 && decimals))
		return false;
	/* decimals < 10^9 and factor < 2^47: no overflow in two steps */
	rest = decimals * (factor / scale) + decimals * (factor % scale) / scale;
	return !__builtin_mul_overflow(whole, factor, value) &&
	       !__builtin_add_overflow(*value, rest, value);
}

/* Parses a size in bytes. */
static inline bool silt_units_size(const char *text, uint64_t *bytes)
{
	static const struct silt_unit units[] = {SILT_UNITS_SIZE};

	return silt_units_parse(text, units, sizeof units / sizeof units[0], bytes);
}

/* Parses a time in nanoseconds. */
static inline bool silt_units_time(const char *text, uint64_t *ns)
{
	static const struct silt_unit units[] = {SILT_UNITS_TIME};

	return silt_units_parse(text, units, sizeof units / sizeof units[0], ns);
}

/* True if a text that may be a size or a time is a time: "5M" is a size, "5m" a time. */
static inline bool silt_units_is_time(const char *text)
{
	uint64_t ns;
	size_t length = 0;

	while (text[length])
		length++;
	return length && text[length - 1] != 'M' && silt_units_time(text, &ns);
}

/* Parses --interval: "auto", "off" (0), or a time of at least a millisecond. Auto starts with
 * SILT_INTERVAL_AUTO_FIRST_NS. Whenever there are SILT_INTERVAL_AUTO_KEEP snapshots, every other
 * one is dropped and the interval doubles: a minute and a week both give about a hundred, evenly
 * spread. */
#define SILT_INTERVAL_AUTO UINT64_MAX
#define SILT_INTERVAL_AUTO_FIRST_NS 250000000ull
#define SILT_INTERVAL_AUTO_KEEP 128u
static inline bool silt_units_interval(const char *text, uint64_t *ns)
{
	if (silt_units_equal(text, "auto")) {
		*ns = SILT_INTERVAL_AUTO;
		return true;
	}
	if (silt_units_equal(text, "off")) {
		*ns = 0;
		return true;
	}
	return silt_units_time(text, ns) && *ns >= 1000000;
}

#endif
