/*
 * Completes a system call that a stop has cut short, in the thread that made it. The thread
 * continues here, with a struct graph_rest on its stack below everything in use, and returns to
 * where the call would have returned, with the result of the whole call.
 * Path: cold. Threads: any of the program's, at any point. Memory: the thread's stack.
 * Must not: use vector registers or thread-local storage, which are the program's; change errno.
 *
 * The effect is as if the call had continued: a signal with a handler, or an error, ends it with
 * what was done so far. A handler that jumps out leaves nothing behind; unwinding from one (thread
 * cancellation) finds the caller by the unwind information below.
 */
#include "graph/stop.h"

#ifdef ARCH_CAN_REST

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "base/arch.h"

#define NO_VECTORS __attribute__((noinline)) /* compiled with -mgeneral-regs-only */

__attribute__((used)) NO_VECTORS uintptr_t graph_rest_do(const struct graph_rest *rest);

/*
 * The stack pointer points to the struct, with the fields sp at 64, pc at 72 and flags at 80.
 * Unwind information: the caller's stack pointer is the word at sp + 64 (DW_CFA_def_cfa_expression:
 * breg7 64, deref), the return address is at sp + 72 (DW_CFA_expression of register 16: breg7 72).
 * A system call leaves the pc in rcx and the flags in r11, so the code sets both.
 */
_Static_assert(offsetof(struct graph_rest, arguments) == 8 &&
		       offsetof(struct graph_rest, sp) == 64 &&
		       offsetof(struct graph_rest, pc) == 72 &&
		       offsetof(struct graph_rest, flags) == 80,
	       "offsets in the code below");
__asm__(".text\n"
	".p2align 4\n"
	".hidden graph_rest_enter\n"
	".globl graph_rest_enter\n"
	".type graph_rest_enter, @function\n"
	".cfi_startproc simple\n"
	".cfi_signal_frame\n"
	".cfi_escape 0x0f, 4, 0x77, 0xc0, 0x00, 0x06\n"
	".cfi_escape 0x10, 16, 3, 0x77, 0xc8, 0x00\n"
	".cfi_same_value 3\n"
	".cfi_same_value 6\n"
	".cfi_same_value 12\n"
	".cfi_same_value 13\n"
	".cfi_same_value 14\n"
	".cfi_same_value 15\n"
	"nop\n" /* an unwinder may look up the address before the function's first */
	"graph_rest_enter:\n"
	"mov %rsp, %rdi\n"
	"call graph_rest_do\n"
	"mov 8(%rsp), %rdi\n"
	"mov 16(%rsp), %rsi\n"
	"mov 24(%rsp), %rdx\n"
	"mov 32(%rsp), %r10\n"
	"mov 40(%rsp), %r8\n"
	"mov 48(%rsp), %r9\n"
	"mov 72(%rsp), %rcx\n"
	"mov 80(%rsp), %r11\n"
	"mov 64(%rsp), %rsp\n"
	".cfi_def_cfa 7, 0\n"
	".cfi_register 16, 2\n"
	"jmp *%rcx\n"
	".cfi_endproc\n"
	".size graph_rest_enter, .-graph_rest_enter\n");

