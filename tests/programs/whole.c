/*
 * System calls that a stop may cut short, over and over, each in a thread of its own, with peers
 * that are slow or stalled: bytes moved, results, errno and durations must be what they are without
 * stops. `whole SECONDS [NAME...]`: prints a line for each call, with the first thing that was
 * wrong. Run by tests/e2e/stop.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AMOUNT (1u << 20) /* of one call; a peer takes it in about a quarter of a second */
#define STEP (8u << 10)	  /* that a peer takes at a time */
#define STEP_NS 2000000l
#define LIMIT_MS 150 /* of waits */
#define LATE_MS 60   /* beyond what the machine's other work explains */
#define FORK_MS 400  /* that a fork may take: it waits for a copy that is being made */

struct test {
	const char *name;
	void (*run)(struct test *test);
	int a, b; /* descriptors: the call's and the peer's */
	bool forks;
	long calls, late;
	char wrong[200], how_late[60]; /* the first of each */
};

static double start_time, end_time;
static unsigned char *pattern; /* AMOUNT bytes */
/* The most that a short sleep was late by, in seconds, in this half second and the one before. */
static volatile double noise, noise_before;
static volatile long measured;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool is_over(const struct test *test)
{
	return now() >= end_time || test->wrong[0];
}

__attribute__((format(printf, 2, 3))) static void wrong(struct test *test, const char *format, ...)
{
	va_list arguments;

	if (test->wrong[0])
		return;
	va_start(arguments, format);
	vsnprintf(test->wrong, sizeof test->wrong, format, arguments);
	va_end(arguments);
	if (getenv("WHOLE_COUNTS"))
		fprintf(stderr, "after %.0f s: %s: %s\n", now() - start_time, test->name,
			test->wrong);
}

static void expect(struct test *test, const char *what, long got, long wanted)
{
	int error = errno;

	test->calls++;
	free(malloc((size_t)test->calls % 1000 + 1));
	if (got != wanted)
		wrong(test, "%s returned %ld (%s) and not %ld, call %ld", what, got,
		      got < 0 ? strerror(error) : "", wanted, test->calls);
}

static void pause_ns(long ns)
{
	nanosleep(&(struct timespec){0, ns}, NULL);
}

/* -- calls that send: a peer takes a little at a time, and looks at it -- */

static void *take_slowly(void *argument)
{
	struct test *test = argument;
	unsigned char buffer[STEP];
	size_t at = 0;
	ssize_t n;

	while ((n = read(test->b, buffer, sizeof buffer)) != 0) {
		if (n < 0) {
			wrong(test, "the peer's read: %s", strerror(errno));
			break;
		}
		for (ssize_t i = 0; i < n; i++, at = (at + 1) % AMOUNT)
			if (buffer[i] != pattern[at])
				wrong(test, "byte %zu is not what was sent", at);
		pause_ns(STEP_NS);
	}
	return NULL;
}

static void send_all(struct test *test, long (*call)(struct test *test), bool is_socket)
{
	pthread_t peer;
	int ends[2];

	if (is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends))
		return wrong(test, "no descriptors");
	test->a = ends[1];
	test->b = ends[0];
	pthread_create(&peer, NULL, take_slowly, test);
	while (!is_over(test))
		expect(test, test->name, call(test), AMOUNT);
	close(test->a);
	pthread_join(peer, NULL);
	close(test->b);
}

#define PIECES 301

/* Of differing sizes, an empty one among them. */
static void cut(struct iovec pieces[PIECES])
{
	size_t at = 0;

	for (size_t i = 0; i < PIECES; i++) {
		size_t size = i == 7 ? 0 : i == PIECES - 1 ? AMOUNT - at : 1 + (i * 37) % 6000;

		if (size > AMOUNT - at)
			size = AMOUNT - at;
		pieces[i] = (struct iovec){pattern + at, size};
		at += size;
	}
}

static long by_write(struct test *test)
{
	return write(test->a, pattern, AMOUNT);
}

static long by_writev(struct test *test)
{
	struct iovec pieces[PIECES];

	cut(pieces);
	return writev(test->a, pieces, PIECES);
}

static long by_pwritev2(struct test *test)
{
	struct iovec pieces[PIECES];

	cut(pieces);
	return pwritev2(test->a, pieces, PIECES, -1, 0);
}

static long by_send(struct test *test)
{
	return send(test->a, pattern, AMOUNT, 0);
}

static long by_sendmsg(struct test *test)
{
	struct iovec pieces[PIECES];
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = PIECES};

	cut(pieces);
	return sendmsg(test->a, &message, 0);
}

