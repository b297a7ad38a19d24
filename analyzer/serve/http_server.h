/*
 * A small HTTP server: it answers GET with texts that are there already, and closes.
 * Its bounds hold whatever a client does: so many connections at once (a newcomer takes the place
 * of the oldest), so many bytes of a request, so many seconds for all of it.
 * Must not: wait for a client, know what is served, start a thread.
 */
#ifndef SILT_SERVE_HTTP_SERVER_H
#define SILT_SERVE_HTTP_SERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_SERVER_CONNECTIONS 16
/* bytes: a request line and its headers; Prometheus sends some 300 */
#define HTTP_SERVER_REQUEST 8192
/* seconds, for a request to arrive, and for its answer to leave */
#define HTTP_SERVER_REQUEST_SECONDS 3
#define HTTP_SERVER_ANSWER_SECONDS 10

struct http_page {
	/* Content-Type */
	const char *type;
	/* to be freed by the server */
	char *body;
	size_t size;
};

/* The page at a path, without its query. False: there is none. */
typedef bool http_server_find(void *argument, const char *path, struct http_page *page);

struct http_server;

/* Listens at "HOST:PORT" or "[HOST]:PORT"; port 0: any that is free. NULL, and in `error` what is
 * wrong. */
struct http_server *http_server_open(const char *address, const char **error);
/* "127.0.0.1:9750": where it listens; the server's. */
const char *http_server_address(const struct http_server *server);
/* Serves until `stop` is set by the handler of a signal that is blocked in this thread, and not in
 * `waiting`. */
void http_server_run(struct http_server *server, http_server_find *find, void *argument,
		     const volatile sig_atomic_t *stop, const sigset_t *waiting);
void http_server_close(struct http_server *server);

#endif
