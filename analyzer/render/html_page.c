/*
 * Writes one self-contained page about a run: head, sections, script. See html_page.h.
 * Must not: let a name from a program become markup, refer to anything outside the page.
 */
#include "render/html_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "diagnose/diagnose.h"
#include "load/run_moment.h"
#include "load/snapshot.h"
#include "render/html_assets.h"
#include "render/markup.h"
#include "silt_release.h"
#include "silt_snapshot.h"
#include "util/size.h"
#include "util/words.h"

/* The content security policy allows only scripts and styles with this nonce, which nobody can
 * guess, so nothing that gets into the page by mistake runs. */
static void make_nonce(char *nonce, size_t size)
{
	unsigned char bytes[16] = {0};

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		/* a second line of defence only: the page is escaped */
		memset(bytes, 0x5a, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes && 2 * i + 3 <= size; i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static const char *program_name(const struct snapshot *snapshot)
{
	const char *program =
		snapshot->argument_count ? snapshot->arguments[0] : snapshot->executable;
	const char *slash = strrchr(program, '/');

	return slash && slash[1] ? slash + 1 : program;
}

static void write_head(FILE *file, const struct snapshot *last, const char *nonce)
{
	fprintf(file,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"script-src 'nonce-%s'; style-src 'nonce-%s'; base-uri 'none'; form-action "
		"'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"silt " SILT_RELEASE "\">\n<title>silt: ",
		nonce, nonce);
	markup_text(file, program_name(last));
	fprintf(file, "</title>\n<style nonce=\"%s\">\n%s</style>\n</head>\n<body>\n", nonce,
		html_style);
}

/* The snapshot of the highest live bytes, if there is one, is not part of the series. */
static void write_kept_peak(FILE *file, const struct snapshot *last)
{
	struct silt_process kept;
	char *peak = run_moment_find_peak(last, &kept), live[SIZE_TEXT];

	if (peak)
		fprintf(file,
			"<p class=\"soft\">The call stacks of %s live, kept at %.1f s: <code>silt "
			"top "
			"--at peak</code></p>\n",
			size_format(live, (double)kept.live_bytes, false),
			(double)kept.uptime_ns / 1e9);
	free(peak);
}

static void write_run(FILE *file, const struct html_page *page)
{
	static const char *const verdicts[] = {"clean", "leaking", "inconclusive"};
	const struct snapshot *last = page->series->snapshots[page->series->count - 1];
	const char *verdict = verdicts[page->diagnosis->verdict];
	char live[SIZE_TEXT], peak[SIZE_TEXT], rss[SIZE_TEXT];

	fputs("<header>\n<h1>", file);
	markup_text(file, program_name(last));
	fprintf(file, " <span class=\"soft\">pid %u</span></h1>\n<p><code>", last->process.pid);
	for (uint64_t i = 0; i < last->argument_count; i++) {
		if (i)
			putc(' ', file);
		markup_text(file, last->arguments[i]);
	}
	fprintf(file,
		"</code></p>\n<p><span id=\"verdict\" class=\"verdict %s\">%s</span>: %zu "
		"finding%s; %zu snapshot%s over %.1f s, %zu interval%s and %.1f s judged after the "
		"warm-up. Live at the end %s in "
		"%" PRIu64 " block%s, peak %s, RSS %s.</p>\n",
		verdict, verdict, page->diagnosis->count, words_s(page->diagnosis->count),
		page->series->count, words_s(page->series->count),
		(double)last->process.uptime_ns / 1e9, diagnosis_intervals(page->diagnosis),
		words_s(diagnosis_intervals(page->diagnosis)), diagnosis_seconds(page->diagnosis),
		size_format(live, (double)last->process.live_bytes, false),
		last->process.live_blocks, words_s(last->process.live_blocks),
		size_format(peak, (double)last->process.peak_live_bytes, false),
		size_format(rss, (double)last->process.rss_bytes, false));
	write_kept_peak(file, last);
	fputs("<nav><a href=\"#findings\">Findings</a><a href=\"#time\">Over time</a><a "
	      "href=\"#changes\">Changes</a><a href=\"#flames\">Flame graph</a><a "
	      "href=\"#holders\">Holders</a><a href=\"#sources\">Source</a><button id=\"theme\" "
	      "class=\"script\" hidden>light / dark</button></nav>\n</header>\n",
	      file);
}

/* Sections that the script fills; they stay hidden without it. */
static const char interactive[] =
	"<noscript><p class=\"soft\">The chart, the table of changes and the flame graph need a "
	"script; findings, holders and source do not.</p></noscript>\n"
	"<section class=\"script\" hidden aria-labelledby=\"time\">\n<h2 id=\"time\">Over "
	"time</h2>\n"
	"<p class=\"soft\"><span class=\"key-live\">&#9644; live heap</span> <span "
	"class=\"key-rss\">&#9476; RSS</span>; a click moves the nearer of the two moments that "
	"are compared below.</p>\n"
	"<svg id=\"chart\" role=\"img\" aria-label=\"live heap and RSS over time\"></svg>\n"
	"<div id=\"tip\" class=\"soft\" aria-live=\"polite\"></div>\n<div "
	"class=\"bar\"><label>From <input id=\"from\" type=\"range\" min=\"0\" "
	"step=\"1\"></label><label>To <input id=\"to\" type=\"range\" min=\"0\" "
	"step=\"1\"></label><output id=\"picked\"></output><button id=\"zoom\">Zoom to "
	"these</button><button id=\"whole\">Whole run</button></div>\n</section>\n"
	"<section class=\"script\" hidden aria-labelledby=\"changes\">\n<h2 "
	"id=\"changes\">Changes between the two</h2>\n"
	"<div class=\"bar\"><label>By <select "
	"id=\"group\"><option>line<option>function<option>file<option>module<option "
	"value=\"stack\">call stack</select></label><label>Filter <input id=\"filter\" "
	"type=\"search\"></label><span id=\"shown\" class=\"soft\"></span></div>\n"
	"<div id=\"head\"><button data-sort=\"size\" data-title=\"live\"></button><button "
	"data-sort=\"growth\" data-title=\"growth\"></button><button data-sort=\"count\" "
	"data-title=\"blocks\"></button><button data-sort=\"blocks\" "
	"data-title=\"growth\"></button><button data-sort=\"calls\" "
	"data-title=\"allocated\"></button><button data-sort=\"name\" "
	"data-title=\"where\"></button></div>\n"
	"<div id=\"rows\" tabindex=\"0\" aria-label=\"changes; arrows choose a row\"></div>\n"
	"<pre id=\"stack\" class=\"panel\" hidden></pre>\n</section>\n"
	"<section class=\"script\" hidden aria-labelledby=\"flames\">\n<h2 id=\"flames\">Flame "
	"graph</h2>\n"
	"<div class=\"bar\"><label>Width <select id=\"metric\"><option value=\"size\">live "
	"bytes<option value=\"growth\">growth<option value=\"count\">live "
	"blocks</select></label><label>Search <input id=\"search\" "
	"type=\"search\"></label><button id=\"unzoom\">All</button><span id=\"flame-told\" "
	"class=\"soft\" aria-live=\"polite\"></span></div>\n"
	"<p class=\"soft\">Callers above, callees below. Click or Enter zooms, Backspace goes "
	"out, Escape shows all.</p>\n"
	"<div id=\"flame\"></div>\n</section>\n";

void html_write(FILE *file, const struct html_page *page)
{
	char nonce[33] = "";

	make_nonce(nonce, sizeof nonce);
	write_head(file, page->series->snapshots[page->series->count - 1], nonce);
	write_run(file, page);
	html_findings(file, page);
	fputs(interactive, file);
	html_holders(file, page);
	html_sources(file, page);
	fputs("<script id=\"data\" type=\"application/json\">", file);
	html_data(file, page);
	fprintf(file, "</script>\n<script nonce=\"%s\">\n%s</script>\n</body>\n</html>\n", nonce,
		html_script);
}
