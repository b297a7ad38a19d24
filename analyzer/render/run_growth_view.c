/*
 * Prints which call sites of two runs grow faster or slower: see run_growth_view.h.
 */
#include "render/run_growth_view.h"

#include <stdio.h>

#include "model/profile.h"
#include "render/json.h"
#include "symbolize/frame.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

static const struct frame *frame_of(const struct growth_comparison *comparison)
{
	const struct profile_site *site =
		comparison->new ? comparison->new->site : comparison->base->site;

	return site->frames[site->blamed];
}

static void print_text(const struct growth_comparison *list, size_t count, double work,
		       const char *unit)
{
	size_t silent = 0;

	for (size_t i = 0; i < count; i++) {
		const char *verdict = growth_claim(&list[i], work);
		const struct frame *frame = frame_of(&list[i]);
		char sizes[4][SIZE_TEXT];

		if (!verdict) {
			silent++;
			continue;
		}
		utf8_print(stdout, frame->function ? frame->function
				   : frame->module ? frame->module
						   : "?");
		if (frame->file) {
			fputs(" (", stdout);
			utf8_print(stdout, frame->file);
			printf(":%u)", frame->line);
		}
		printf(": grows %s: %s instead of %s per %s, difference %s to %s\n", verdict,
		       size_format(sizes[0], list[i].new_rate, true),
		       size_format(sizes[1], list[i].base_rate, true), unit,
		       size_format(sizes[2], list[i].low, true),
		       size_format(sizes[3], list[i].high, true));
	}
	printf("%zu other call site%s: no difference beyond the noise\n", silent, words_s(silent));
}

static void print_json(const struct growth_comparison *list, size_t count, double work,
		       const char *unit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.diff-runs/1");
	json_string(&json, "unit", unit);
	json_array(&json, "sites");
	for (size_t i = 0; i < count; i++) {
		const char *verdict = growth_claim(&list[i], work);
		const struct frame *frame = frame_of(&list[i]);

		json_object(&json, NULL);
		json_string(&json, "fingerprint",
			    (list[i].new ? list[i].new : list[i].base)->fingerprint);
		json_string(&json, "function", frame->function);
		json_string(&json, "file", frame->file);
		json_unsigned(&json, "line", frame->line);
		json_real(&json, "base", list[i].base_rate);
		json_real(&json, "new", list[i].new_rate);
		json_real(&json, "difference_low", list[i].low);
		json_real(&json, "difference_high", list[i].high);
		json_string(&json, "claim", verdict);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

void run_growth_print(const struct growth_comparison *list, size_t count, double work,
		      const char *unit, bool as_json)
{
	(as_json ? print_json : print_text)(list, count, work, unit);
}
