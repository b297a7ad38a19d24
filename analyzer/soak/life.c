/*
 * Runs the program of a soak, from its start to the end of every process it left: see soak.h.
 * Must not: leave a process behind; judge.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach/attach.h"
#include "soak/launch.h"
#include "soak/recording.h"
#include "soak/shell.h"
#include "soak/soak.h"
#include "util/mem.h"
#include "util/monotonic.h"
#include "util/oom.h"
#include "util/processes.h"

#define TICK_NS 50000000L
#define RETRY_SECONDS 0.2     /* between two attempts to see whether the program is ready */
#define SNAPSHOT_PATIENCE 300 /* seconds; the last heap graph of a large program takes long */
#define DEFAULT_DURATION 60   /* seconds */
#define ALIVE_SECONDS 0.5     /* between two checks whether the attached process lives */
enum phase { GETTING_READY, RUNNING, STOPPING, GONE };

struct helper_time {
	pid_t pid;
	double cpu_seconds;
};

struct state {
	struct soak *soak;
	struct soak_watch watch;
	struct soak_seen seen;
	enum phase phase;
	/* process ids; 0: not running */
	pid_t program, load, ready;
	/* the output of --ready is shown once; --ready has ended at least once */
	bool ready_tried, ready_ended;
	int ready_status;
	/* the program has ended, but left processes that go on */
	bool ended, in_background;
	int status;
	double now, started, ready_at, phase_since, next_try, next_look, next_alive;
	bool killed;
	/* oom_kills() at the start */
	uint64_t oom_before;
	/* the kernel's OOM killer ended the program */
	bool out_of_memory;
	struct helper_time *helpers;
	size_t helper_count, helper_capacity;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	interrupted = number;
}

static void fail(struct state *s, char *error)
{
	if (s->soak->error)
		free(error);
	else
		s->soak->error = error;
}

static void enter(struct state *s, enum phase phase)
{
	s->phase = phase;
	s->phase_since = s->now;
	s->next_look = s->now + 1;
}

/* -- children -- */

static void start_program(struct state *s)
{
	int out = fcntl(1, F_DUPFD_CLOEXEC, 3);
	sigset_t mask;

	/* standard output is for the verdict */
	fflush(stdout);
	dup2(2, 1);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	s->program = launch_program("soak", s->soak->program, &mask);
	dup2(out, 1);
	close(out);
}

static void note_helper(struct state *s, const struct process *process)
{
	size_t i = 0;

	while (i < s->helper_count && s->helpers[i].pid != process->pid)
		i++;
	if (i == s->helper_count) {
		MEM_GROW(s->helpers, s->helper_count, s->helper_capacity);
		s->helpers[s->helper_count++].pid = process->pid;
	}
	s->helpers[i].cpu_seconds = process->cpu_seconds;
}

/* A helper is a child of its program. If process 1 or a subreaper has adopted a helper, it
 * cannot be attributed. */
static bool has_helper(const struct process *list, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].ours && list[i].parent == pid)
			return true;
	return false;
}

/* Sends a signal (0: none) to the processes that the program has started. Returns their number. */
static size_t program_left(struct state *s, int number)
{
	size_t count, left = 0;
	struct process *list =
		processes_below(s->soak->attached ? s->soak->attached : getpid(), &count);

	for (size_t i = 0; i < count; i++) {
		const struct process *process = &list[i];

		if (process->ours)
			note_helper(s, process);
		if (s->soak->attached || process->ours || process->zombie ||
		    process->pid == s->watch.judge || process->pid == s->ready ||
		    (s->ready && process->group == s->ready) ||
		    (s->load && process->group == s->load))
			continue;
		left++;
		if (s->phase < STOPPING)
			soak_seen_note(&s->seen, process->pid,
				       has_helper(list, count, process->pid), s->now);
		if (number)
			kill(process->pid, number);
	}
	free(list);
	return left;
}

/* Detaches from an attached process, which goes on. */
static void detach(struct state *s)
{
	struct attach_request request = {.pid = s->program,
					 .library = "",
					 .settings = "",
					 .settings_size = 1,
					 .timeout_ns = (uint64_t)(s->soak->patience * 1e9)};
	struct attach_answer answer;

	if (!attach_end(&request, &answer) && !s->ended)
		fail(s, mem_format("%s could not be detached from: %s", s->soak->name,
				   answer.refusal));
	attach_answer_free(&answer);
}