static NO_VECTORS long do_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
			       uintptr_t e, uintptr_t f)
{
	register uintptr_t r10 __asm__("r10") = d;
	register uintptr_t r8 __asm__("r8") = e;
	register uintptr_t r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static NO_VECTORS uintptr_t plus(uintptr_t done, long more)
{
	return more > 0 ? done + (uintptr_t)more : done;
}

/* True if the descriptor has an error to report: the call ends, and the next one reports it. */
static NO_VECTORS bool has_failed(uintptr_t descriptor)
{
	struct pollfd poll = {(int)descriptor, 0, 0};

	return do_call(SYS_poll, (uintptr_t)&poll, 1, 0, 0, 0, 0) > 0;
}

static NO_VECTORS int socket_option(uintptr_t descriptor, uintptr_t option)
{
	int value = -1;
	uint32_t size = sizeof value;

	do_call(SYS_getsockopt, descriptor, SOL_SOCKET, option, (uintptr_t)&value, (uintptr_t)&size,
		0);
	return value;
}

static NO_VECTORS bool is_socket(uintptr_t descriptor)
{
	return socket_option(descriptor, SO_TYPE) >= 0;
}

/* -- bytes of a stream -- */

/* A send() that has sent a part raises no SIGPIPE if the peer then goes away; a write to a pipe
 * does. */
static NO_VECTORS long send_bytes(uintptr_t descriptor, uintptr_t start, uintptr_t size,
				  uintptr_t flags)
{
	if (!is_socket(descriptor))
		return do_call(SYS_write, descriptor, start, size, 0, 0, 0);
	if (has_failed(descriptor))
		return -EPIPE;
	return do_call(SYS_sendto, descriptor, start, size, flags | MSG_NOSIGNAL, 0, 0);
}

/* Sends the rest of the piece in which `done` bytes end. *first: the index of the piece after it;
 * -1: that failed. Returns the bytes sent in all. */
static NO_VECTORS uintptr_t finish_piece(uintptr_t descriptor, const struct iovec *pieces,
					 uintptr_t count, uintptr_t done, uintptr_t flags,
					 long *first)
{
	uintptr_t at = 0, left = done;
	long more;

	while (at < count && left >= pieces[at].iov_len)
		left -= pieces[at++].iov_len;
	*first = (long)at;
	if (at == count || left == 0)
		return done;
	more = send_bytes(descriptor, (uintptr_t)pieces[at].iov_base + left,
			  pieces[at].iov_len - left, flags);
	*first = plus(left, more) == pieces[at].iov_len ? (long)at + 1 : -1;
	return plus(done, more);
}

static NO_VECTORS uintptr_t send_pieces(const struct graph_rest *rest)
{
	uintptr_t fd = rest->arguments[0], count = rest->arguments[2], done;
	const struct iovec *pieces = (const struct iovec *)rest->arguments[1];
	struct msghdr message = {0};
	long first;

	done = finish_piece(fd, pieces, count, rest->done, 0, &first);
	if (first < 0 || (uintptr_t)first == count)
		return done;
	pieces += first;
	count -= (uintptr_t)first;
	if (!is_socket(fd))
		return plus(done,
			    do_call(rest->number, fd, (uintptr_t)pieces, count, rest->arguments[3],
				    rest->arguments[4], rest->arguments[5]));
	if (has_failed(fd))
		return done;
	message.msg_iov = (struct iovec *)pieces;
	message.msg_iovlen = count;
	return plus(done, do_call(SYS_sendmsg, fd, (uintptr_t)&message, MSG_NOSIGNAL, 0, 0, 0));
}

/* Ancillary data (descriptors, credentials) was sent with the first bytes. */
static NO_VECTORS uintptr_t send_message(uintptr_t descriptor, const struct msghdr *whole,
					 uintptr_t done, uintptr_t flags)
{
	struct msghdr message = {0};
	long first;

	done = finish_piece(descriptor, whole->msg_iov, whole->msg_iovlen, done, flags, &first);
	if (first < 0 || (size_t)first == whole->msg_iovlen || has_failed(descriptor))
		return done;
	message.msg_iov = whole->msg_iov + first;
	message.msg_iovlen = whole->msg_iovlen - (size_t)first;
	return plus(done, do_call(SYS_sendmsg, descriptor, (uintptr_t)&message,
				  flags | MSG_NOSIGNAL, 0, 0, 0));
}

static NO_VECTORS uintptr_t size_of(const struct msghdr *message)
{
	uintptr_t size = 0;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	return size;
}

/* `done` messages were sent, the last one perhaps only in part. */
static NO_VECTORS uintptr_t send_messages(const struct graph_rest *rest)
{
	struct mmsghdr *messages = (struct mmsghdr *)rest->arguments[1],
		       *last = &messages[rest->done - 1];
	uintptr_t fd = rest->arguments[0], count = rest->arguments[2], flags = rest->arguments[3];

	if (last->msg_len < size_of(&last->msg_hdr)) {
		last->msg_len = (unsigned)send_message(fd, &last->msg_hdr, last->msg_len, flags);
		if (last->msg_len < size_of(&last->msg_hdr))
			return rest->done;
	}
	if (rest->done == count || has_failed(fd))
		return rest->done;
	return plus(rest->done, do_call(SYS_sendmmsg, fd, (uintptr_t)(last + 1), count - rest->done,
					flags | MSG_NOSIGNAL, 0, 0));
}

/* -- what is received -- */

/* True if only the stop can have ended the call early. On other kinds of sockets it may have ended
 * at the end of a message, or at descriptors sent along. */
static NO_VECTORS bool receives_all(uintptr_t descriptor, uintptr_t flags)
{
	int domain = socket_option(descriptor, SO_DOMAIN);

	return socket_option(descriptor, SO_TYPE) == SOCK_STREAM && !(flags & MSG_PEEK) &&
	       (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) &&
	       !has_failed(descriptor);
}

static NO_VECTORS uintptr_t receive(const struct graph_rest *rest)
{
	const uintptr_t *a = rest->arguments;

	if (!receives_all(a[0], a[3]))
		return rest->done;
	return plus(rest->done,
		    do_call(SYS_recvfrom, a[0], a[1] + rest->done, a[2] - rest->done, a[3], 0, 0));
}

static NO_VECTORS uintptr_t receive_message(const struct graph_rest *rest)
{
	const struct msghdr *message = (const struct msghdr *)rest->arguments[1];
	uintptr_t fd = rest->arguments[0], done = rest->done, before = 0;

	if (!receives_all(fd, rest->arguments[2]) || socket_option(fd, SO_DOMAIN) == AF_UNIX)
		return done;
	for (size_t i = 0; i < message->msg_iovlen; before += message->msg_iov[i++].iov_len) {
		const struct iovec *piece = &message->msg_iov[i];
		long more;

		if (before + piece->iov_len <= done)
			continue;
		more = do_call(SYS_recvfrom, fd, (uintptr_t)piece->iov_base + (done - before),
			       piece->iov_len - (done - before), rest->arguments[2], 0, 0);
		done = plus(done, more);
		if (done < before + piece->iov_len)
			break;
	}
	return done;
}

#define RESTART 512 /* ERESTARTSYS, which no header for programs has */

/* The kernel has written the time left, if there is a timeout. It has left the error that ended the
 * call with the socket, for the next call to report: here, that it was interrupted. */
static NO_VECTORS uintptr_t receive_messages(const struct graph_rest *rest)
{
	const uintptr_t *a = rest->arguments;
	const struct timespec *left = (const struct timespec *)a[4];
	int error = has_failed(a[0]) ? socket_option(a[0], SO_ERROR) : 0;

	if (a[3] & MSG_WAITFORONE || (left && left->tv_sec <= 0 && left->tv_nsec <= 0) ||
	    (error && error != EINTR && error != RESTART))
		return rest->done;
	return plus(rest->done,
		    do_call(SYS_recvmmsg, a[0], a[1] + rest->done * sizeof(struct mmsghdr),
			    a[2] - rest->done, a[3], a[4], 0));
}

/* Makes a wait again with what is left of its timeout. */
static NO_VECTORS uintptr_t wait_on(const struct graph_rest *rest)
{
	struct pollfd poll = {(int)rest->arguments[0], POLLIN, 0};
	uintptr_t a[6];
	long result;

	if (rest->limit_argument == GRAPH_REST_SOCKET) {
		result = do_call(SYS_ppoll, (uintptr_t)&poll, 1, rest->limit, 0, 0, 0);
		if (result <= 0)
			return (uintptr_t)(result == 0 ? -EAGAIN : result);
	}
	for (uintptr_t i = 0; i < 6; i++)
		a[i] = i + 1 == rest->limit_argument ? rest->limit : rest->arguments[i];
	return (uintptr_t)do_call(rest->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* These have no end: the caller is to get all it asked for, whatever interrupted the call. */
static NO_VECTORS uintptr_t read_endless(const struct graph_rest *rest)
{
	const uintptr_t *a = rest->arguments;
	bool is_file = rest->number == SYS_read;
	uintptr_t size = is_file ? a[2] : a[1], done = rest->done;
	long more = 1;

	while (done < size && more > 0) {
		more = is_file ? do_call(SYS_read, a[0], a[1] + done, size - done, 0, 0, 0)
			       : do_call(SYS_getrandom, a[0] + done, size - done, a[2], 0, 0, 0);
		done = plus(done, more);
	}
	return done;
}

#define EVENT_SIZE 32u /* struct io_event, linux/aio_abi.h */

uintptr_t graph_rest_do(const struct graph_rest *rest)
{
	const uintptr_t *a = rest->arguments;
	uintptr_t done = rest->done;

	if (rest->limit_argument)
		return wait_on(rest);
	switch (rest->number) {
	case SYS_write:
		return plus(done, send_bytes(a[0], a[1] + done, a[2] - done, 0));
	case SYS_sendto:
		return plus(done, send_bytes(a[0], a[1] + done, a[2] - done, a[3]));
	case SYS_writev:
	case SYS_pwritev2:
		return send_pieces(rest);
	case SYS_sendmsg:
		return send_message(a[0], (const struct msghdr *)a[1], done, a[2]);
	case SYS_sendmmsg:
		return send_messages(rest);
	case SYS_sendfile: /* to a pipe it never sends more than there is room for */
		if (!is_socket(a[0]) || has_failed(a[0]))
			return done;
		return plus(done, do_call(SYS_sendfile, a[0], a[1], a[2], a[3] - done, 0, 0));
	case SYS_copy_file_range:
		return plus(done, do_call(SYS_copy_file_range, a[0], a[1], a[2], a[3], a[4] - done,
					  a[5]));
	case SYS_getrandom:
	case SYS_read:
		return read_endless(rest);
	case SYS_recvfrom:
		return receive(rest);
	case SYS_recvmsg:
		return receive_message(rest);
	case SYS_recvmmsg:
		return receive_messages(rest);
	case SYS_io_getevents: /* with a timeout, that may have ended it */
		if (a[4])
			return done;
		return plus(done, do_call(SYS_io_getevents, a[0], a[1] - done, a[2] - done,
					  a[3] + done * EVENT_SIZE, 0, 0));
	default:
		return done;
	}
}
#endif
