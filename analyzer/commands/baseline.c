/*
 * The baseline of a gate: see baseline.h. Lines of FINGERPRINT BYTES-PER-SECOND KIND FUNCTION; the rate is one process's.
 */
#include "commands/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/utf8.h"
#include "util/words.h"

static bool read_line(struct check *check, char *line, unsigned number)
{
	struct policy *policy = &check->policy;
	struct baseline_entry entry = {.text = NULL};
	int length = 0;

	if (sscanf(line, "%16[0-9a-f] %lf %n", entry.fingerprint, &entry.bytes_per_second, &length) != 2) {
		utf8_complain("silt %s: --baseline %s:%u: expected FINGERPRINT BYTES-PER-SECOND ...; "
			      "--update-baseline writes the file anew",
			      policy->command, check->baseline, number);
		return false;
	}
	line[strcspn(line, "\n")] = 0;
	entry.text = mem_string(length > 0 && (size_t)length <= strlen(line) ? line + length : "");
	MEM_GROW(policy->baseline, policy->baseline_count, policy->baseline_capacity);
	policy->baseline[policy->baseline_count++] = entry;
	return true;
}

bool baseline_read(struct check *check)
{
	const char *command = check->policy.command;
	FILE *file = check->baseline ? fopen(check->baseline, "re") : NULL;
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	bool good = true;

	if (!check->baseline && (check->update_baseline || check->prune_baseline)) {
		utf8_complain("silt %s: --%s-baseline: --baseline FILE says which", command,
			      check->update_baseline ? "update" : "prune");
		return false;
	}
	if (check->baseline && !file && !(check->update_baseline && errno == ENOENT)) {
		utf8_complain("silt %s: --baseline %s: %s; --update-baseline makes it", command,
			      check->baseline, strerror(errno));
		return false;
	}
	while (file && good && getline(&line, &size, file) >= 0) {
		number++;
		if (line[0] != '#' && line[0] != '\n' && !check->update_baseline)
			good = read_line(check, line, number);
	}
	free(line);
	if (file)
		fclose(file);
	return good;
}

/* -- writing -- */

static FILE *begin(const struct check *check)
{
	FILE *file = fopen(check->baseline, "we");

	if (!file)
		utf8_complain("silt %s: %s: %s", check->policy.command, check->baseline, strerror(errno));
	else
		fputs("# silt: findings that are known, by fingerprint, with the growth that is allowed in "
		      "bytes a second.\n",
		      file);
	return file;
}

static bool end(const struct check *check, FILE *file)
{
	bool good = !ferror(file);

	if (fclose(file) == 0 && good)
		return true;
	utf8_complain("silt %s: %s: %s", check->policy.command, check->baseline, strerror(errno));
	return false;
}

static void write_entry(FILE *file, const char *fingerprint, double rate, const char *text)
{
	fprintf(file, rate < 100 ? "%s %.6g %s\n" : "%s %.0f %s\n", fingerprint, rate, text);
}

bool baseline_update(struct check *check, struct gate *gate)
{
	FILE *file = begin(check);
	size_t written = 0;

	if (!file)
		return false;
	for (size_t i = 0; i < gate->finding_count; i++) {
		struct gate_finding *finding = &gate->findings[i];
		char *function, *text;

		if (finding->excused || strcmp(finding->account->kind, "error") == 0)
			continue;
		function = gate_clean(finding->account->function);
		text = mem_format("%s %s", finding->account->kind, function);
		write_entry(file, finding->fingerprint, finding->fastest, text);
		free(function);
		free(text);
		finding->excused = mem_string("written to the baseline");
		written++;
	}
	if (!end(check, file))
		return false;
	utf8_complain("silt %s: %s: %zu finding%s written", check->policy.command, check->baseline, written,
		      words_s(written));
	if (gate->status != 2)
		gate->status = 0;
	return true;
}

bool baseline_prune(struct check *check, const struct gate *gate)
{
	const struct policy *policy = &check->policy;
	size_t dropped = 0;
	FILE *file;

	if (gate->status >= 2) {
		utf8_complain("silt %s: %s: nothing dropped: not all could be judged", policy->command,
			      check->baseline);
		return true;
	}
	file = begin(check);
	if (!file)
		return false;
	for (size_t i = 0; i < policy->baseline_count; i++) {
		const struct baseline_entry *entry = &policy->baseline[i];

		dropped += !entry->found;
		if (entry->found)
			write_entry(file, entry->fingerprint, entry->bytes_per_second, entry->text);
	}
	if (!end(check, file))
		return false;
	utf8_complain("silt %s: %s: %zu entr%s dropped, %zu kept", policy->command, check->baseline, dropped,
		      words_plural(dropped, "y", "ies"), policy->baseline_count - dropped);
	return true;
}

void baseline_free(struct check *check)
{
	for (size_t i = 0; i < check->policy.baseline_count; i++)
		free(check->policy.baseline[i].text);
	free(check->policy.baseline);
}