/* Stops the program itself first; stop() stops the processes that it leaves. */
static void begin_stop(struct state *s)
{
	s->soak->ran_seconds = s->ready_at > 0 ? s->now - s->ready_at : 0;
	if (s->soak->attached)
		detach(s);
	else
		soak_announce_stop(s->soak->directory); /* while the load still runs */
	s->now = monotonic_seconds();
	enter(s, STOPPING);
	soak_watch_end(&s->watch);
	shell_stop(s->load);
	shell_stop(s->ready);
	if (s->soak->attached)
		return;
	if (s->ended)
		program_left(s, s->soak->stop_signal);
	else
		kill(s->program, s->soak->stop_signal);
}

static void load_ended(struct state *s, int status)
{
	s->load = 0;
	if (s->phase != RUNNING)
		return;
	if (status != 0) {
		char *text = shell_status_text(status);

		fail(s, SHELL_NOT_RUN(status) ? mem_format("the load could not be run: %s (%s)",
							   s->soak->load, text)
					      : mem_format("the load ended with %s", text));
		free(text);
	}
	if (status != 0 || s->soak->duration < 0)
		begin_stop(s);
}

static void reap(struct state *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (pid == s->program) {
			s->ended = true;
			s->status = status;
			s->out_of_memory =
				recording_note_end(s->soak->directory, pid, status, s->oom_before);
		} else if (pid == s->load) {
			load_ended(s, status);
		} else if (pid == s->ready) {
			s->ready = 0;
			s->ready_status = status;
			s->ready_ended = true;
			if (s->phase == GETTING_READY && status == 0)
				s->ready_at = s->now;
		} else {
			soak_watch_reaped(&s->watch, pid);
		}
	}
	if (pid < 0 && errno == ECHILD && s->phase == STOPPING)
		enter(s, GONE);
}

/* -- phases -- */

static void try_ready(struct state *s)
{
	const char *port;
	char *host;

	if (!s->soak->ready) {
		s->ready_at = s->now;
		return;
	}
	if (s->now < s->next_try || s->ready)
		return;
	s->next_try = s->now + RETRY_SECONDS;
	host = soak_ready_host(s->soak->ready, &port);
	if (!host) {
		s->ready = shell_start(s->soak->ready, s->ready_tried);
		s->ready_tried = true;
		return;
	}
	if (soak_connects(host, port))
		s->ready_at = s->now;
	free(host);
}

/* Returns true if the program has ended by itself. That is a failure, unless it exited with
 * status 0 while it was soaked. */
static bool has_ended(struct state *s)
{
	char *text;

	if (s->soak->attached && !s->ended && s->now >= s->next_alive) {
		s->next_alive = s->now + ALIVE_SECONDS;
		s->ended = processes_has_ended(s->program);
	}
	if (!s->ended)
		return false;
	if (s->soak->attached) { /* only its parent gets its exit status */
		s->soak->early = mem_format("%s ended by itself after %.1f s", s->soak->name,
					    s->now - s->started);
		return true;
	}
	if (WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0) {
		if (s->in_background && s->now < s->next_look)
			return false;
		s->next_look = s->now + 1;
		s->in_background = program_left(s, 0) > 0;
		if (s->in_background)
			return false;
		if (s->phase == RUNNING) { /* it has finished its work */
			if (s->soak->duration >= 0)
				s->soak->early =
					mem_format("%s ended by itself after %.1f s, before "
						   "--duration was over",
						   s->soak->name, s->now - s->started);
			return true;
		}
	}
	text = shell_status_text(s->status);
	fail(s, SHELL_NOT_RUN(s->status)
			? mem_format("%s could not be run", s->soak->name)
			: mem_format("%s ended by itself after %.1f s with %s%s", s->soak->name,
				     s->now - s->started, text,
				     s->out_of_memory ? ": out of memory (OOM)" : ""));
	free(text);
	return true;
}

