/*
 * Sends the snapshots of runs: which, and in which order.
 * Must not: know options, or how an engine wants a profile.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/stacks.h"
#include "push/attempts.h"
#include "push/push.h"
#include "push/sent.h"
#include "render/notes.h"
#include "render/written_view.h"
#include "util/http.h"
#include "util/mem.h"
#include "util/utf8.h"

struct sending {
	struct attempts attempts;
	struct profile_context *context;
	uint64_t sent;
	int status;
};

/* -- one snapshot -- */

struct one_profile {
	const struct push_target *target;
	const struct stacks *stacks;
};

static void send_profile(void *argument, struct http *connection, struct http_answer *answer)
{
	const struct one_profile *profile = argument;

	push_profile(connection, profile->target, profile->stacks, answer);
}

/* -- one run -- */

static char *application_of(const struct push_request *request, const struct snapshot *snapshot)
{
	char *name;

	if (request->target.application)
		return mem_string(request->target.application);
	name = mem_string(snapshot_program(snapshot));
	/* Pyroscope accepts no other characters */
	for (char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-.", *at))
			*at = '_';
	return name;
}

static const struct push_label *find_label(const struct push_request *request, const char *name)
{
	for (size_t i = 0; i < request->label_count; i++)
		if (strcmp(request->labels[i].name, name) == 0)
			return &request->labels[i];
	return NULL;
}

/* Returns the labels given, without empty ones, and host and instance if they are not given.
 * Free with push_free_labels(). */
static struct push_label *labels_of(const struct push_request *request,
				    const struct snapshot *snapshot, size_t *count)
{
	struct push_label *labels = mem_zeroed(request->label_count + 2, sizeof *labels);
	char *instance = mem_format("%s:%u", snapshot->host, snapshot->process.pid);
	const struct push_label added[] = {{(char[]){"host"}, snapshot->host},
					   {(char[]){"instance"}, instance}};

	*count = 0;
	for (size_t i = 0; i < request->label_count; i++)
		if (*request->labels[i].value)
			labels[(*count)++] =
				(struct push_label){mem_string(request->labels[i].name),
						    mem_string(request->labels[i].value)};
	for (size_t i = 0; i < 2; i++)
		if (!find_label(request, added[i].name) && *added[i].value &&
		    !push_check_label(request->target.engine, added[i].name, added[i].value))
			labels[(*count)++] = (struct push_label){mem_string(added[i].name),
								 mem_string(added[i].value)};
	free(instance);
	return labels;
}

void push_free_labels(struct push_label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(labels[i].name);
		free(labels[i].value);
	}
	free(labels);
}

/* Sends `new`. `old`: an earlier snapshot of the run to compare with, or NULL. */
static bool send_snapshot(const struct push_request *request, struct sending *so_far,
			  const struct snapshot *old, const struct snapshot *new)
{
	struct push_target target = request->target;
	char *application = application_of(request, new);
	struct push_label *labels = labels_of(request, new, &target.label_count);
	struct profile *old_profile =
		old ? profile_new(so_far->context, old, request->blame) : NULL;
	struct profile *new_profile = profile_new(so_far->context, new, request->blame);
	struct stacks *stacks = stacks_new(old_profile, new_profile, request->filters);
	bool sent;

	target.application = application;
	target.labels = labels;
	sent = attempts_make(&so_far->attempts, send_profile,
			     &(struct one_profile){&target, stacks});
	so_far->sent += sent;
	if (!sent)
		so_far->status = 1;
	stacks_free(stacks);
	profile_free(old_profile);
	profile_free(new_profile);
	push_free_labels(labels, target.label_count);
	free(application);
	return sent;
}

static void complain_input(struct sending *so_far, const char *text)
{
	utf8_complain("silt push: %s", text);
	so_far->status = 2;
}

/* Sends the snapshots after number `after`; the first is compared with that one, or the nearest
 * before it. A snapshot that is gone (--keep) is skipped. */
static void push_run(const struct push_request *request, struct sending *so_far,
		     struct run_dir *run)
{
	uint64_t after = request->new_only ? sent_read(run->path, so_far->attempts.shown_url) : 0,
		 count = so_far->sent;
	struct snapshot *old = NULL, *new;
	struct snapshot_error error;

	for (size_t i = 0; i < run->count; i++) {
		/* skips all sent snapshots but the last */
		if (i + 1 < run->count && run_dir_sequence(run->snapshots[i + 1]) <= after)
			continue;
		new = snapshot_load(run->snapshots[i], &error);
		if (!new) {
			if (access(run->snapshots[i], F_OK) == 0)
				complain_input(so_far, error.text);
			continue;
		}
		if (run_dir_sequence(run->snapshots[i]) > after) {
			if (!send_snapshot(request, so_far, old, new)) {
				snapshot_free(new);
				break;
			}
			if (request->new_only && !sent_write(run->path, so_far->attempts.shown_url,
							     run_dir_sequence(run->snapshots[i]))) {
				char *text = mem_format("%s: %s: what was sent cannot be noted",
							run->path, strerror(errno));

				complain_input(so_far, text);
				free(text);
			}
		}
		snapshot_free(old);
		old = new;
	}
	snapshot_free(old);
	written_view_print_sent(run->path, so_far->sent - count);
}

static void push_operand(const struct push_request *request, struct sending *so_far,
			 const char *operand)
{
	struct snapshot_error error;
	struct snapshot *snapshot;
	size_t count = 0;
	char **paths;

	if (!run_dir_is_directory(operand)) {
		snapshot = snapshot_load(operand, &error);
		if (!snapshot)
			complain_input(so_far, error.text);
		else if (send_snapshot(request, so_far, NULL, snapshot))
			written_view_print_sent(operand, 1);
		snapshot_free(snapshot);
		return;
	}
	paths = run_dir_all(operand, &count, &error);
	/* for a caller that looks every minute, a program that has just started is not an error */
	if (error.text[0] && !(request->new_only && (errno == 0 || errno == ENOENT)))
		complain_input(so_far, error.text);
	for (size_t i = 0; paths && i < count; i++) {
		struct run_dir *run =
			so_far->attempts.unreachable ? NULL : run_dir_open(paths[i], &error);

		if (run)
			push_run(request, so_far, run);
		else if (!so_far->attempts.unreachable)
			complain_input(so_far, error.text);
		run_dir_free(run);
		free(paths[i]);
	}
	free(paths);
}

int push_all(const struct push_request *request, char **operands)
{
	struct sending so_far = {.context = profile_context_new()};

	attempts_begin(&so_far.attempts, request, operands[0]);
	if (!so_far.attempts.connection)
		so_far.status = 2;
	for (operands++; *operands && so_far.attempts.connection && !so_far.attempts.unreachable;
	     operands++)
		push_operand(request, &so_far, *operands);
	attempts_end(&so_far.attempts);
	notes_print(so_far.context);
	profile_context_free(so_far.context);
	return so_far.status;
}