/* Four messages; the sum of what is said to be sent. */
static long by_sendmmsg(struct test *test)
{
	struct iovec pieces[PIECES];
	struct mmsghdr messages[4] = {0};
	long sum = 0;
	int sent;

	cut(pieces);
	for (size_t i = 0; i < 4; i++) {
		messages[i].msg_hdr.msg_iov = pieces + i * 75;
		messages[i].msg_hdr.msg_iovlen = i == 3 ? PIECES - 225 : 75;
	}
	sent = sendmmsg(test->a, messages, 4, 0);
	for (int i = 0; i < sent; i++)
		sum += messages[i].msg_len;
	return sent < 0 ? -1 : sum;
}

static int pattern_file(void)
{
	int file = memfd_create("pattern", 0);

	if (file >= 0 && write(file, pattern, AMOUNT) != AMOUNT)
		return -1;
	return file;
}

static long by_sendfile(struct test *test)
{
	int file = pattern_file();
	off_t offset = 0;
	long sent = sendfile(test->a, file, &offset, AMOUNT);

	close(file);
	return sent == offset ? sent : -2;
}

static long by_splice(struct test *test)
{
	int file = pattern_file();
	off_t offset = 0;
	long sent = 1;

	while (sent > 0 && offset < AMOUNT) /* as much as the pipe has place for */
		sent = splice(file, &offset, test->a, NULL, AMOUNT - (size_t)offset, 0);
	close(file);
	return sent <= 0 ? sent : offset;
}

static void send_pipe(struct test *test)
{
	send_all(test, by_write, false);
}
static void send_spliced(struct test *test)
{
	send_all(test, by_splice, false);
}
static void send_pieces(struct test *test)
{
	send_all(test, by_writev, false);
}
static void send_pieces2(struct test *test)
{
	send_all(test, by_pwritev2, false);
}
static void send_socket(struct test *test)
{
	send_all(test, by_write, true);
}
static void send_socket_pieces(struct test *test)
{
	send_all(test, by_writev, true);
}
static void send_bytes(struct test *test)
{
	send_all(test, by_send, true);
}
static void send_message(struct test *test)
{
	send_all(test, by_sendmsg, true);
}
static void send_messages(struct test *test)
{
	send_all(test, by_sendmmsg, true);
}
static void send_file(struct test *test)
{
	send_all(test, by_sendfile, true);
}

/* -- calls that receive all they asked for -- */

static bool connect_tcp(struct test *test)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	test->a = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
	    connect(test->a, (struct sockaddr *)&address, size) < 0)
		return false;
	test->b = accept(listener, NULL, NULL);
	close(listener);
	return test->b >= 0;
}

static void *give_slowly(void *argument)
{
	struct test *test = argument;

	for (size_t at = 0; send(test->b, pattern + at, STEP, MSG_NOSIGNAL) == STEP;
	     at = (at + STEP) % AMOUNT)
		pause_ns(STEP_NS / 2);
	return NULL;
}

static void receive_all(struct test *test, bool as_message)
{
	unsigned char *buffer = malloc(AMOUNT);
	pthread_t peer;

	if (!connect_tcp(test))
		return wrong(test, "no connection");
	pthread_create(&peer, NULL, give_slowly, test);
	while (!is_over(test)) {
		struct iovec pieces[2] = {{buffer, 333333}, {buffer + 333333, AMOUNT - 333333}};
		struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

		memset(buffer, 0xee, AMOUNT);
		expect(test, test->name,
		       as_message ? recvmsg(test->a, &message, MSG_WAITALL)
				  : recv(test->a, buffer, AMOUNT, MSG_WAITALL),
		       AMOUNT);
		if (memcmp(buffer, pattern, AMOUNT) != 0)
			wrong(test, "bytes are not what was sent");
	}
	shutdown(test->a, SHUT_RDWR);
	pthread_join(peer, NULL);
	free(buffer);
}

static void receive_bytes(struct test *test)
{
	receive_all(test, false);
}

static void receive_message(struct test *test)
{
	receive_all(test, true);
}

static void *give_datagrams(void *argument)
{
	struct test *test = argument;
	uint32_t number = 0;

	while (send(test->b, &number, sizeof number, MSG_NOSIGNAL) == sizeof number) {
		number++;
		pause_ns(STEP_NS);
	}
	return NULL;
}

