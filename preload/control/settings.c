/* The user's settings: see settings.h. */
#include "control/settings.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rt.h"
#include "silt_built_in.h"
#include "silt_snapshot.h"
#include "silt_units.h"

#define DEFAULTS                                                                                   \
	{                                                                                          \
		.out = "silt-out", .depth = 64, .keep = 256, .graph_limit_ns = 60000000000         \
	}

struct settings settings = DEFAULTS;
static char *const *given; /* variables that replace the environment; NULL: none */

static const struct {
	const char *name;
	int number;
} signal_names[] = {
	{"HUP", SIGHUP},   {"INT", SIGINT},	{"QUIT", SIGQUIT},     {"USR1", SIGUSR1},
	{"USR2", SIGUSR2}, {"ALRM", SIGALRM},	{"TERM", SIGTERM},     {"CHLD", SIGCHLD},
	{"CONT", SIGCONT}, {"URG", SIGURG},	{"IO", SIGIO},	       {"PROF", SIGPROF},
	{"PWR", SIGPWR},   {"WINCH", SIGWINCH}, {"VTALRM", SIGVTALRM}, {"TRAP", SIGTRAP},
	{"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},	{"TSTP", SIGTSTP},     {"PIPE", SIGPIPE},
};

int settings_signal(const char *name)
{
	uint64_t number;

	if (rt_parse_number(name, &number))
		return number >= 1 && number <= 64 && number != SIGKILL && number != SIGSTOP
			       ? (int)number
			       : 0;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	if (strncasecmp(name, "RTMIN", 5) == 0) {
		if (name[5] == 0)
			return SIGRTMIN;
		return name[5] == '+' && rt_parse_number(name + 6, &number) && number < 30
			       ? SIGRTMIN + (int)number
			       : 0;
	}
	for (size_t i = 0; i < sizeof signal_names / sizeof signal_names[0]; i++)
		if (strcasecmp(name, signal_names[i].name) == 0)
			return signal_names[i].number;
	return 0;
}

static void refuse(const char *name, const char *value, const char *remedy)
{
	char buffer[300];
	struct rt_text text = {buffer, sizeof buffer, 0};

	rt_text(&text, name);
	rt_text(&text, "=");
	rt_text(&text, value);
	rt_say(buffer, ": ", remedy);
}

extern void *__libc_stack_end __attribute__((weak)); /* the dynamic linker's */

/* The environment. Under an auditor (rtld-audit(7)) the dynamic linker allocates before the C
 * library has set it; then it is found on the stack where the kernel put it: number of arguments,
 * arguments, NULL, environment. */
static char *const *environment(void)
{
	uint64_t *arguments = &__libc_stack_end ? __libc_stack_end : NULL;

	if (given)
		return given;
	if (environ || !arguments)
		return environ;
	return (char *const *)(arguments + 1 + arguments[0] + 1);
}

/* The variable's value, NULL if it is unset or empty. */
static const char *variable(const char *name)
{
	size_t length = strlen(name);

	for (char *const *entry = environment(); entry && *entry; entry++)
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
			return (*entry)[length + 1] ? *entry + length + 1 : NULL;
	return NULL;
}

static void read_size(const char *name, uint64_t *value)
{
	const char *text = variable(name);
	uint64_t size;

	if (!text)
		return;
	if (silt_units_size(text, &size))
		*value = size;
	else
		refuse(name, text, "not a size such as 512K or 64M; ignored");
}

static void read_number(const char *name, uint64_t low, uint64_t high, uint64_t *value,
			const char *remedy)
{
	const char *text = variable(name);
	uint64_t number;

	if (!text)
		return;
	if (rt_parse_number(text, &number) && number >= low && number <= high)
		*value = number;
	else
		refuse(name, text, remedy);
}

static bool is_set(const char *name)
{
	const char *text = variable(name);

	return text && strcmp(text, "0") != 0;
}

bool settings_graph_limit(const char *text, uint64_t *ns, uint64_t *bytes)
{
	char part[32];
	uint64_t value;

	for (; *text; text += strcspn(text, ",") + (text[strcspn(text, ",")] == ',')) {
		struct rt_text piece = {part, sizeof part, 0};

		rt_text_bytes(&piece, text, strcspn(text, ","));
		if (silt_units_is_time(part) && silt_units_time(part, &value))
			*ns = value;
		else if (silt_units_size(part, &value))
			*bytes = value;
		else
			return false;
	}
	return *ns > 0;
}

static void read_graph(void)
{
	const char *text = variable("SILT_GRAPH");
	uint64_t ns = settings.graph_limit_ns, bytes = 0;

	if (!text || strcmp(text, "never") == 0)
		settings.graph = SETTINGS_GRAPH_NEVER;
	else if (strcmp(text, "last") == 0)
		settings.graph = SETTINGS_GRAPH_LAST;
	else if (strcmp(text, "all") == 0)
		settings.graph = SETTINGS_GRAPH_ALL;
	else if (strcmp(text, "auto") == 0)
		settings.graph = SETTINGS_GRAPH_AUTO;
	else
		refuse("SILT_GRAPH", text, "not one of never, last, all, auto; ignored");
	if (!(text = variable("SILT_GRAPH_LIMIT")))
		return;
	if (settings_graph_limit(text, &ns, &bytes)) {
		settings.graph_limit_ns = ns;
		settings.graph_limit_bytes = bytes;
	} else {
		refuse("SILT_GRAPH_LIMIT", text,
		       "not a time and a size such as 10s, 512M or 10s,512M; ignored");
	}
}

static void read_interval(void)
{
	const char *text = variable("SILT_INTERVAL");
	uint64_t ns;

	if (!text)
		return;
	if (!silt_units_interval(text, &ns)) {
		refuse("SILT_INTERVAL", text,
		       "not auto, off, or a time of at least 1ms such as 250ms, 10s or 5m; "
		       "ignored");
		return;
	}
	settings.interval_auto = ns == SILT_INTERVAL_AUTO;
	settings.interval_ns = settings.interval_auto ? SILT_INTERVAL_AUTO_FIRST_NS : ns;
}

static void read_peak(void)
{
	const char *text = variable("SILT_PEAK");

	if (!text)
		return;
	if (strcmp(text, "on") == 0)
		settings.peak = true;
	else if (strcmp(text, "off") != 0)
		refuse("SILT_PEAK", text, "not on or off; ignored");
}

static void read_serve(void)
{
	const char *text = variable("SILT_SERVE"), *colon = text ? strchr(text, ':') : NULL;
	char device[24];
	struct rt_text piece = {device, sizeof device, 0};

	settings.serve = is_set("SILT_SERVE");
	if (!colon)
		return;
	rt_text_bytes(&piece, text, (size_t)(colon - text));
	if (rt_parse_number(device, &settings.stderr_device))
		rt_parse_number(colon + 1, &settings.stderr_inode);
}

void settings_read(void)
{
	const char *text;
	uint64_t depth = settings.depth;

	if ((text = variable("SILT_OUT")))
		settings.out = text;
	read_interval();
	if ((text = variable("SILT_SIGNAL")) && !(settings.signal = settings_signal(text)))
		refuse("SILT_SIGNAL", text,
		       "not a signal that can be caught, such as USR2; ignored");
	read_graph();
	read_size("SILT_GROWTH", &settings.growth);
	read_peak();
	read_size("SILT_SAMPLE", &settings.sample);
	read_size("SILT_MEMORY", &settings.memory);
	if (settings.memory && settings.memory < SILT_LEAST_MEMORY) {
		settings.memory = 0;
		refuse("SILT_MEMORY", variable("SILT_MEMORY"),
		       "not a size of at least 1M; ignored");
	}
	read_number("SILT_DEPTH", 1, SILT_MAX_DEPTH, &depth,
		    "not a number of frames from 1 to 256; 64 are kept");
	read_number("SILT_KEEP", 2, 1000000, &settings.keep,
		    "not a number of snapshots from 2 to 1000000; 256 are kept");
	settings.depth = (uint32_t)depth;
	settings.only = variable("SILT_ONLY");
	settings.program_version = variable("SILT_PROGRAM_VERSION");
	settings.executable_allocator = variable(SILT_BUILT_IN_VARIABLE);
	read_serve();
	settings.selfcheck = is_set("SILT_SELFCHECK");
}

void settings_read_from(char *const *variables)
{
	settings = (struct settings)DEFAULTS;
	given = variables;
	settings_read();
}
