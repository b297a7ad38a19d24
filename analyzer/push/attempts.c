/* Repeats requests: see attempts.h. */
#include "push/attempts.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "push/push.h"
#include "util/http.h"
#include "util/mem.h"
#include "util/utf8.h"

#define SECOND 1000000000u
#define LONGEST_PAUSE (30ull * SECOND)

void attempts_begin(struct attempts *attempts, const struct push_request *request, const char *url)
{
	*attempts = (struct attempts){.request = request, .shown_url = push_shown_url(url)};
	attempts->connection = http_open(&request->http);
	if (!attempts->connection)
		fputs("silt push: libcurl.so.4 cannot be loaded; install curl's library (package "
		      "libcurl4)\n",
		      stderr);
	signal(SIGPIPE, SIG_IGN);
}

void attempts_end(struct attempts *attempts)
{
	http_close(attempts->connection);
	free(attempts->shown_url);
}

static void say(const struct attempts *attempts, const struct http_answer *answer)
{
	fputs("silt push: ", stderr);
	utf8_print(stderr, attempts->shown_url);
	fputs(": ", stderr);
	utf8_print(stderr, answer->text);
	if (answer->body[strspn(answer->body, " \r\n\t")]) {
		char *body = mem_string(answer->body);

		for (size_t end = strlen(body); end && strchr(" \r\n\t", body[end - 1]); end--)
			body[end - 1] = '\0';
		fputs(": ", stderr);
		utf8_print(stderr, body);
		free(body);
	}
}

static void sleep_ns(uint64_t ns)
{
	struct timespec rest = {(time_t)(ns / SECOND), (long)(ns % SECOND)};

	while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
		;
}

/* Shortens a pause by chance, so that clients that were refused together do not return together. */
static uint64_t spread(uint64_t ns)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ns - ns / 4 * ((uint64_t)(now.tv_nsec / 1000) % 1000) / 1000;
}

bool attempts_make(struct attempts *attempts, attempts_send *send, void *argument)
{
	uint64_t retries = attempts->request->retries, pause = attempts->request->backoff_ns, wait;
	struct http_answer answer;

	for (uint64_t attempt = 0;; attempt++) {
		send(argument, attempts->connection, &answer);
		if (answer.result == HTTP_OK)
			return true;
		say(attempts, &answer);
		if (answer.result == HTTP_REFUSED || attempt == retries)
			break;
		wait = answer.wait_ns > pause ? answer.wait_ns : spread(pause);
		fprintf(stderr, "; again in %.1f s (%" PRIu64 " of %" PRIu64 ")\n",
			(double)wait / SECOND, attempt + 1, retries);
		sleep_ns(wait);
		pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
	}
	fputs(answer.result == HTTP_AGAIN && retries ? "; given up\n" : "\n", stderr);
	attempts->unreachable = !answer.reached || answer.result == HTTP_AGAIN;
	return false;
}