static bool start_datagrams(struct test *test, pthread_t *peer)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0) {
		wrong(test, "no descriptors");
		return false;
	}
	test->a = ends[0];
	test->b = ends[1];
	return pthread_create(peer, NULL, give_datagrams, test) == 0;
}

static void receive_messages(struct test *test)
{
	uint32_t next = 0, numbers[50];
	pthread_t peer;

	if (!start_datagrams(test, &peer))
		return;
	while (!is_over(test)) {
		struct iovec pieces[50];
		struct mmsghdr messages[50] = {0};

		for (int i = 0; i < 50; i++) {
			pieces[i] = (struct iovec){&numbers[i], sizeof numbers[i]};
			messages[i].msg_hdr.msg_iov = &pieces[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		expect(test, test->name, recvmmsg(test->a, messages, 50, 0, NULL), 50);
		for (int i = 0; i < 50; i++)
			if (numbers[i] != next++)
				wrong(test, "message %u is lost", next - 1);
	}
	close(test->a);
	pthread_join(peer, NULL);
}

static void *write_slowly(void *argument)
{
	struct test *test = argument;

	for (size_t at = 0; write(test->b, pattern + at, STEP) == STEP; at = (at + STEP) % AMOUNT)
		pause_ns(STEP_NS);
	return NULL;
}

/* What tee() has copied is in both pipes. */
static void tee_all(struct test *test)
{
	static unsigned char first[65536], second[65536];
	int from[2], to[2];
	pthread_t peer;
	size_t at = 0;

	if (pipe(from) < 0 || pipe(to) < 0)
		return wrong(test, "no descriptors");
	test->b = from[1];
	pthread_create(&peer, NULL, write_slowly, test);
	while (!is_over(test)) {
		long n = tee(from[0], to[1], sizeof first, 0);

		expect(test, test->name, n > 0 ? 1 : n, 1);
		if (n <= 0)
			break;
		expect(test, "read after tee", read(from[0], first, (size_t)n), n);
		expect(test, "read of a copy", read(to[0], second, (size_t)n), n);
		for (long i = 0; i < n; i++, at = (at + 1) % AMOUNT)
			if (first[i] != pattern[at] || second[i] != pattern[at])
				wrong(test, "byte %zu is not what was sent", at);
	}
	close(from[0]); /* the peer's next write fails: SIGPIPE is blocked */
	pthread_join(peer, NULL);
}

static void copy_ranges(struct test *test)
{
	int from = pattern_file(), to = memfd_create("copy", 0);
	unsigned char *copy = malloc(AMOUNT);

	while (!is_over(test)) {
		off_t in = 0, out = 0;

		expect(test, test->name, copy_file_range(from, &in, to, &out, AMOUNT, 0), AMOUNT);
		if (pread(to, copy, AMOUNT, 0) != AMOUNT || memcmp(copy, pattern, AMOUNT) != 0)
			wrong(test, "bytes are not what was copied");
		if (ftruncate(to, 0) < 0)
			wrong(test, "ftruncate: %s", strerror(errno));
		pause_ns(STEP_NS);
	}
	free(copy);
	close(from);
	close(to);
}

static void read_file(struct test *test, const char *path, size_t size)
{
	char *buffer = malloc(size);
	int file = open(path, O_RDONLY);

	while (!is_over(test)) {
		expect(test, test->name,
		       path[0] ? read(file, buffer, size) : getrandom(buffer, size, 0), (long)size);
		pause_ns(STEP_NS);
	}
	free(buffer);
}

static void read_zeros(struct test *test)
{
	read_file(test, "/dev/zero", 16 << 20);
}
static void read_random(struct test *test)
{
	read_file(test, "/dev/urandom", 4 << 20);
}
static void get_random(struct test *test)
{
	read_file(test, "", 4 << 20);
}

/* -- calls with a limit of time, or that wait for something that comes after that time -- */

static struct timespec limit = {0, LIMIT_MS * 1000000l};

/* Later than what the machine explains? Who measures that may have been late, too. */
static bool is_late(const struct test *test, double took)
{
	double most = (LIMIT_MS + LATE_MS + (test->forks ? FORK_MS : 0)) / 1e3;

	if (took <= most)
		return false;
	for (long before = measured; measured < before + 2 && now() < end_time;)
		pause_ns(STEP_NS);
	return took > most + 2 * (noise + noise_before);
}

static void wait_again(struct test *test, long (*call)(struct test *test), long result, int error)
{
	while (!is_over(test)) {
		double start = now(), took;

		errno = 0;
		expect(test, test->name, call(test), result);
		if (result < 0 && errno != error)
			wrong(test, "errno is %s", strerror(errno));
		took = now() - start;
		if (took < LIMIT_MS / 1e3 - 0.002)
			wrong(test, "ended after %.0f ms of %d", took * 1e3, LIMIT_MS);
		if (is_late(test, took) && test->late++ == 0)
			snprintf(test->how_late, sizeof test->how_late, "ended after %.0f ms of %d",
				 took * 1e3, LIMIT_MS);
	}
}

static long in_epoll_wait(struct test *test)
{
	struct epoll_event event;

	return epoll_wait(test->a, &event, 1, LIMIT_MS);
}
static void epoll_waits(struct test *test)
{
	test->a = epoll_create1(0);
	wait_again(test, in_epoll_wait, 0, 0);
}

static long in_epoll_pwait(struct test *test)
{
	struct epoll_event event;
	sigset_t none;

	sigemptyset(&none);
	return epoll_pwait(test->a, &event, 1, LIMIT_MS, &none);
}
static void epoll_pwaits(struct test *test)
{
	test->a = epoll_create1(0);
	wait_again(test, in_epoll_pwait, 0, 0);
}

static long in_poll(struct test *test)
{
	struct pollfd poll_for = {test->a, POLLIN, 0};

	return poll(&poll_for, 1, LIMIT_MS);
}
static void polls(struct test *test)
{
	test->a = epoll_create1(0);
	wait_again(test, in_poll, 0, 0);
}

/* where the kernel cannot write */
static const struct timespec unchanging = {0, LIMIT_MS * 1000000l};

static long in_ppoll(struct test *test)
{
	struct pollfd poll_for = {test->a, POLLIN, 0};

	return syscall(SYS_ppoll, &poll_for, 1, &unchanging, NULL, 0);
}
static void ppolls(struct test *test)
{
	test->a = epoll_create1(0);
	wait_again(test, in_ppoll, 0, 0);
}

static long in_select(struct test *test)
{
	struct timeval time = {0, LIMIT_MS * 1000};

	(void)test;
	return select(0, NULL, NULL, NULL, &time);
}
static void selects(struct test *test)
{
	wait_again(test, in_select, 0, 0);
}

#define ASLEEP_NS 5000000l

/* Of a thread that was just falling asleep the time left may be written: libsilt(7). */
static bool is_untouched(const struct timespec *time, const struct timespec *before)
{
	if (time->tv_sec == before->tv_sec && time->tv_nsec == before->tv_nsec)
		return true;
	return time->tv_sec == 0 && time->tv_nsec > limit.tv_nsec - ASLEEP_NS;
}

static long in_nanosleep(struct test *test)
{
	struct timespec time = limit;
	long result = nanosleep(&time, &time);

	if (!is_untouched(&time, &limit))
		wrong(test, "the time left was written: %ld ns", time.tv_nsec);
	return result;
}
static void nanosleeps(struct test *test)
{
	wait_again(test, in_nanosleep, 0, 0);
}

static long in_clock_nanosleep(struct test *test)
{
	const struct timespec before = {7, 7};
	struct timespec left = before;
	long result = clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, &left);

	if (!is_untouched(&left, &before))
		wrong(test, "the time left was written: %ld ns", left.tv_nsec);
	return result;
}
static void clock_nanosleeps(struct test *test)
{
	wait_again(test, in_clock_nanosleep, 0, 0);
}

static long in_futex(struct test *test)
{
	static uint32_t word;

	(void)test;
	return syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, &limit, NULL, 0);
}
static void futexes(struct test *test)
{
	wait_again(test, in_futex, -1, ETIMEDOUT);
}

