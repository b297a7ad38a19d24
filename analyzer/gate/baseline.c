/*
 * Reads and writes the baseline of a gate: see baseline.h. A line is FINGERPRINT BYTES-PER-SECOND
 * KIND FUNCTION; the rate is that of one process.
 */
#include "gate/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "util/mem.h"
#include "util/utf8.h"
#include "util/whole_file.h"
#include "util/words.h"

static bool read_line(struct baseline *baseline, const char *command, char *line, unsigned number)
{
	struct baseline_entry entry = {.text = NULL};
	int length = 0;

	if (sscanf(line, "%16[0-9a-f] %lf %n", entry.fingerprint, &entry.bytes_per_second,
		   &length) != 2) {
		utf8_complain(
			"silt %s: --baseline %s:%u: expected FINGERPRINT BYTES-PER-SECOND ...; "
			"--update-baseline rewrites the file",
			command, baseline->path, number);
		return false;
	}
	line[strcspn(line, "\n")] = 0;
	entry.text = mem_string(length > 0 && (size_t)length <= strlen(line) ? line + length : "");
	MEM_GROW(baseline->entries, baseline->count, baseline->capacity);
	baseline->entries[baseline->count++] = entry;
	return true;
}

bool baseline_read(struct baseline *baseline, const char *command, bool is_rewritten)
{
	FILE *file = fopen(baseline->path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	bool good = true;

	if (!file && !(is_rewritten && errno == ENOENT)) {
		utf8_complain("silt %s: --baseline %s: %s; --update-baseline creates it", command,
			      baseline->path, strerror(errno));
		return false;
	}
	while (file && good && !is_rewritten && getline(&line, &size, file) >= 0) {
		number++;
		if (line[0] != '#' && line[0] != '\n')
			good = read_line(baseline, command, line, number);
	}
	free(line);
	if (file)
		fclose(file);
	return good;
}

struct baseline_entry *baseline_find(const struct baseline *baseline, const char *fingerprint)
{
	for (size_t i = 0; i < baseline->count; i++)
		if (strcmp(baseline->entries[i].fingerprint, fingerprint) == 0)
			return &baseline->entries[i];
	return NULL;
}

/* -- writing -- */

static bool begin(struct whole_file *new, const struct baseline *baseline, const char *command)
{
	if (!whole_file_open(new, baseline->path)) {
		utf8_complain("silt %s: %s: %s", command, baseline->path, strerror(errno));
		return false;
	}
	fputs("# silt: findings that are known, by fingerprint, with the growth that is allowed in "
	      "bytes a second.\n",
	      new->file);
	return true;
}

static bool end(struct whole_file *new, const struct baseline *baseline, const char *command)
{
	if (whole_file_close(new, true))
		return true;
	utf8_complain("silt %s: %s: %s", command, baseline->path, strerror(errno));
	return false;
}

static void write_entry(FILE *file, const char *fingerprint, double rate, const char *text)
{
	fprintf(file, rate < 100 ? "%s %.6g %s\n" : "%s %.0f %s\n", fingerprint, rate, text);
}

bool baseline_update(const struct baseline *baseline, struct gate *gate)
{
	struct whole_file new;
	size_t written = 0;

	if (!begin(&new, baseline, gate->command))
		return false;
	for (size_t i = 0; i < gate->finding_count; i++) {
		struct gate_finding *finding = &gate->findings[i];
		char *function, *text;

		if (finding->excused || strcmp(finding->kind, "error") == 0)
			continue;
		function = utf8_clean(finding->function);
		text = mem_format("%s %s", finding->kind, function);
		write_entry(new.file, finding->fingerprint, finding->fastest, text);
		free(function);
		free(text);
		finding->excused = mem_string("written to the baseline");
		written++;
	}
	if (!end(&new, baseline, gate->command))
		return false;
	utf8_complain("silt %s: %s: %zu finding%s written", gate->command, baseline->path, written,
		      words_s(written));
	if (gate->status != 2)
		gate->status = 0;
	return true;
}

bool baseline_prune(const struct baseline *baseline, const struct gate *gate)
{
	size_t dropped = 0;
	struct whole_file new;

	if (gate->status >= 2) {
		utf8_complain(
			"silt %s: %s: nothing dropped, because not every process could be judged",
			gate->command, baseline->path);
		return true;
	}
	if (!begin(&new, baseline, gate->command))
		return false;
	for (size_t i = 0; i < baseline->count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];

		dropped += !entry->found;
		if (entry->found)
			write_entry(new.file, entry->fingerprint, entry->bytes_per_second,
				    entry->text);
	}
	if (!end(&new, baseline, gate->command))
		return false;
	utf8_complain("silt %s: %s: %zu entr%s dropped, %zu kept", gate->command, baseline->path,
		      dropped, words_plural(dropped, "y", "ies"), baseline->count - dropped);
	return true;
}

void baseline_free(struct baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++)
		free(baseline->entries[i].text);
	free(baseline->entries);
}
