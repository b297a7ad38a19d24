/*
 * Charts made of characters: a figure over time.
 * Must not: know what the figures are.
 */
#ifndef SILT_RENDER_CHART_H
#define SILT_RENDER_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Can the terminal show block elements (U+2581 to U+2588)? By LC_ALL, LC_CTYPE, LANG, as locale(7)
 * has it. */
bool chart_has_blocks(void);

/* What is charted: `values[i]` holds from `seconds[i]` until the next; times rise. */
struct chart_figure {
	const uint64_t *values;
	const double *seconds;
	/* at least 1 */
	size_t count;
};

/* The value in each of `width` equal spans of time from the first to the last: the highest in it,
 * or the one that holds there. */
void chart_sample(const struct chart_figure *figure, uint64_t *columns, size_t width);

/* One line of `width` characters into `text` (3 * width + 1 bytes), scaled from 0 to the
 * highest. */
void chart_spark(const struct chart_figure *figure, char *text, size_t width, bool blocks);

/* Columns for `solid`, dots for `dotted` where they are above; a scale in sizes at the left, one
 * of time below. `width`: of all. */
void chart_print(FILE *file, const struct chart_figure *solid, const struct chart_figure *dotted,
		 size_t width, size_t height, bool blocks);

#endif