static void get_ready(struct state *s)
{
	try_ready(s);
	if (s->ready_at > 0) {
		enter(s, RUNNING);
	} else if (has_ended(s)) {
		begin_stop(s);
	} else if (s->ready_ended && SHELL_NOT_RUN(s->ready_status)) {
		fail(s, mem_format("--ready could not be run: %s (status %d)", s->soak->ready,
				   WEXITSTATUS(s->ready_status)));
		begin_stop(s);
	} else if (s->now - s->phase_since > s->soak->patience) {
		fail(s, soak_not_ready(s->soak, s->ready_ended ? &s->ready_status : NULL));
		begin_stop(s);
	}
}

static void go_on(struct state *s)
{
	const struct soak *soak = s->soak;
	double duration = soak->duration >= 0 ? soak->duration : DEFAULT_DURATION;

	if (has_ended(s) ||
	    ((soak->duration >= 0 || !soak->load) && s->now - s->phase_since >= duration))
		begin_stop(s);
	else if (soak->load && !s->load)
		s->load = shell_start(soak->load, false);
}

static bool is_crash(int status, int asked)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return number != asked && (number == SIGSEGV || number == SIGBUS || number == SIGABRT ||
				   number == SIGILL || number == SIGFPE);
}

/* Sends the stop signal to the processes that the program left, and SIGKILL once patience is
 * over. */
static void stop(struct state *s)
{
	double since = s->now - s->phase_since;

	if (s->now < s->next_look)
		return;
	s->next_look = s->now + 1;
	if (program_left(s, s->ended && !s->killed ? s->soak->stop_signal : 0) &&
	    since > s->soak->patience && !s->killed) {
		fail(s, mem_format("%s did not stop within %.0f s of signal %d and was killed",
				   s->soak->name, s->soak->patience, s->soak->stop_signal));
		s->killed = true;
		program_left(s, SIGKILL);
	}
	if (s->load && since > s->soak->patience)
		kill(-s->load, SIGKILL);
	if (since > s->soak->patience + SNAPSHOT_PATIENCE)
		enter(s, GONE);
}

static const char *phase_name(const struct state *s)
{
	return s->phase == GETTING_READY ? "starting"
	       : s->phase == RUNNING	 ? "soaking"
					 : "stopping";
}

static void set_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = interrupt}, before;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (sigaction(ends[i], NULL, &before) == 0 &&
		    !(ends[i] == SIGHUP && before.sa_handler == SIG_IGN)) /* nohup(1) */
			sigaction(ends[i], &action, NULL);
}

static void step(struct state *s)
{
	s->now = monotonic_seconds();
	reap(s);
	if (interrupted && s->phase < STOPPING) {
		fprintf(stderr,
			"silt soak: stopped early by signal %d; judging what was recorded\n",
			(int)interrupted);
		begin_stop(s);
	}
	if (s->phase == GETTING_READY)
		get_ready(s);
	else if (s->phase == RUNNING)
		go_on(s);
	else if (s->phase == STOPPING)
		stop(s);
	if (s->phase == RUNNING && s->now >= s->next_look && !s->ended) {
		program_left(s, 0); /* records the processor time of the helpers */
		s->next_look = s->now + 1;
	}
	if (s->phase < STOPPING)
		soak_watch_tick(&s->watch, s->soak, phase_name(s), s->now - s->started);
}

bool soak_run(struct soak *soak)
{
	struct state s = {.soak = soak};

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* adopts programs that go to the background */
	soak_watch_start(&s.watch);
	set_signals();
	s.started = s.phase_since = monotonic_seconds();
	s.oom_before = oom_kills();
	if (soak->attached)
		s.program = soak->attached;
	else
		start_program(&s);
	if (s.program < 0)
		return false;
	while (s.phase != GONE) {
		step(&s);
		nanosleep(&(struct timespec){0, TICK_NS}, NULL);
	}
	if (s.ended && is_crash(s.status, soak->stop_signal) && !soak->error) {
		char *text = shell_status_text(s.status);

		fail(&s, mem_format("%s crashed when it was stopped: %s", soak->name, text));
		free(text);
	}
	soak_seen_conclude(&s.seen, soak->directory);
	soak->was_ready = s.ready_at > 0;
	soak->ready_seconds = soak->was_ready ? s.ready_at - s.started : 0;
	if (!soak->error)
		soak->error = soak_cannot_write(soak->directory);
	for (size_t i = 0; i < s.helper_count; i++)
		soak->snapshot_cpu_seconds += s.helpers[i].cpu_seconds;
	free(s.helpers);
	return true;
}