static long in_sigtimedwait(struct test *test)
{
	sigset_t set;

	(void)test;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, NULL, &limit);
}
static void sigtimedwaits(struct test *test)
{
	wait_again(test, in_sigtimedwait, -1, EAGAIN);
}

static long in_semtimedop(struct test *test)
{
	struct sembuf down = {0, -1, 0};

	return semtimedop(test->a, &down, 1, &limit);
}
static void semtimedops(struct test *test)
{
	test->a = semget(IPC_PRIVATE, 1, 0600);
	wait_again(test, in_semtimedop, -1, EAGAIN);
	semctl(test->a, 0, IPC_RMID);
}

static void make_limited(struct test *test, int type)
{
	struct timeval time = {0, LIMIT_MS * 1000};
	int ends[2] = {-1, -1};

	if (socketpair(AF_UNIX, type, 0, ends) < 0)
		wrong(test, "no descriptors");
	test->a = ends[0];
	test->b = ends[1];
	setsockopt(test->a, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	setsockopt(test->a, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

static long in_recv(struct test *test)
{
	char byte;

	return recv(test->a, &byte, 1, 0);
}
static void recvs(struct test *test)
{
	make_limited(test, SOCK_STREAM);
	wait_again(test, in_recv, -1, EAGAIN);
}

static long in_read(struct test *test)
{
	char byte;

	return read(test->a, &byte, 1);
}
static void reads(struct test *test)
{
	make_limited(test, SOCK_STREAM);
	wait_again(test, in_read, -1, EAGAIN);
}

static long in_readv(struct test *test)
{
	char byte;
	struct iovec piece = {&byte, 1};

	return readv(test->a, &piece, 1);
}
static void readvs(struct test *test)
{
	make_limited(test, SOCK_STREAM);
	wait_again(test, in_readv, -1, EAGAIN);
}

static long in_preadv2(struct test *test)
{
	char byte;
	struct iovec piece = {&byte, 1};

	return preadv2(test->a, &piece, 1, -1, 0);
}
static void preadv2s(struct test *test)
{
	make_limited(test, SOCK_STREAM);
	wait_again(test, in_preadv2, -1, EAGAIN);
}

static long in_recvmmsg(struct test *test)
{
	char byte;
	struct iovec piece = {&byte, 1};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}};

	return recvmmsg(test->a, &message, 1, 0, NULL);
}
static void recvmmsgs(struct test *test)
{
	make_limited(test, SOCK_DGRAM);
	wait_again(test, in_recvmmsg, -1, EAGAIN);
}

/* Its limit is looked at when a message has come: that of the second is too late. */
static long in_recvmmsg_timed(struct test *test)
{
	uint32_t numbers[1000];
	struct iovec pieces[1000];
	struct mmsghdr messages[1000] = {0};
	struct timespec time = limit;

	for (int i = 0; i < 1000; i++) {
		pieces[i] = (struct iovec){&numbers[i], sizeof numbers[i]};
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	return recvmmsg(test->a, messages, 1000, 0, &time) > 0;
}
static void recvmmsgs_timed(struct test *test)
{
	pthread_t peer;

	if (!start_datagrams(test, &peer))
		return;
	wait_again(test, in_recvmmsg_timed, 1, 0);
	close(test->a);
	pthread_join(peer, NULL);
}

static void fill(struct test *test)
{
	while (send(test->a, pattern, 4096, MSG_DONTWAIT) > 0)
		;
	while (send(test->a, pattern, 1, MSG_DONTWAIT) > 0)
		;
}

static long in_send(struct test *test)
{
	return send(test->a, pattern, 100000, 0);
}
static void sends(struct test *test)
{
	make_limited(test, SOCK_STREAM);
	fill(test);
	wait_again(test, in_send, -1, EAGAIN);
}

static long in_limited_write(struct test *test)
{
	return write(test->a, pattern, 100000);
}
static void limited_writes(struct test *test)
{
	make_limited(test, SOCK_STREAM);
	fill(test);
	wait_again(test, in_limited_write, -1, EAGAIN);
}

static long in_accept(struct test *test)
{
	return accept(test->a, NULL, NULL);
}

static bool listen_limited(struct test *test, struct sockaddr_un *address)
{
	struct timeval time = {0, LIMIT_MS * 1000};

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "whole.%d.%s", getpid(),
		 test->name);
	test->a = socket(AF_UNIX, SOCK_STREAM, 0);
	test->b = socket(AF_UNIX, SOCK_STREAM, 0);
	setsockopt(test->a, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	setsockopt(test->b, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
	if (bind(test->a, (struct sockaddr *)address, sizeof *address) == 0 &&
	    listen(test->a, 0) == 0)
		return true;
	wrong(test, "no listener");
	return false;
}

static void accepts(struct test *test)
{
	struct sockaddr_un address;

	if (listen_limited(test, &address))
		wait_again(test, in_accept, -1, EAGAIN);
}

static long in_connect(struct test *test)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "whole.%d.%s", getpid(),
		 test->name);
	return connect(test->b, (struct sockaddr *)&address, sizeof address);
}
static void connects(struct test *test)
{
	struct sockaddr_un address;
	int first = socket(AF_UNIX, SOCK_STREAM, 0); /* fills the listener's queue */

	if (listen_limited(test, &address) &&
	    connect(first, (struct sockaddr *)&address, sizeof address) == 0)
		wait_again(test, in_connect, -1, EAGAIN);
}

static aio_context_t io_context;

static long in_io_getevents(struct test *test)
{
	struct io_event events[2];
	struct timespec time = limit;

	(void)test;
	return syscall(SYS_io_getevents, io_context, 1, 2, events, &time);
}
static void io_events(struct test *test)
{
	if (syscall(SYS_io_setup, 2, &io_context) == 0)
		wait_again(test, in_io_getevents, 0, 0);
}

static long in_io_uring(struct test *test)
{
	struct io_uring_getevents_arg argument = {.ts = (uintptr_t)&limit};

	return syscall(SYS_io_uring_enter, test->a, 0, 1,
		       IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument);
}
static void io_urings(struct test *test)
{
	struct io_uring_params parameters = {0};

	test->a = (int)syscall(SYS_io_uring_setup, 4, &parameters);
	if (test->a >= 0)
		wait_again(test, in_io_uring, -1, ETIME);
}

/* A child that only waits, and whose end is no work. */
static pid_t start_waiter(int (*then)(struct test *test), struct test *test)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause_ns(LIMIT_MS * 1000000l);
		syscall(SYS_exit_group, then ? then(test) : 0);
	}
	return pid;
}

