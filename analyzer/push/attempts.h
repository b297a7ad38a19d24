/*
 * Repeats a request to a server until it is accepted, refused, or given up. Prints errors and
 * pauses.
 * Must not: know what is sent.
 */
#ifndef SILT_PUSH_ATTEMPTS_H
#define SILT_PUSH_ATTEMPTS_H

#include <stdbool.h>

struct http;
struct http_answer;
struct push_request;

struct attempts {
	const struct push_request *request;
	/* NULL: libcurl cannot be used; attempts_begin() has printed that */
	struct http *connection;
	/* the server's URL without user name and password */
	char *shown_url;
	/* the server is unreachable or busy: give up */
	bool unreachable;
};

void attempts_begin(struct attempts *attempts, const struct push_request *request, const char *url);
void attempts_end(struct attempts *attempts);

/* Makes one attempt, without printing. */
typedef void attempts_send(void *argument, struct http *connection, struct http_answer *answer);
/* Returns true if the server accepted the request. */
bool attempts_make(struct attempts *attempts, attempts_send *send, void *argument);

#endif
