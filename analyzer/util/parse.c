/* Parses numbers, sizes and times: see parse.h. */
#include "util/parse.h"

#include "silt_units.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* signals that a program can handle; glibc before 2.32 has no such table */
static const char *const signal_names[] = {
	[SIGHUP] = "HUP",   [SIGINT] = "INT",	  [SIGQUIT] = "QUIT",	  [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",	  [SIGBUS] = "BUS",	  [SIGFPE] = "FPE",
	[SIGUSR1] = "USR1", [SIGSEGV] = "SEGV",	  [SIGUSR2] = "USR2",	  [SIGPIPE] = "PIPE",
	[SIGALRM] = "ALRM", [SIGTERM] = "TERM",	  [SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT", [SIGTSTP] = "TSTP",	  [SIGTTIN] = "TTIN",	  [SIGTTOU] = "TTOU",
	[SIGURG] = "URG",   [SIGXCPU] = "XCPU",	  [SIGXFSZ] = "XFSZ",	  [SIGVTALRM] = "VTALRM",
	[SIGPROF] = "PROF", [SIGWINCH] = "WINCH", [SIGPOLL] = "POLL",	  [SIGPWR] = "PWR",
	[SIGSYS] = "SYS",
};

bool parse_number(const char *text, uint64_t *number)
{
	static const struct silt_unit none[] = {{"", 1}};

	return !strchr(text, '.') && silt_units_parse(text, none, 1, number);
}

bool parse_size(const char *text, uint64_t *bytes)
{
	return silt_units_size(text, bytes);
}

bool parse_duration(const char *text, uint64_t *ns)
{
	return silt_units_time(text, ns);
}

int parse_signal(const char *text)
{
	uint64_t number;

	if (parse_number(text, &number))
		return number >= 1 && number <= 64 && number != SIGKILL && number != SIGSTOP
			       ? (int)number
			       : 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0) {
		if (text[5] == 0)
			return SIGRTMIN;
		return text[5] == '+' && parse_number(text + 6, &number) && number < 30
			       ? SIGRTMIN + (int)number
			       : 0;
	}
	for (size_t i = 0; i < sizeof signal_names / sizeof signal_names[0]; i++)
		if (signal_names[i] && strcasecmp(text, signal_names[i]) == 0)
			return (int)i;
	return 0;
}
