/*
 * Sessions over socket pairs, each a state machine, waited for with poll.
 *
 * turnover: clients connect, say something and go; halfopen: some go without a word, and their
 * sessions are only marked; alarms: each session sets an alarm, which is not taken back when the
 * session ends; punctual: it is taken back.
 */
#include "rounds.h"
#include <poll.h>
#include <sys/socket.h>

#define OPEN 40

struct session {
	struct session *next;
	enum { GREETING, TALKING, GONE } state;
	int server, client;
	size_t length;
	char said[400];
};

struct alarm {
	struct alarm *next;
	long when_ms;
	void (*ring)(void *session);
	void *session;
};

static struct session *sessions, *marked;
static struct alarm *alarms;
static unsigned long words, rung;

static void session_expire(void *session)
{
	rung += session != NULL;
}

static void alarm_set(void (*ring)(void *), struct session *session)
{
	struct alarm *alarm = checked(malloc(sizeof *alarm));

	alarm->when_ms = elapsed_ms() + 60000;
	alarm->ring = ring;
	alarm->session = session;
	alarm->next = alarms;
	alarms = alarm;
}

static void alarm_cancel(struct session *session)
{
	for (struct alarm **link = &alarms; *link; link = &(*link)->next) {
		struct alarm *alarm = *link;

		if (alarm->session == session) {
			*link = alarm->next;
			free(alarm);
			return;
		}
	}
}

static void alarms_look(void)
{
	for (struct alarm *alarm = alarms; alarm; alarm = alarm->next)
		if (alarm->when_ms < elapsed_ms())
			alarm->ring(alarm->session);
}

static void session_accept(bool with_alarm)
{
	struct session *session = checked(calloc(1, sizeof *session));
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	session->server = ends[0];
	session->client = ends[1];
	session->next = sessions;
	sessions = session;
	if (with_alarm)
		alarm_set(session_expire, session);
}

static void session_step(struct session *session)
{
	struct pollfd readable = {session->server, POLLIN, 0};
	ssize_t got;

	switch (session->state) {
	case GREETING:
		if (send(session->client, "hello, how are you", 18, 0) == 18)
			session->state = TALKING;
		break;
	case TALKING:
		if (poll(&readable, 1, 0) == 1) {
			got = recv(session->server, session->said, sizeof session->said, 0);
			session->length += got > 0 ? (size_t)got : 0;
			words += session->length / 5;
			session->state = GONE;
		}
		break;
	case GONE:
		break;
	}
}

static void sessions_close_gone(bool halfopen, bool cancel, bool weak)
{
	struct session **link = &sessions;

	while (*link) {
		struct session *session = *link;

		if (session->state != GONE) {
			link = &session->next;
			continue;
		}
		*link = session->next;
		close(session->server);
		close(session->client);
		if (cancel)
			alarm_cancel(session);
		if (halfopen && pick(3) == 0) {
			session->next = marked;
			marked = session;
		} else if (!weak) {
			free(session);
		}
	}
}

int main(int argc, char **argv)
{
	enum { TURNOVER, HALFOPEN, ALARMS, PUNCTUAL };
	int mode = rounds_begin(argc, argv, "turnover halfopen alarms punctual");

	while (next_round()) {
		for (int i = mode == ALARMS ? 1 : 3; i > 0; i--)
			session_accept(mode == ALARMS || mode == PUNCTUAL);
		for (struct session *session = sessions; session; session = session->next)
			if (pick(6) == 0)
				session_step(session);
		sessions_close_gone(mode == HALFOPEN, mode == PUNCTUAL, mode == ALARMS);
		alarms_look();
	}
	printf("%lu words, %lu rung\n", words, rung);
	return 0;
}
