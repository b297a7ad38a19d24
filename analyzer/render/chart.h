/*
 * Draws a figure over time with characters.
 * Must not: know what the figures mean.
 */
#ifndef SILT_RENDER_CHART_H
#define SILT_RENDER_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Returns true if the locale is UTF-8, so that the terminal can show block elements (U+2581 to
 * U+2588). Looks at LC_ALL, LC_CTYPE and LANG in the order of locale(7). */
bool chart_has_blocks(void);

/* A step function of time: `values[i]` holds from `seconds[i]` until `seconds[i + 1]`. `seconds`
 * is in ascending order. */
struct chart_figure {
	const uint64_t *values;
	const double *seconds;
	/* at least 1 */
	size_t count;
};

/* Divides the time from the first to the last value into `width` equal spans. Stores in
 * `columns` the highest value that begins in each span, or the value that holds if none begins
 * there. */
void chart_sample(const struct chart_figure *figure, uint64_t *columns, size_t width);

/* Writes one line of `width` characters to `text`, which has room for 3 * width + 1 bytes. The
 * scale runs from 0 to the highest value. `blocks`: use block elements instead of ASCII. */
void chart_spark(const struct chart_figure *figure, char *text, size_t width, bool blocks);

/* Prints a chart of `width` columns in all and `height` rows: `solid` as columns, `dotted` as
 * dots where it is above them, sizes at the left, seconds below. */
void chart_print(FILE *file, const struct chart_figure *solid, const struct chart_figure *dotted,
		 size_t width, size_t height, bool blocks);

#endif
