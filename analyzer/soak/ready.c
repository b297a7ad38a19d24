/*
 * Finds whether the program of a soak is ready: see soak.h.
 */
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "soak/shell.h"
#include "soak/soak.h"
#include "util/mem.h"
#include "util/parse.h"

bool soak_connects(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	bool good = false;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		return false;
	for (struct addrinfo *at = list; at && !good; at = at->ai_next) {
		int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		good = fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0;
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(list);
	return good;
}

char *soak_ready_host(const char *ready, const char **port)
{
	const char *colon = strrchr(ready, ':');
	uint64_t number;

	*port = colon ? colon + 1 : ready;
	if (!parse_number(*port, &number) || number < 1 || number > 65535 ||
	    strpbrk(ready, " \t/$;&|"))
		return NULL;
	return colon ? mem_substring(ready, (size_t)(colon - ready)) : mem_string("localhost");
}

char *soak_not_ready(const struct soak *soak, const int *ended)
{
	const char *port, *ready = soak->ready;
	char *host = soak_ready_host(ready, &port), *status, *text;

	if (host) {
		text = mem_format("not ready after %.0f s: nothing listens on %s:%s (--ready %s)",
				  soak->patience, host, port, ready);
		free(host);
		return text;
	}
	status = shell_status_text(ended ? *ended : 0);
	text = !ended ? mem_format("not ready after %.0f s: --ready %s has not ended",
				   soak->patience, ready)
		      : mem_format("not ready after %.0f s: --ready %s ended with %s each time",
				   soak->patience, ready, status);
	free(status);
	return text;
}
