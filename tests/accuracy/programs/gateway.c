/*
 * A processor of HTTP requests: parsing, routing, sessions by cookie, a cache of answers, an access
 * log.
 *
 * Clients are played by the program itself. fixed: as it should be; leaky: a request with a
 * malformed header is answered with 400, and the headers read so far are forgotten; logins:
 * sessions that never sent a second request do not expire, such as every fourth.
 */
#include "rounds.h"
#include <ctype.h>

#define SESSION_BUCKETS 256
#define CACHE_ENTRIES 64
#define LOG_LINES 200
#define SESSION_ROUNDS 120

struct text {
	char *bytes;
	size_t length, capacity;
};

struct header {
	struct header *next;
	char *name, *value;
};

struct request {
	char *method, *path, *query;
	struct header *headers;
	const char *body;
	size_t body_length;
	bool keep_alive;
};

struct response {
	int status;
	struct text head, body;
};

struct session {
	struct session *next;
	unsigned long id;
	long last_round;
	unsigned requests;
	char user[32];
	char *basket;
};

struct cached {
	char *path;
	char *body;
	size_t length;
	unsigned long used;
};

typedef void handler(struct request *request, struct session *session, struct response *response);

static struct {
	struct session *sessions[SESSION_BUCKETS];
	unsigned session_count;
	unsigned long next_session;
	struct cached cache[CACHE_ENTRIES];
	unsigned long clock;
	char *log[LOG_LINES];
	unsigned log_next;
	unsigned long served, refused, hits;
	bool forget_headers, keep_single;
} server;

