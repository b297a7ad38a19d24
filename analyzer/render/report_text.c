/*
 * Prints what leaks in a run, and which of several processes leak, as text: see report_view.h.
 */
#include "render/report_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/ranking.h"
#include "diagnose/whole.h"
#include "load/unrecorded.h"
#include "model/doubt.h"
#include "model/recorded.h"
#include "model/series.h"
#include "render/account.h"
#include "render/account_text.h"
#include "render/ending_view.h"
#include "render/text.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"
#include "util/words.h"

const char *report_verdict_name(enum diagnosis_verdict verdict)
{
	static const char *const names[] = {"clean", "leaking", "inconclusive"};

	return names[verdict];
}

static void print_finding(const struct report_view *view, const struct diagnosis *diagnosis,
			  struct profile_context *context, const struct finding *finding,
			  size_t number)
{
	struct account *account = account_new(diagnosis, context, finding, view->unit);
	const char *bold = view->options->colour ? "\033[1m" : "",
		   *plain = bold[0] ? "\033[0m" : "";

	printf("\n%zu. %s%s%s (confidence %.2f): ", number, bold, account->kind, plain,
	       account->confidence);
	account_wrap(stdout, strlen(account->kind) + strlen("1.  (confidence 0.90): "), "   ",
		     account->headline.text);
	account_print(stdout, account, "   ", view->verbose);
	if (view->options->traceback && finding->site_count && finding->sites[0].profile)
		text_traceback(finding->sites[0].profile, view->options->traceback);
	else
		account_print_callers(stdout, account, "   ");
	account_print_advice(stdout, account, "   ");
	account_free(account);
}

void report_text(const struct report_view *view, const struct series *series,
		 const struct diagnosis *diagnosis, struct profile_context *context)
{
	char *ending = ending_sentence(series), *text = ending ? utf8_clean(ending) : NULL;
	const char *doubt; /* text_snapshot() has printed it */

	if (text)
		account_wrap(stdout, 0, "", text);
	free(text);
	free(ending);
	text_snapshot("", series->snapshots[series->count - 1]);
	printf("  %zu snapshot%s, %zu interval%s and %.1f s after the warm-up: %s\n", series->count,
	       words_s(series->count), diagnosis_intervals(diagnosis),
	       words_s(diagnosis_intervals(diagnosis)), diagnosis_seconds(diagnosis),
	       report_verdict_name(diagnosis->verdict));
	for (size_t i = 0; i < diagnosis->count && i < view->options->limit; i++)
		print_finding(view, diagnosis, context, diagnosis->findings[i], i + 1);
	doubt = doubt_of(series->snapshots[series->count - 1]);
	for (size_t i = 0; i < diagnosis->note_count; i++) {
		char *note;

		if (doubt && strcmp(doubt, diagnosis->notes[i]) == 0)
			continue;
		note = utf8_clean(diagnosis->notes[i]);
		fputs("  note: ", stdout);
		account_wrap(stdout, strlen("  note: "), "  ", note);
		free(note);
	}
	if (diagnosis->next) {
		fputs("  next: ", stdout);
		utf8_print(stdout, diagnosis->next);
		putchar('\n');
	}
}

static void print_line(const struct recorded_list *list, const struct ranking_line *line)
{
	const char *reason =
		line->verdict == DIAGNOSIS_INCONCLUSIVE && !line->idle ? line->reason : NULL;
	char rate[SIZE_TEXT], *whole, *text;

	if (reason && strncmp(reason, "inconclusive: ", 14) == 0)
		reason += 14;
	whole = mem_format("%s%s%s", list->list[line->process].path, reason ? ": " : "",
			   reason ? reason : "");
	text = utf8_clean(whole);
	account_wrap(stdout,
		     (size_t)printf("  %-12s %12s/s  ", ranking_verdict(line),
				    size_format(rate, line->bytes_per_second, true)),
		     "  ", text);
	free(whole);
	free(text);
}

void report_text_ranking(const struct recorded_list *list, const struct ranking *ranking)
{
	char *sentence = whole_sentence(&ranking->whole), *remedy = whole_remedy(&ranking->whole),
	     *text;

	text = mem_format("%zu run%s: %s; %s; worst first:", list->count, words_s(list->count),
			  report_verdict_name(whole_verdict(&ranking->whole)), sentence);
	account_wrap(stdout, 0, "", text);
	free(text);
	free(sentence);
	if (remedy && whole_verdict(&ranking->whole) == DIAGNOSIS_INCONCLUSIVE)
		account_wrap(stdout, 0, "", remedy);
	free(remedy);
	for (size_t i = 0; i < ranking->count; i++)
		if (!ranking->lines[i].brief)
			print_line(list, &ranking->lines[i]);
	if (ranking->whole.brief)
		printf("  start-up                      %" PRIu64
		       " processes ended before the time that is judged in others\n",
		       ranking->whole.brief);
	for (size_t i = 0; i < list->unrecorded.count; i++) {
		const struct unrecorded *unrecorded = &list->unrecorded.list[i];

		fputs("  not recorded                  ", stdout);
		utf8_print(stdout, unrecorded->program);
		printf(" (pid %u): ", unrecorded->pid);
		utf8_print(stdout, unrecorded->cause);
		putchar('\n');
	}
	putchar('\n');
}
