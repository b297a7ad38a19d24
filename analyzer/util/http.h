/*
 * Posting to an HTTP server: one attempt at a time. The only room that knows libcurl, which also
 * takes proxies (https_proxy, no_proxy, ...) and passwords (~/.netrc) from where its users keep
 * them.
 * Must not: print, try again, follow a redirection (it could lead the data elsewhere).
 */
#ifndef SILT_UTIL_HTTP_H
#define SILT_UTIL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_options {
	/* for all of a request; a third of it for the connection */
	uint64_t timeout_ns;
	/* file of certificates to trust instead of the system's; NULL */
	const char *ca;
	/* of the client; NULL */
	const char *certificate, *key;
	/* do not check who the server is */
	bool insecure;
	/* X-Scope-OrgID; NULL */
	const char *tenant;
	/* Authorization: Bearer; NULL */
	const char *token;
};

enum http_result {
	HTTP_OK,
	HTTP_AGAIN,   /* the server is not there, or busy: worth another attempt */
	HTTP_REFUSED, /* it would say the same again */
};

struct http_answer {
	enum http_result result;
	/* a server has answered */
	bool reached;
	/* how long the server asks to wait (Retry-After); 0: it does not */
	uint64_t wait_ns;
	/* what went wrong: in words, or the status; empty if all is well */
	char text[400];
	/* the beginning of what the server says; any bytes */
	char body[200 + 1];
};

struct http;
/* NULL: libcurl cannot be used. */
struct http *http_open(const struct http_options *options);
void http_close(struct http *http);

struct http_part {
	const char *name, *file_name, *type;
	const void *data;
	size_t size;
};
/* multipart/form-data */
void http_post_form(struct http *http, const char *url, const struct http_part *parts, size_t count,
		    struct http_answer *answer);
void http_post_json(struct http *http, const char *url, const char *body, size_t size,
		    struct http_answer *answer);

/* Text for a part of a URL, to be freed. */
char *http_escape(struct http *http, const char *text);

#endif