static void text_append(struct text *text, const char *bytes, size_t length)
{
	if (text->length + length + 1 > text->capacity) {
		text->capacity = (text->length + length + 1) * 2;
		text->bytes = checked(realloc(text->bytes, text->capacity));
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = 0;
}

static void text_add(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

static char *copy_range(const char *from, const char *to)
{
	size_t length = (size_t)(to - from);
	char *copy = checked(malloc(length + 1));

	memcpy(copy, from, length);
	copy[length] = 0;
	return copy;
}

/* Requests. */

static void headers_free(struct header *header)
{
	while (header) {
		struct header *next = header->next;

		free(header->name);
		free(header->value);
		free(header);
		header = next;
	}
}

static void request_free(struct request *request)
{
	if (!request)
		return;
	headers_free(request->headers);
	free(request->method);
	free(request->path);
	free(request->query);
	free(request);
}

static const char *header_get(const struct request *request, const char *name)
{
	for (const struct header *header = request->headers; header; header = header->next)
		if (strcmp(header->name, name) == 0)
			return header->value;
	return NULL;
}

static struct header *header_read(const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	struct header *header;

	if (!colon || colon == line)
		return NULL;
	for (const char *c = line; c < colon; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			return NULL;
	header = checked(calloc(1, sizeof *header));
	header->name = copy_range(line, colon);
	for (char *c = header->name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	colon++;
	while (colon < end && *colon == ' ')
		colon++;
	header->value = copy_range(colon, end);
	return header;
}

static bool request_line(struct request *request, const char *line, const char *end)
{
	const char *space = memchr(line, ' ', (size_t)(end - line)), *target, *mark;

	if (!space)
		return false;
	request->method = copy_range(line, space);
	target = space + 1;
	space = memchr(target, ' ', (size_t)(end - target));
	if (!space)
		return false;
	mark = memchr(target, '?', (size_t)(space - target));
	request->path = copy_range(target, mark ? mark : space);
	if (mark)
		request->query = copy_range(mark + 1, space);
	return true;
}

static struct request *request_parse(const char *text)
{
	struct request *request = checked(calloc(1, sizeof *request));
	const char *end = strstr(text, "\r\n"), *length;

	if (!end || !request_line(request, text, end)) {
		request_free(request);
		return NULL;
	}
	for (text = end + 2; (end = strstr(text, "\r\n")) && end > text; text = end + 2) {
		struct header *header = header_read(text, end);

		if (!header) {
			if (server.forget_headers)
				request->headers = NULL;
			request_free(request);
			return NULL;
		}
		header->next = request->headers;
		request->headers = header;
	}
	length = header_get(request, "content-length");
	if (end && length) {
		request->body = end + 2;
		request->body_length = strtoul(length, NULL, 10);
	}
	length = header_get(request, "connection");
	request->keep_alive = length && strcmp(length, "keep-alive") == 0;
	return request;
}

/* Sessions. */

static struct session *session_find(unsigned long id)
{
	struct session *session = server.sessions[id % SESSION_BUCKETS];

	while (session && session->id != id)
		session = session->next;
	return session;
}

static struct session *session_open(void)
{
	struct session *session = checked(calloc(1, sizeof *session));

	session->id = ++server.next_session;
	session->last_round = rounds.number;
	snprintf(session->user, sizeof session->user, "visitor %lu", session->id);
	session->basket = checked(malloc(160));
	snprintf(session->basket, 160, "nothing yet");
	session->next = server.sessions[session->id % SESSION_BUCKETS];
	server.sessions[session->id % SESSION_BUCKETS] = session;
	server.session_count++;
	return session;
}

static void sessions_expire(void)
{
	for (unsigned i = 0; i < SESSION_BUCKETS; i++) {
		struct session **link = &server.sessions[i];

		while (*link) {
			struct session *session = *link;
			bool old = rounds.number - session->last_round > SESSION_ROUNDS;

			if (!old || (server.keep_single && session->requests < 2)) {
				link = &session->next;
				continue;
			}
			*link = session->next;
			free(session->basket);
			free(session);
			server.session_count--;
		}
	}
}

static struct session *session_of(const struct request *request)
{
	const char *cookie = header_get(request, "cookie");
	struct session *session = NULL;

	if (cookie && strncmp(cookie, "id=", 3) == 0)
		session = session_find(strtoul(cookie + 3, NULL, 10));
	if (!session)
		session = session_open();
	session->requests++;
	session->last_round = rounds.number;
	return session;
}

/* Answers. */

static struct cached *cache_find(const char *path)
{
	for (unsigned i = 0; i < CACHE_ENTRIES; i++)
		if (server.cache[i].path && strcmp(server.cache[i].path, path) == 0)
			return &server.cache[i];
	return NULL;
}

static void cache_store(const char *path, const struct text *body)
{
	struct cached *entry = &server.cache[0];

	for (unsigned i = 1; i < CACHE_ENTRIES && entry->path; i++)
		if (!server.cache[i].path || server.cache[i].used < entry->used)
			entry = &server.cache[i];
	free(entry->path);
	free(entry->body);
	entry->path = checked(strdup(path));
	entry->body = copy_range(body->bytes, body->bytes + body->length);
	entry->length = body->length;
	entry->used = ++server.clock;
}

static void answer_page(struct request *request, struct session *session, struct response *response)
{
	struct cached *cached = cache_find(request->path);
	char line[200];

	(void)session;
	if (cached) {
		cached->used = ++server.clock;
		server.hits++;
		text_append(&response->body, cached->body, cached->length);
		return;
	}
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof line, "<p>line %d of %s</p>\n", i, request->path);
		text_add(&response->body, line);
	}
	cache_store(request->path, &response->body);
}

static void answer_basket(struct request *request, struct session *session,
			  struct response *response)
{
	if (strcmp(request->method, "POST") == 0)
		snprintf(session->basket, 160, "%.*s", (int)request->body_length, request->body);
	text_add(&response->body, session->basket);
}

static void answer_search(struct request *request, struct session *session,
			  struct response *response)
{
	char *words = checked(strdup(request->query ? request->query : "")), *rest = NULL;

	for (char *word = strtok_r(words, "+&", &rest); word; word = strtok_r(NULL, "+&", &rest)) {
		text_add(&response->body, word);
		text_add(&response->body, session->user);
	}
	free(words);
}

static const struct route {
	const char *prefix;
	handler *answer;
} routes[] = {{"/page/", answer_page}, {"/basket", answer_basket}, {"/search", answer_search}};

static void log_add(const char *method, const char *path, int status)
{
	char line[200], **place = &server.log[server.log_next++ % LOG_LINES];

	snprintf(line, sizeof line, "%ld %s %s %d", elapsed_ms(), method, path, status);
	free(*place);
	*place = checked(strdup(line));
}

static void serve(const char *text)
{
	struct request *request = request_parse(text);
	struct response response = {404, {NULL, 0, 0}, {NULL, 0, 0}};
	struct session *session;
	char head[100];

	if (!request) {
		server.refused++;
		log_add("?", "?", 400);
		return;
	}
	session = session_of(request);
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		if (strncmp(request->path, routes[i].prefix, strlen(routes[i].prefix)) == 0) {
			response.status = 200;
			routes[i].answer(request, session, &response);
			break;
		}
	}
	snprintf(head, sizeof head,
		 "HTTP/1.1 %d\r\nSet-Cookie: id=%lu\r\nContent-Length: %zu\r\n\r\n",
		 response.status, session->id, response.body.length);
	text_add(&response.head, head);
	server.served += response.head.length > 0;
	log_add(request->method, request->path, response.status);
	free(response.head.bytes);
	free(response.body.bytes);
	request_free(request);
}

/* What clients send. */
static void play_client(void)
{
	char text[600];
	unsigned long cookie = server.next_session > 50 ? server.next_session - pick(50) : 0;
	const char *agent =
		"User-Agent: player/1.0 (a client of this program)\r\nAccept: text/html\r\n";

	cookie -= cookie % 4 == 0;
	switch (pick(6)) {
	case 0:
		snprintf(text, sizeof text, "GET /page/%lu HTTP/1.1\r\n%sbad header\r\n\r\n",
			 pick(100), agent);
		break;
	case 1:
		snprintf(text, sizeof text, "GET /page/%lu HTTP/1.1\r\n%s\r\n", pick(100), agent);
		break;
	case 2:
		snprintf(text, sizeof text,
			 "POST /basket HTTP/1.1\r\n%sCookie: id=%lu\r\nContent-Length: 7\r\n\r\n3 "
			 "pears",
			 agent, cookie);
		break;
	case 3:
		snprintf(text, sizeof text,
			 "GET /search?q=pears+and+apples HTTP/1.1\r\n%sCookie: id=%lu\r\n\r\n",
			 agent, cookie);
		break;
	default:
		snprintf(text, sizeof text,
			 "GET /page/%lu HTTP/1.1\r\n%sCookie: id=%lu\r\nConnection: "
			 "keep-alive\r\n\r\n",
			 pick(100), agent, cookie);
	}
	serve(text);
}

int main(int argc, char **argv)
{
	enum { FIXED, LEAKY, LOGINS };
	int mode = rounds_begin(argc, argv, "fixed leaky logins");

	server.forget_headers = mode == LEAKY;
	server.keep_single = mode == LOGINS;
	while (next_round()) {
		for (int i = 0; i < 6; i++)
			play_client();
		sessions_expire();
	}
	printf("%lu served, %lu refused, %lu from the cache, %u sessions\n", server.served,
	       server.refused, server.hits, server.session_count);
	return 0;
}
