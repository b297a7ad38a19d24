/*
 * A small HTTP server: it answers GET with texts that are ready, and closes the connection.
 * Whatever a client does, these are bounded: connections at once (a new one replaces the oldest),
 * bytes of a request, seconds for all of a request.
 * Must not: wait for a client, know what is served, start a thread.
 */
#ifndef SILT_SERVE_HTTP_SERVER_H
#define SILT_SERVE_HTTP_SERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_SERVER_CONNECTIONS 16
/* most bytes of a request line and its headers; Prometheus sends some 300 */
#define HTTP_SERVER_REQUEST 8192
/* seconds for a request to arrive, and for its answer to be sent */
#define HTTP_SERVER_REQUEST_SECONDS 3
#define HTTP_SERVER_ANSWER_SECONDS 10

struct http_page {
	/* Content-Type */
	const char *type;
	/* freed by the server */
	char *body;
	size_t size;
};

/* Stores the page at `path`, which has no query. Returns false if there is none. */
typedef bool http_server_find(void *argument, const char *path, struct http_page *page);

struct http_server;

/* Listens at "HOST:PORT" or "[HOST]:PORT"; port 0: any free port. Returns NULL, with the cause
 * in `error`. */
struct http_server *http_server_open(const char *address, const char **error);
/* Returns the address that the server listens at, such as "127.0.0.1:9750". It belongs to the
 * server. */
const char *http_server_address(const struct http_server *server);
/* Serves until `*stop` is set by the handler of a signal. The signal must be blocked in this
 * thread, but not in `waiting`. */
void http_server_run(struct http_server *server, http_server_find *find, void *argument,
		     const volatile sig_atomic_t *stop, const sigset_t *waiting);
void http_server_close(struct http_server *server);

#endif