static int send_one(struct test *test)
{
	struct {
		long type;
		char text[8];
	} message = {1, "x"};

	return msgsnd(test->a, &message, 1, 0) != 0;
}

static long in_msgrcv(struct test *test)
{
	struct {
		long type;
		char text[8];
	} message;
	pid_t pid = start_waiter(send_one, test);

	return msgrcv(test->a, &message, sizeof message.text, 0, 0) == 1 &&
			       waitpid(pid, NULL, 0) == pid
		       ? 0
		       : -1;
}
static void messages(struct test *test)
{
	test->a = msgget(IPC_PRIVATE, 0600);
	wait_again(test, in_msgrcv, 0, 0);
	msgctl(test->a, IPC_RMID, NULL);
}

static long in_flock(struct test *test)
{
	char path[40];
	pid_t pid;
	int other;

	snprintf(path, sizeof path, "/proc/self/fd/%d", test->a);
	other = open(path, O_RDWR);
	flock(other, LOCK_EX);
	pid = start_waiter(NULL, test); /* it has the lock too, and the last to close it ends it */
	close(other);
	if (flock(test->a, LOCK_EX) < 0 || flock(test->a, LOCK_UN) < 0 ||
	    waitpid(pid, NULL, 0) != pid)
		return -1;
	return 0;
}
static void flocks(struct test *test)
{
	test->a = memfd_create("lock", 0);
	wait_again(test, in_flock, 0, 0);
}

