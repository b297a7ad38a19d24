/* Draws charts with characters: see chart.h. */
#include "render/chart.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/mem.h"
#include "util/size.h"

#define LEVELS 8
static const char *const block_levels[LEVELS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const plain_levels[LEVELS + 1] = {" ", "_", "_", ".", "-", "-", "=", "=", "#"};

bool chart_has_blocks(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

void chart_sample(const struct chart_figure *figure, uint64_t *columns, size_t width)
{
	double start = figure->seconds[0], span = figure->seconds[figure->count - 1] - start;
	size_t next = 0;

	for (size_t i = 0; i < width; i++) {
		double end = start + span * (double)(i + 1) / (double)width;
		uint64_t held = next ? figure->values[next - 1] : figure->values[0], highest = 0;
		bool any = false;

		while (next < figure->count && (figure->seconds[next] <= end || i + 1 == width)) {
			if (!any || figure->values[next] > highest)
				highest = figure->values[next];
			any = true;
			next++;
		}
		columns[i] = any ? highest : held;
	}
}

static uint64_t highest_of(const uint64_t *columns, size_t width)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < width; i++)
		if (columns[i] > highest)
			highest = columns[i];
	return highest;
}

void chart_spark(const struct chart_figure *figure, char *text, size_t width, bool blocks)
{
	uint64_t *columns = mem_zeroed(width, sizeof *columns), highest;
	char *at = text;

	chart_sample(figure, columns, width);
	highest = highest_of(columns, width);
	for (size_t i = 0; i < width; i++) {
		/* a value above 0 is at least one level high */
		double level = highest ? (double)columns[i] * LEVELS / (double)highest : 0;
		size_t index = columns[i] == 0 ? 0 : level < 1 ? 1 : (size_t)level;

		at = stpcpy(at, (blocks ? block_levels : plain_levels)[index]);
	}
	free(columns);
}

#define SCALE 10 /* columns at the left, for a size */

static const char *cell(uint64_t value, uint64_t other, double low, double step, bool blocks)
{
	double part = ((double)value - low) / step;

	if (part > 0) {
		size_t level = part >= 1 ? LEVELS : (size_t)(part * LEVELS);

		if (part < 1 && level == 0)
			level = 1;
		return (blocks ? block_levels : plain_levels)[level];
	}
	if (other && (double)other > low && (double)other <= low + step)
		return blocks ? "·" : ".";
	return " ";
}

static void print_times(FILE *file, const struct chart_figure *figure, size_t columns)
{
	double start = figure->seconds[0], end = figure->seconds[figure->count - 1];
	char left[32], right[32];
	int gap;

	snprintf(left, sizeof left, "%.1f s", start);
	snprintf(right, sizeof right, "%.1f s", end);
	gap = (int)columns - (int)strlen(left);
	fprintf(file, "%*s%s%*s\n", SCALE + 2, "", left, gap > 0 ? gap : 0, right);
}

void chart_print(FILE *file, const struct chart_figure *solid, const struct chart_figure *dotted,
		 size_t width, size_t height, bool blocks)
{
	size_t columns = width > SCALE + 12 ? width - SCALE - 2 : 10;
	uint64_t *filled = mem_zeroed(columns, sizeof *filled),
		 *dots = mem_zeroed(columns, sizeof *dots);
	uint64_t top;
	char size[SIZE_TEXT];

	chart_sample(solid, filled, columns);
	chart_sample(dotted, dots, columns);
	top = highest_of(filled, columns);
	if (highest_of(dots, columns) > top)
		top = highest_of(dots, columns);
	for (size_t row = height; row-- > 0;) {
		double step = top ? (double)top / (double)height : 1, low = step * (double)row;
		bool marked = row + 1 == height || row == height / 2;

		fprintf(file, "%*s %s", SCALE, marked ? size_format(size, low + step, false) : "",
			blocks ? "│" : "|");
		for (size_t i = 0; i < columns; i++)
			fputs(cell(filled[i], dots[i], low, step, blocks), file);
		putc('\n', file);
	}
	fprintf(file, "%*s %s", SCALE, "0 B", blocks ? "└" : "+");
	for (size_t i = 0; i < columns; i++)
		fputs(blocks ? "─" : "-", file);
	putc('\n', file);
	print_times(file, solid, columns);
	free(filled);
	free(dots);
}
