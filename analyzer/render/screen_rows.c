/* Makes the rows of the screen of `silt watch`: see screen_rows.h. */
#include "render/screen_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/series.h"
#include "model/statistics.h"
#include "model/trend.h"
#include "render/screen.h"
#include "render/text.h"
#include "symbolize/frame.h"
#include "util/mem.h"
#include "util/utf8.h"

#define RATE_SNAPSHOTS 5 /* a rate is that of the last snapshots */

char *screen_row_name(const struct frame *frame, enum statistics_key key)
{
	char *place = NULL, *function, *name;
	size_t size = 0;
	FILE *memory = open_memstream(&place, &size);
	const char *slash;

	if (!memory)
		return mem_string("?");
	text_place_on(memory, frame, key);
	fclose(memory);
	slash = statistics_has_line(frame) || key == KEY_MODULE ? strrchr(place, '/') : NULL;
	function = frame->function ? utf8_clean(frame->function) : NULL;
	if (key == KEY_FUNCTION && function)
		name = mem_format("%s (%s)", function, slash ? slash + 1 : place);
	else if (key == KEY_LINE && function && statistics_has_line(frame))
		name = mem_format("%s  %s", slash ? slash + 1 : place, function);
	else
		name = mem_string(slash ? slash + 1 : place);
	free(function);
	free(place);
	return name;
}

static double rate_of(const struct series *series, const struct trend_row *row)
{
	size_t last = series->count - 1, before = last > RATE_SNAPSHOTS ? last - RATE_SNAPSHOTS : 0;
	double seconds = series->seconds[last] - series->seconds[before];

	return seconds > 0 ? ((double)row->bytes[last] - (double)row->bytes[before]) / seconds : 0;
}

struct order {
	enum screen_sort sort;
	size_t last;
};

static int compare_rows(const void *x, const void *y, void *argument)
{
	const struct screen_row *a = x, *b = y;
	const struct order *order = argument;
	double p = 0, q = 0;

	switch (order->sort) {
	case SCREEN_NAME:
		return strcmp(a->name, b->name);
	case SCREEN_LIVE:
		p = (double)a->figures->bytes[order->last];
		q = (double)b->figures->bytes[order->last];
		break;
	case SCREEN_RATE:
		p = a->rate;
		q = b->rate;
		break;
	case SCREEN_BLOCKS:
		p = (double)a->figures->blocks[order->last];
		q = (double)b->figures->blocks[order->last];
		break;
	default:
		p = a->growth;
		q = b->growth;
	}
	return p != q ? (p < q ? 1 : -1) : strcmp(a->name, b->name);
}

struct screen_row *screen_rows_make(const struct screen_facts *facts,
				    const struct screen_view *view, size_t *count)
{
	struct screen_row *rows = mem_zeroed(facts->trend->count + 1, sizeof *rows);
	struct order order = {view->sort, facts->series->count - 1};

	*count = 0;
	for (size_t i = 0; i < facts->trend->count; i++) {
		const struct trend_row *figures = &facts->trend->rows[i];
		char *name = screen_row_name(figures->frame, view->key);

		if (view->filter[0] && !strcasestr(name, view->filter)) {
			free(name);
			continue;
		}
		rows[(*count)++] =
			(struct screen_row){figures, name, trend_growth(facts->trend, figures, 0),
					    rate_of(facts->series, figures)};
	}
	if (*count)
		qsort_r(rows, *count, sizeof *rows, compare_rows, &order);
	return rows;
}