static long in_wait(struct test *test)
{
	pid_t pid = start_waiter(NULL, test);
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? 0 : -1;
}
static void waits(struct test *test)
{
	wait_again(test, in_wait, 0, 0);
}

static long in_vfork(struct test *test)
{
	static const struct timespec time = {0, LIMIT_MS * 1000000l};
	pid_t pid = vfork();

	(void)test;
	if (pid == 0) {
		nanosleep(&time, NULL);
		syscall(SYS_exit_group, 0);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}
static void vforks(struct test *test)
{
	wait_again(test, in_vfork, 0, 0);
}

/* -- calls without a limit, that another thread ends after that time -- */

struct waker {
	struct test *test;
	void (*wake)(struct waker *waker);
	pthread_t thread, sleeper;
	volatile bool is_awake;
};

static void *wake_later(void *argument)
{
	struct waker *waker = argument;

	pause_ns(LIMIT_MS * 1000000l);
	waker->wake(waker);
	return NULL;
}

/* The result of the call, which the waker ends. */
static long wait_for(struct test *test, long (*call)(struct test *test),
		     void (*wake)(struct waker *waker))
{
	struct waker waker = {.test = test, .wake = wake, .sleeper = pthread_self()};
	long result;
	int error;

	pthread_create(&waker.thread, NULL, wake_later, &waker);
	result = call(test);
	error = errno;
	waker.is_awake = true;
	pthread_join(waker.thread, NULL);
	errno = error;
	return result;
}

static void take_signal(int signal)
{
	(void)signal;
}

/* Again, if the signal came before the call. */
static void wake_by_signal(struct waker *waker)
{
	while (!waker->is_awake) {
		pthread_kill(waker->sleeper, SIGUSR2);
		for (int i = 0; i < 50 && !waker->is_awake; i++)
			pause_ns(STEP_NS);
	}
}

static long do_pause(struct test *test)
{
	(void)test;
	return pause();
}
static long in_pause(struct test *test)
{
	return wait_for(test, do_pause, wake_by_signal);
}
static void pauses(struct test *test)
{
	wait_again(test, in_pause, -1, EINTR);
}

static long do_sigsuspend(struct test *test)
{
	sigset_t set;

	(void)test;
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	sigdelset(&set, SIGUSR2);
	return sigsuspend(&set);
}
static long in_sigsuspend(struct test *test)
{
	return wait_for(test, do_sigsuspend, wake_by_signal);
}
static void sigsuspends(struct test *test)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	wait_again(test, in_sigsuspend, -1, EINTR);
}

