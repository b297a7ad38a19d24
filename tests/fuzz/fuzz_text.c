/*
 * Feeds the analyzer's readers of text: configuration, suppressions, baselines, numbers, what a
 * process answers to `silt snap`, mangled names, source files. The first byte chooses. What is
 * printed about bad ones is looked at, too.
 */
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check_output.h"
#include "cli/gate_options.h"
#include "commands/commands.h"
#include "load/source.h"
#include "gate/suppressions.h"
#include "symbolize/demangle.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/silt-fuzz.XXXXXX";

static void remove_file(void)
{
	unlink(path);
}

static void write_file(const char *text, size_t size)
{
	static int fd = -1;

	if (fd < 0) {
		fd = mkstemp(path);
		atexit(remove_file);
	}
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, text, size, 0) != (ssize_t)size)
		abort();
}

static void examine(const char *what, const char *text, size_t size)
{
	size_t at = 0;
	const char *wrong = check_output(OUTPUT_TEXT, text, size, &at);

	if (!wrong)
		return;
	fprintf(stderr, "%s: %s at byte %zu of: %s\n", what, wrong, at, text);
	abort();
}

/* Runs a command that is told of the file and ends soon, for there is no such run. */
static void run_check(const char *option)
{
	static char name[] = "silt check", absent[] = "/nowhere";
	char *argv[] = {name, (char *)(uintptr_t)option, path, absent, NULL}, *err = NULL;
	FILE *real = stderr;
	size_t size;

	stderr = open_memstream(&err, &size);
	if (!stderr)
		abort();
	optind = 0;
	check_command(4, argv);
	fclose(stderr);
	stderr = real;
	examine(option, err, size);
	free(err);
}

static void match_suppressions(void)
{
	static const struct frame inner = {.function = "std::vector<int>::push_back(int const&)",
					   .file = "/usr/include/c++/12/vector",
					   .module = "program",
					   .module_path = "/usr/bin/program"},
				  middle = {.module = "libc.so.6",
					    .module_path = "/lib/libc.so.6",
					    .address = 4},
				  outer = {.function = "main", .file = "main.c", .line = 3};
	const struct frame *frames[] = {&inner, &middle, &outer};
	const struct profile_site site = {.frames = frames, .frame_count = 3};
	struct suppressions list = {0};
	char error[300];

	if (suppressions_read(&list, path, error, sizeof error))
		suppressions_find(&list, &site);
	else if (strlen(error) >= sizeof error)
		abort();
	suppressions_free(&list);
}

static void parse_numbers(const char *text)
{
	uint64_t number;

	parse_number(text, &number);
	if (parse_duration(text, &number) && strspn(text, "0123456789") == 0)
		abort();
	if (parse_size(text, &number) && strspn(text, "0123456789") == 0)
		abort();
	if (parse_signal(text) < 0 || parse_signal(text) > 64)
		abort();
}

/* A process may be as hostile as a file. */
static void ask(const char *text, size_t size)
{
	char answer[300];
	ssize_t length;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	if (send(ends[1], text, size < 4096 ? size : 4096, MSG_NOSIGNAL) < 0)
		abort();
	shutdown(ends[1], SHUT_WR);
	length = control_ask(ends[0], "x\n", answer, sizeof answer);
	if (length >= (ssize_t)sizeof answer || (length >= 0 && strlen(answer) > (size_t)length))
		abort();
	close(ends[0]);
	close(ends[1]);
}

static void read_source(const char *text, size_t size)
{
	struct source *source = source_open(path, NULL, 0, 3);

	(void)text;
	if (source->count > size + 1)
		abort();
	source_free(source);
}

static void print_text(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	if (!file)
		abort();
	utf8_print(file, text);
	fclose(file);
	if (strchr(out, '\n') || strchr(out, '\t'))
		abort();
	examine("utf8_print", out, size);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = mem_substring((const char *)data + 1, size - 1);
	write_file((const char *)data + 1, size - 1);
	switch (data[0] % 8) {
	case 0:
		run_check("--config");
		break;
	case 1:
		run_check("--suppressions");
		break;
	case 2:
		run_check("--baseline");
		break;
	case 3:
		match_suppressions();
		break;
	case 4:
		parse_numbers(text);
		break;
	case 5:
		ask((const char *)data + 1, size - 1);
		break;
	case 6:
		read_source(text, size - 1);
		print_text(text);
		break;
	default:
		free(demangle(text));
	}
	free(text);
	return 0;
}
