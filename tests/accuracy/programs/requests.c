/*
 * Requests with a time limit, in libevent.
 *
 * unanswered: the event of an answered request is not freed and stays pending; answered: it is
 * freed; bodies: the evbuffer of a request is not freed; connections: bufferevents come and go.
 * Libraries: libevent
 */
#include "rounds.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>

struct request {
	struct event *limit;
	unsigned number;
	char path[280];
};

static struct event_base *base;
static unsigned late;

static void request_late(evutil_socket_t fd, short what, void *data)
{
	struct request *request = data;

	(void)fd;
	(void)what;
	late += request->number % 2;
}

static struct request *request_begin(unsigned number)
{
	struct request *request = checked(calloc(1, sizeof *request));
	struct timeval limit = {600 + number % 60, 0};

	request->number = number;
	snprintf(request->path, sizeof request->path, "/item/%u", number);
	request->limit = checked(event_new(base, -1, 0, request_late, request));
	event_add(request->limit, &limit);
	return request;
}

static void request_end(struct request *request)
{
	event_free(request->limit);
	free(request);
}

static size_t body_read(bool release)
{
	struct evbuffer *body = checked(evbuffer_new());
	size_t length;

	evbuffer_add_printf(body, "%0200d", 7);
	length = evbuffer_get_length(body);
	if (release)
		evbuffer_free(body);
	return length;
}

static void connection_once(void)
{
	int ends[2];
	struct bufferevent *event;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	evutil_make_socket_nonblocking(ends[0]);
	event = checked(bufferevent_socket_new(base, ends[0], BEV_OPT_CLOSE_ON_FREE));
	bufferevent_enable(event, EV_READ | EV_WRITE);
	bufferevent_write(event, "hello", 5);
	event_base_loop(base, EVLOOP_NONBLOCK);
	bufferevent_free(event);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	enum { UNANSWERED, ANSWERED, BODIES, CONNECTIONS };
	int mode = rounds_begin(argc, argv, "unanswered answered bodies connections");
	struct request *open[50] = {NULL};
	size_t length = 0;

	base = event_base_new();
	while (next_round()) {
		if (mode == BODIES) {
			for (int i = 0; i < 4; i++)
				length += body_read(i > 0);
		} else if (mode == CONNECTIONS) {
			connection_once();
		} else {
			struct request **slot = &open[rounds.number % 50];

			if (*slot && (mode == ANSWERED || rounds.number % 2))
				request_end(*slot);
			*slot = request_begin((unsigned)rounds.number);
		}
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	printf("%u late, %zu read\n", late, length);
	return 0;
}
