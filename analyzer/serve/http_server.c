/* A small HTTP server (RFC 9112): see http_server.h. */
#include "serve/http_server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/monotonic.h"

#define BACKLOG 64
#define STARVED_MS 100	/* milliseconds to wait if no descriptor is available */
#define DRAIN_SECONDS 1 /* seconds for reading what a client still sends after its answer */

enum state { FREE, READING, ANSWERING, DRAINING };

struct connection {
	enum state state;
	int fd;
	/* seconds of the monotonic clock */
	double since, deadline;
	size_t received;
	char request[HTTP_SERVER_REQUEST + 1];
	/* headers and body */
	char *answer;
	size_t size, sent;
};

struct http_server {
	int fd;
	char *address;
	http_server_find *find;
	void *argument;
	struct connection connections[HTTP_SERVER_CONNECTIONS];
};

/* -- the address -- */

static char *address_of(int fd)
{
	struct sockaddr_storage name = {0};
	socklen_t size = sizeof name;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&name, &size) != 0 ||
	    getnameinfo((struct sockaddr *)&name, size, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return mem_string("?");
	return mem_format(name.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int listen_at(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			at->ai_protocol),
	    on = 1, error;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Splits "HOST:PORT" into its parts, which the caller frees. Returns false if the address has
 * another form. */
static bool split(const char *address, char **host, char **port)
{
	const char *colon = strrchr(address, ':');
	size_t length = colon ? (size_t)(colon - address) : 0;
	bool bracketed = length > 2 && address[0] == '[' && address[length - 1] == ']';

	if (!length || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")] ||
	    strlen(colon + 1) > 5 || atoi(colon + 1) > UINT16_MAX)
		return false;
	*host = mem_substring(address + bracketed, length - 2 * (size_t)bracketed);
	*port = mem_string(colon + 1);
	return true;
}

struct http_server *http_server_open(const char *address, const char **error)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	struct http_server *server;
	char *host, *port;
	int status, fd;

	*error = "expected HOST:PORT, such as 127.0.0.1:9750";
	if (!split(address, &host, &port))
		return NULL;
	status = getaddrinfo(host, port, &hints, &found);
	free(host);
	free(port);
	if (status != 0) {
		*error = gai_strerror(status);
		return NULL;
	}
	fd = listen_at(found);
	freeaddrinfo(found);
	*error = strerror(errno);
	if (fd < 0)
		return NULL;
	server = mem_zeroed(1, sizeof *server);
	server->fd = fd;
	server->address = address_of(fd);
	return server;
}

const char *http_server_address(const struct http_server *server)
{
	return server->address;
}

/* -- one connection -- */

static void drop(struct connection *c)
{
	close(c->fd);
	free(c->answer);
	c->answer = NULL;
	c->state = FREE;
}

static void answer(struct connection *c, const char *status, const struct http_page *page,
		   bool head_only)
{
	char *head = mem_format(
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: "
		"close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s\r\n",
		status, page->type, page->size,
		strncmp(status, "405", 3) == 0 ? "Allow: GET, HEAD\r\n" : "");
	size_t length = strlen(head), body = head_only ? 0 : page->size;

	c->answer = mem_resize(head, length + body, 1);
	if (body)
		memcpy(c->answer + length, page->body, body);
	c->size = length + body;
	c->sent = 0;
	c->state = ANSWERING;
	c->deadline = monotonic_seconds() + HTTP_SERVER_ANSWER_SECONDS;
}

static void refuse(struct connection *c, const char *status)
{
	char *text = mem_format("%s\n", status);
	struct http_page page = {"text/plain; charset=utf-8", text, strlen(text)};

	answer(c, status, &page, false);
	free(text);
}

/* Answers a request whose headers have all arrived, by its first line "METHOD TARGET HTTP/1.x". */
static void obey(struct http_server *server, struct connection *c)
{
	char *line = c->request + strspn(c->request, "\r\n"), *rest, *method, *target, *version;
	struct http_page page;
	bool head_only;

	line[strcspn(line, "\r\n")] = '\0';
	method = strtok_r(line, " ", &rest);
	target = strtok_r(NULL, " ", &rest);
	version = strtok_r(NULL, " ", &rest);
	if (!version || strncmp(version, "HTTP/1.", 7) != 0 || *target != '/' ||
	    strtok_r(NULL, " ", &rest)) {
		refuse(c, "400 Bad Request");
		return;
	}
	head_only = strcmp(method, "HEAD") == 0;
	if (!head_only && strcmp(method, "GET") != 0) {
		refuse(c, "405 Method Not Allowed");
		return;
	}
	target[strcspn(target, "?#")] = '\0';
	if (!server->find(server->argument, target, &page)) {
		refuse(c, "404 Not Found");
		return;
	}
	answer(c, "200 OK", &page, head_only);
	free(page.body);
}

static void receive(struct http_server *server, struct connection *c)
{
	ssize_t got = recv(c->fd, c->request + c->received, HTTP_SERVER_REQUEST - c->received, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(c);
		return;
	}
	c->received += (size_t)got;
	c->request[c->received] = '\0';
	if (memchr(c->request, '\0', c->received))
		refuse(c, "400 Bad Request");
	else if (strstr(c->request, "\r\n\r\n") || strstr(c->request, "\n\n"))
		obey(server, c);
	else if (c->received == HTTP_SERVER_REQUEST)
		refuse(c, "431 Request Header Fields Too Large");
}

/* Closing a connection with unread bytes resets it, and the answer may be lost: so the rest of
 * what the client sends is read, for a moment. */
static void transmit(struct connection *c)
{
	ssize_t put = send(c->fd, c->answer + c->sent, c->size - c->sent, MSG_NOSIGNAL);

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (put < 0) {
		drop(c);
		return;
	}
	c->sent += (size_t)put;
	if (c->sent < c->size)
		return;
	shutdown(c->fd, SHUT_WR);
	c->state = DRAINING;
	c->deadline = monotonic_seconds() + DRAIN_SECONDS;
}

static void drain(struct connection *c)
{
	ssize_t got = recv(c->fd, c->request, HTTP_SERVER_REQUEST, 0);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		drop(c);
}

/* -- all connections -- */

/* Returns a free connection, else closes the oldest and returns it. */
static struct connection *place(struct http_server *server)
{
	struct connection *oldest = &server->connections[0];

	for (size_t i = 0; i < HTTP_SERVER_CONNECTIONS; i++) {
		struct connection *c = &server->connections[i];

		if (c->state == FREE)
			return c;
		if (c->since < oldest->since)
			oldest = c;
	}
	drop(oldest);
	return oldest;
}

static void accept_one(struct http_server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *c;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
		poll(NULL, 0, STARVED_MS); /* poll() would report the connection again at once */
	if (fd < 0)
		return;
	c = place(server);
	c->state = READING;
	c->fd = fd;
	c->since = monotonic_seconds();
	c->deadline = c->since + HTTP_SERVER_REQUEST_SECONDS;
	c->received = 0;
}

static void serve(struct http_server *server, struct connection *c, bool ready)
{
	if (ready && c->state == READING)
		receive(server, c);
	else if (ready && c->state == ANSWERING)
		transmit(c);
	else if (ready && c->state == DRAINING)
		drain(c);
	if (c->state != FREE && monotonic_seconds() >= c->deadline)
		drop(c);
}

/* Stores the time until the next deadline. Returns false if there is none. */
static bool find_patience(const struct http_server *server, struct timespec *patience)
{
	double next = -1, left;
	for (size_t i = 0; i < HTTP_SERVER_CONNECTIONS; i++) {
		const struct connection *c = &server->connections[i];

		if (c->state != FREE && (next < 0 || c->deadline < next))
			next = c->deadline;
	}
	left = next - monotonic_seconds();
	left = left > 0 ? left : 0;
	*patience = (struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
	return next >= 0;
}

void http_server_run(struct http_server *server, http_server_find *find, void *argument,
		     const volatile sig_atomic_t *stop, const sigset_t *waiting)
{
	struct pollfd polled[HTTP_SERVER_CONNECTIONS + 1];
	struct timespec patience;

	server->find = find;
	server->argument = argument;
	while (!*stop) {
		for (size_t i = 0; i < HTTP_SERVER_CONNECTIONS; i++) {
			const struct connection *c = &server->connections[i];

			polled[i] =
				(struct pollfd){.fd = c->state == FREE ? -1 : c->fd,
						.events = c->state == ANSWERING ? POLLOUT : POLLIN};
		}
		polled[HTTP_SERVER_CONNECTIONS] =
			(struct pollfd){.fd = server->fd, .events = POLLIN};
		if (ppoll(polled, HTTP_SERVER_CONNECTIONS + 1,
			  find_patience(server, &patience) ? &patience : NULL, waiting) < 0) {
			if (errno != EINTR)
				break;
			continue;
		}
		for (size_t i = 0; i < HTTP_SERVER_CONNECTIONS; i++)
			serve(server, &server->connections[i],
			      polled[i].fd >= 0 && polled[i].revents);
		if (polled[HTTP_SERVER_CONNECTIONS].revents & POLLIN)
			accept_one(server);
	}
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < HTTP_SERVER_CONNECTIONS; i++)
		if (server->connections[i].state != FREE)
			drop(&server->connections[i]);
	close(server->fd);
	free(server->address);
	free(server);
}
