/* Prints what a command has written or sent: see written_view.h. */
#include "render/written_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "util/utf8.h"
#include "util/words.h"

void written_view_print(const char *path)
{
	if (isatty(STDOUT_FILENO))
		utf8_print(stdout, path);
	else
		fputs(path, stdout);
	putchar('\n');
}

void written_view_print_sent(const char *path, uint64_t profiles)
{
	utf8_print(stdout, path);
	if (profiles)
		printf(": sent %" PRIu64 " profile%s\n", profiles, words_s(profiles));
	else
		puts(": sent none");
}

void written_view_print_metrics(const char *path, uint64_t processes)
{
	utf8_print(stdout, path);
	printf(": sent the metrics of %" PRIu64 " %s\n", processes,
	       words_plural(processes, "process", "processes"));
}
