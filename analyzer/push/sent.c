/* Records what of a run was sent where: see sent.h. */
#include "push/sent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/whole_file.h"

static char *path_of(const char *run)
{
	return mem_format("%s/.pushed", run);
}

/* Returns true if a line is about the URL, and stores its number. */
static bool is_about(char *line, const char *url, uint64_t *sequence)
{
	char *end;

	line[strcspn(line, "\n")] = '\0';
	*sequence = strtoull(line, &end, 10);
	return end > line && *end == ' ' && strcmp(end + 1, url) == 0;
}

uint64_t sent_read(const char *run, const char *url)
{
	char *path = path_of(run), *line = NULL;
	FILE *file = fopen(path, "re");
	uint64_t sequence, found = 0;
	size_t capacity = 0;

	free(path);
	while (file && getline(&line, &capacity, file) > 0)
		if (is_about(line, url, &sequence))
			found = sequence;
	free(line);
	if (file)
		fclose(file);
	return found;
}

bool sent_write(const char *run, const char *url, uint64_t sequence)
{
	char *path = path_of(run), *line = NULL;
	FILE *old = fopen(path, "re");
	struct whole_file new;
	size_t capacity = 0;
	uint64_t other;
	bool good = whole_file_open(&new, path);

	while (good && old && getline(&line, &capacity, old) > 0)
		if (!is_about(line, url, &other))
			fprintf(new.file, "%s\n", line);
	if (good) {
		fprintf(new.file, "%" PRIu64 " %s\n", sequence, url);
		good = whole_file_close(&new, true);
	}
	free(line);
	free(path);
	if (old)
		fclose(old);
	return good;
}
