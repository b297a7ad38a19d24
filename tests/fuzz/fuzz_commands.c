/*
 * Feeds a run, snapshots one behind the other, to the commands that read one, through to the last
 * renderer, and looks at what they print: no name may reach a terminal, a page or a CI system as
 * anything but text. The first byte chooses the command.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_output.h"
#include "commands/commands.h"
#include "repair.h"
#include "silt_snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

#define MAX_SNAPSHOTS 10

static const struct step {
	int (*command)(int argc, char **argv);
	enum output_kind kind;
	const char *arguments[8];
} steps[] = {
	{report_command, OUTPUT_TEXT, {"--warmup", "1ms", "--traceback", "--verbose"}},
	{report_command, OUTPUT_JSON, {"--warmup", "1ms", "--format", "json"}},
	{check_command,
	 OUTPUT_TEXT,
	 {"--warmup", "1ms", "--format", "text", "--gen-suppressions", "valgrind"}},
	{check_command,
	 OUTPUT_JSON,
	 {"--warmup", "1ms", "--format", "json", "--gen-suppressions", "lsan"}},
	{check_command, OUTPUT_XML, {"--warmup", "1ms", "--format", "junit", "--junit-file"}},
	{check_command, OUTPUT_JSON, {"--warmup", "1ms", "--format", "sarif"}},
	{check_command, OUTPUT_LINES, {"--warmup", "1ms", "--format", "github"}},
	{check_command, OUTPUT_JSON, {"--warmup", "1ms", "--format", "gitlab"}},
	{check_command, OUTPUT_LINES, {"--warmup", "1ms", "--format", "tap"}},
	{html_command, OUTPUT_HTML, {"--warmup", "1ms", "--out", "-"}},
	{top_command, OUTPUT_TEXT, {"--traceback", "--by", "module"}},
	{top_command, OUTPUT_TEXT, {"--by", "function", "--callers", "*"}},
	{top_command, OUTPUT_JSON, {"--format", "json"}},
	{diff_command, OUTPUT_TEXT, {"--by", "traceback"}},
	{diff_command, OUTPUT_JSON, {"--format", "json", "--by", "function"}},
	{timeline_command, OUTPUT_TEXT, {"--width", "100"}},
	{timeline_command, OUTPUT_JSON, {"--format", "json"}},
	{lost_command, OUTPUT_TEXT, {"--traceback"}},
	{lost_command, OUTPUT_JSON, {"--format", "json"}},
	{holders_command, OUTPUT_TEXT, {NULL}},
	{holders_command, OUTPUT_JSON, {"--format", "json"}},
	{refs_command, OUTPUT_TEXT, {NULL}},
	{refs_command, OUTPUT_JSON, {"--format", "json"}},
	{generations_command, OUTPUT_TEXT, {NULL}},
	{generations_command, OUTPUT_JSON, {"--format", "json"}},
	{export_command, OUTPUT_TEXT, {"--format", "folded"}},
	{export_command, OUTPUT_TEXT, {"--format", "callgrind"}},
	{export_command, OUTPUT_TEXT, {"--format", "massif"}},
	{export_command, OUTPUT_JSON, {"--format", "speedscope"}},
	{export_command, OUTPUT_JSON, {"--format", "dhat"}},
	{dump_command, OUTPUT_TEXT, {NULL}},
};
#define STEPS (sizeof steps / sizeof steps[0])

/* A directory that goes when the fuzzer ends. */
static char directory[] = "/tmp/silt-fuzz.XXXXXX", run_path[64];

static const char *file_path(int number)
{
	static char path[80];

	snprintf(path, sizeof path, "%s/%04d.silt", run_path, number);
	return path;
}

static void remove_directory(void)
{
	for (int i = 1; i <= MAX_SNAPSHOTS; i++)
		unlink(file_path(i));
	rmdir(run_path);
	rmdir(directory);
}

static void prepare(void)
{
	if (run_path[0])
		return;
	if (!mkdtemp(directory))
		abort();
	snprintf(run_path, sizeof run_path, "%s/program.1", directory);
	if (mkdir(run_path, 0700) < 0)
		abort();
	atexit(remove_directory);
}

static void write_file(int number, const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + 1);
	int fd;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	repair(copy, size);
	fd = open(file_path(number), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, copy, size) != (ssize_t)size)
		abort();
	close(fd);
	free(copy);
}

static size_t next_snapshot(const uint8_t *data, size_t size)
{
	const uint8_t *next = size > 8 ? memmem(data + 1, size - 1, SILT_MAGIC, 8) : NULL;

	return next ? (size_t)(next - data) : size;
}

static void write_run(const uint8_t *data, size_t size)
{
	int number = 0;

	while (size > 0 && number < MAX_SNAPSHOTS) {
		size_t length = next_snapshot(data, size);

		write_file(++number, data, length);
		data += length;
		size -= length;
	}
	while (++number <= MAX_SNAPSHOTS)
		unlink(file_path(number));
}

static void examine(const char *stream, enum output_kind kind, const char *text, size_t size)
{
	size_t at = 0;
	const char *what = check_output(kind, text, size, &at);

	if (!what)
		return;
	fprintf(stderr, "%s: %s at byte %zu: ...%.60s\n%s\n", stream, what, at,
		text + (at > 20 ? at - 20 : 0), text);
	abort();
}

/* stdout and stderr are variables in the GNU C library. */
static void run_step(const struct step *step)
{
	static char name[] = "silt fuzz";
	char *argv[12] = {name}, *out = NULL, *err = NULL;
	FILE *real_out = stdout, *real_err = stderr;
	size_t out_size, err_size;
	int argc = 1, status;

	for (int i = 0; step->arguments[i]; i++)
		argv[argc++] = (char *)(uintptr_t)step->arguments[i];
	argv[argc++] = run_path;
	stdout = open_memstream(&out, &out_size);
	stderr = open_memstream(&err, &err_size);
	if (!stdout || !stderr)
		abort();
	optind = 0;
	status = step->command(argc, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = real_out;
	stderr = real_err;
	if (out_size > 0 || status < 2)
		examine("standard output", out_size ? step->kind : OUTPUT_TEXT, out, out_size);
	examine("standard error", OUTPUT_TEXT, err, err_size);
	free(out);
	free(err);
}

/* Changes one of the snapshots, or which command reads them. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size_t starts[MAX_SNAPSHOTS + 1], count = 0, at, length, other, changed;
	static uint8_t one[1 << 16];

	if (size < 2 || max_size > sizeof one)
		return LLVMFuzzerMutate(data, size, max_size);
	data[0] = (uint8_t)(seed % STEPS);
	for (at = 1; at < size && count < MAX_SNAPSHOTS; at += next_snapshot(data + at, size - at))
		starts[count++] = at;
	at = starts[seed / 64 % count];
	length = next_snapshot(data + at, size - at);
	other = size - at - length;
	memcpy(one, data + at, length);
	changed = mutate_snapshot(one, length, length + max_size - size, seed / 64);
	memmove(data + at + changed, data + at + length, other);
	memcpy(data + at, one, changed);
	return at + changed + other;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	if (size < 2)
		return 0;
	write_run(data + 1, size - 1);
	run_step(&steps[data[0] % STEPS]);
	return 0;
}
