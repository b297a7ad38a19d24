/* Numbers as people write them on a command line: see parse.h. */
#include "util/parse.h"

#include "silt_units.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP && sigabbrev_np(i) &&
		    strcasecmp(text, sigabbrev_np(i)) == 0)
			return i;
	return 0;
}
