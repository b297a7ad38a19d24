/*
 * Shows a progress bar: see progress.h.
 * Must not: print unless standard error is a terminal and a second has passed.
 */
#include "util/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "util/monotonic.h"

#define SECOND 1000000000ull
#define WIDTH 40

void progress_begin(struct progress *progress, const char *title, uint64_t total)
{
	*progress = (struct progress){title, total, monotonic_ns(), 0, isatty(STDERR_FILENO)};
}

void progress_step(struct progress *progress, uint64_t done)
{
	char bar[WIDTH + 1];
	uint64_t now;

	if (!progress->terminal || (done & 63) != 0)
		return;
	now = monotonic_ns();
	if (now - progress->start_ns < SECOND || now - progress->shown_ns < SECOND / 10)
		return;
	progress->shown_ns = now;
	for (unsigned i = 0; i < WIDTH; i++)
		bar[i] = i * progress->total < done * WIDTH ? '#' : '.';
	bar[WIDTH] = 0;
	fprintf(stderr, "\r%s [%s] %3.0f%%", progress->title, bar,
		progress->total ? 100.0 * (double)done / (double)progress->total : 100.0);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown_ns)
		fputs("\r\033[K", stderr);
}