static long do_msgsnd(struct test *test)
{
	char message[sizeof(long) + 8000] = {1};

	return msgsnd(test->a, message, 8000, 0);
}
static void take_message(struct waker *waker)
{
	char message[sizeof(long) + 8000];

	msgrcv(waker->test->a, message, 8000, 0, 0);
}
static long in_msgsnd(struct test *test)
{
	return wait_for(test, do_msgsnd, take_message);
}
static void msgsnds(struct test *test)
{
	char message[sizeof(long) + 8000] = {1};

	test->a = msgget(IPC_PRIVATE, 0600);
	while (msgsnd(test->a, message, 8000, IPC_NOWAIT) == 0)
		;
	wait_again(test, in_msgsnd, 0, 0);
	msgctl(test->a, IPC_RMID, NULL);
}

static long do_semop(struct test *test)
{
	struct sembuf down = {0, -1, 0};

	return semop(test->a, &down, 1);
}
static void raise_semaphore(struct waker *waker)
{
	struct sembuf up = {0, 1, 0};

	semop(waker->test->a, &up, 1);
}
static long in_semop(struct test *test)
{
	return wait_for(test, do_semop, raise_semaphore);
}
static void semops(struct test *test)
{
	test->a = semget(IPC_PRIVATE, 1, 0600);
	wait_again(test, in_semop, 0, 0);
	semctl(test->a, 0, IPC_RMID);
}

static long lock_range(int file, int command, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};

	return fcntl(file, command, &lock);
}
static long do_lock(struct test *test)
{
	return lock_range(test->a, F_OFD_SETLKW, F_WRLCK);
}
static void unlock(struct waker *waker)
{
	lock_range(waker->test->b, F_OFD_SETLK, F_UNLCK);
}
static long in_lock(struct test *test)
{
	long result;

	lock_range(test->b, F_OFD_SETLK, F_WRLCK);
	result = wait_for(test, do_lock, unlock);
	lock_range(test->a, F_OFD_SETLK, F_UNLCK);
	return result;
}
static void locks(struct test *test)
{
	char path[40];

	test->a = memfd_create("lock", 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", test->a);
	test->b = open(path, O_RDWR);
	wait_again(test, in_lock, 0, 0);
}

static int open_fifo(const struct test *test, int flags)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", test->a);
	return open(path, flags);
}
static long do_open(struct test *test)
{
	int fifo = open_fifo(test, O_RDONLY);

	if (fifo >= 0)
		close(fifo);
	return fifo < 0 ? -1 : 0;
}
static void open_other_end(struct waker *waker)
{
	int fifo = open_fifo(waker->test, O_WRONLY);

	if (fifo >= 0)
		close(fifo);
}
/* A new one each time: a child of another test may have the ends of the last one open. */
static long in_open(struct test *test)
{
	char path[60];
	long result;

	snprintf(path, sizeof path, "/tmp/whole.fifo.%d", getpid());
	test->a = mkfifo(path, 0600) == 0 ? open(path, O_PATH) : -1;
	unlink(path);
	result = wait_for(test, do_open, open_other_end);
	close(test->a);
	return result;
}
static void opens(struct test *test)
{
	wait_again(test, in_open, 0, 0);
}

