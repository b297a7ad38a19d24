/*
 * Connects to the process that an operand names: see process.h.
 * Must not: signal or stop the process.
 */
#include "cli/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/control.h"
#include "util/parse.h"
#include "util/utf8.h"

/* Returns SILT_OUT of the process's initial environment, which the caller frees; NULL: unknown. */
static char *out_of_process(pid_t pid)
{
	char path[64], *variable = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	while (getdelim(&variable, &size, 0, file) > 0) {
		if (strncmp(variable, "SILT_OUT=", 9) == 0) {
			memmove(variable, variable + 9, strlen(variable + 9) + 1);
			fclose(file);
			return variable;
		}
	}
	free(variable);
	fclose(file);
	return NULL;
}

static void refuse(const char *command, pid_t pid, const char *out, int error)
{
	fprintf(stderr, "silt %s: %d: ", command, (int)pid);
	if (error == EPERM || error == EACCES) {
		fputs("the process belongs to another user\n", stderr);
		return;
	}
	fputs("no process recorded in ", stderr);
	utf8_print(stderr, out);
	fputs(" answers; silt run records a program from its start, silt attach one that runs; or "
	      "name its directory with --out\n",
	      stderr);
}

int process_connect(const char *command, pid_t pid, const char *given_out)
{
	char *run_directory = given_out ? NULL : control_find(pid), *out;
	int connection = run_directory ? control_connect_in(run_directory) : -1;

	free(run_directory);
	if (connection >= 0)
		return connection;
	out = given_out ? strdup(given_out) : out_of_process(pid);
	if (!out)
		out = strdup("silt-out");
	connection = control_connect(out, pid);
	if (connection < 0)
		refuse(command, pid, out, errno);
	free(out);
	return connection;
}

bool process_take_pid(const char *command, const char *text, pid_t *pid)
{
	uint64_t number;

	if (!parse_number(text, &number) || number == 0 || number > INT32_MAX) {
		utf8_complain("silt %s: %s: expected the number of a process", command, text);
		return false;
	}
	*pid = (pid_t)number;
	return true;
}

int process_refuse(const char *command, pid_t pid, const char *reason)
{
	fprintf(stderr, "silt %s: %d: ", command, (int)pid);
	utf8_print(stderr, reason);
	fputc('\n', stderr);
	return 2;
}

int process_take_timeout(const char *command, const char *text, uint64_t *timeout_ns)
{
	if (parse_duration(text, timeout_ns) && *timeout_ns > 0)
		return -1;
	fprintf(stderr, "silt %s: --timeout %s: expected a time such as 500ms or 10s\n", command,
		text);
	return 2;
}
