/*
 * Posts to an HTTP server, one attempt at a time. The only directory that uses libcurl, which also
 * handles proxies (https_proxy, no_proxy, ...) and passwords (~/.netrc).
 * Must not: print, try again, follow a redirection (it could lead the data elsewhere).
 */
#ifndef SILT_UTIL_HTTP_H
#define SILT_UTIL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_options {
	/* for the whole request; connecting may take a third of it */
	uint64_t timeout_ns;
	/* file of certificates to trust instead of the system's; NULL: the system's */
	const char *ca;
	/* of the client; NULL: none */
	const char *certificate, *key;
	/* do not verify the server's identity */
	bool insecure;
	/* X-Scope-OrgID; NULL: none */
	const char *tenant;
	/* Authorization: Bearer; NULL: none */
	const char *token;
};

enum http_result {
	HTTP_OK,
	HTTP_AGAIN,   /* the server is unreachable or busy: worth another attempt */
	HTTP_REFUSED, /* another attempt would get the same answer */
};

struct http_answer {
	enum http_result result;
	/* a server has answered */
	bool reached;
	/* how long the server asks to wait (Retry-After); 0: it does not ask */
	uint64_t wait_ns;
	/* the error in words, or the status; empty on success */
	char text[400];
	/* HTTP status; 0: no answer */
	long status;
	/* the beginning of the answer: any bytes, then a 0 */
	char body[200 + 1];
	size_t body_size;
};

struct http;
/* Returns NULL if libcurl cannot be used. */
struct http *http_open(const struct http_options *options);
void http_close(struct http *http);

struct http_part {
	const char *name, *file_name, *type;
	const void *data;
	size_t size;
};
/* Posts multipart/form-data. */
void http_post_form(struct http *http, const char *url, const struct http_part *parts, size_t count,
		    struct http_answer *answer);
/* `type`: Content-Type */
void http_post(struct http *http, const char *url, const char *type, const void *body, size_t size,
	       struct http_answer *answer);

/* Escapes text for a part of a URL; the caller frees it. */
char *http_escape(struct http *http, const char *text);

#endif