static struct test tests[] = {
	{.name = "write to a pipe", .run = send_pipe},
	{.name = "writev to a pipe", .run = send_pieces},
	{.name = "pwritev2 to a pipe", .run = send_pieces2},
	{.name = "write to a socket", .run = send_socket},
	{.name = "writev to a socket", .run = send_socket_pieces},
	{.name = "send", .run = send_bytes},
	{.name = "sendmsg", .run = send_message},
	{.name = "sendmmsg", .run = send_messages},
	{.name = "sendfile", .run = send_file},
	{.name = "splice", .run = send_spliced},
	{.name = "tee", .run = tee_all},
	{.name = "copy_file_range", .run = copy_ranges},
	{.name = "recv with MSG_WAITALL", .run = receive_bytes},
	{.name = "recvmsg with MSG_WAITALL", .run = receive_message},
	{.name = "recvmmsg", .run = receive_messages},
	{.name = "read of /dev/zero", .run = read_zeros},
	{.name = "read of /dev/urandom", .run = read_random},
	{.name = "getrandom", .run = get_random},
	{.name = "epoll_wait", .run = epoll_waits},
	{.name = "epoll_pwait", .run = epoll_pwaits},
	{.name = "poll", .run = polls},
	{.name = "ppoll", .run = ppolls},
	{.name = "select", .run = selects},
	{.name = "nanosleep", .run = nanosleeps},
	{.name = "clock_nanosleep", .run = clock_nanosleeps},
	{.name = "futex", .run = futexes},
	{.name = "sigtimedwait", .run = sigtimedwaits},
	{.name = "semtimedop", .run = semtimedops},
	{.name = "recv with SO_RCVTIMEO", .run = recvs},
	{.name = "read with SO_RCVTIMEO", .run = reads},
	{.name = "readv with SO_RCVTIMEO", .run = readvs},
	{.name = "preadv2 with SO_RCVTIMEO", .run = preadv2s},
	{.name = "recvmmsg with SO_RCVTIMEO", .run = recvmmsgs},
	{.name = "recvmmsg with a limit", .run = recvmmsgs_timed},
	{.name = "send with SO_SNDTIMEO", .run = sends},
	{.name = "write with SO_SNDTIMEO", .run = limited_writes},
	{.name = "accept with SO_RCVTIMEO", .run = accepts},
	{.name = "connect with SO_SNDTIMEO", .run = connects},
	{.name = "io_getevents", .run = io_events},
	{.name = "io_uring_enter", .run = io_urings},
	{.name = "pause", .run = pauses},
	{.name = "sigsuspend", .run = sigsuspends},
	{.name = "msgsnd", .run = msgsnds},
	{.name = "semop", .run = semops},
	{.name = "fcntl with F_OFD_SETLKW", .run = locks},
	{.name = "open of a FIFO", .run = opens},
	{.name = "msgrcv", .run = messages, .forks = true},
	{.name = "flock", .run = flocks, .forks = true},
	{.name = "waitpid", .run = waits, .forks = true},
	{.name = "vfork", .run = vforks, .forks = true},
};
#define TESTS (sizeof tests / sizeof tests[0])

static void *run(void *argument)
{
	struct test *test = argument;

	test->run(test);
	return NULL;
}

/* How late a short sleep is: the machine may have other work. */
static void *measure_noise(void *unused)
{
	for (double turn = now() + 0.5; now() < end_time;) {
		double start = now(), late;

		pause_ns(STEP_NS);
		late = now() - start - STEP_NS / 1e9;
		if (late > noise)
			noise = late;
		measured++;
		if (start < turn)
			continue;
		turn = start + 0.5;
		noise_before = noise;
		noise = 0;
	}
	return unused;
}

static bool is_chosen(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 2;
}

/* A call that was late is called again: what it returns is looked at all the same. */
static void report(const struct test *test)
{
	if (test->wrong[0])
		printf("%s: %s\n", test->name, test->wrong);
	else if (test->late)
		printf("%s: %s\n", test->name, test->how_late);
	else
		printf("%s: as it should be\n", test->name);
	if (getenv("WHOLE_COUNTS"))
		fprintf(stderr, "%s: %ld calls, %ld late\n", test->name, test->calls, test->late);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	pthread_t threads[TESTS] = {0}, measurer;
	sigset_t set;
	int failed = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, take_signal);
	pattern = mmap(NULL, AMOUNT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < AMOUNT; i++)
		pattern[i] = (unsigned char)(i * 2654435761u >> 13);
	start_time = now();
	end_time = start_time + seconds;
	pthread_create(&measurer, NULL, measure_noise, NULL);
	for (size_t i = 0; i < TESTS; i++)
		if (is_chosen(tests[i].name, argc, argv))
			pthread_create(&threads[i], NULL, run, &tests[i]);
	for (size_t i = 0; i < TESTS; i++) {
		if (!threads[i])
			continue;
		pthread_join(threads[i], NULL);
		report(&tests[i]);
		failed += tests[i].wrong[0] || tests[i].late;
	}
	pthread_join(measurer, NULL);
	return failed > 0;
}
