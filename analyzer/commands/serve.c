/*
 * silt serve: serves the metrics of runs that grow over HTTP.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/metrics_options.h"
#include "commands/commands.h"
#include "serve/exposition.h"
#include "serve/http_server.h"
#include "util/mem.h"
#include "util/utf8.h"

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Blocks the signals except while the server waits, so that none is missed in between. */
static void take_signals(sigset_t *waiting)
{
	struct sigaction action = {.sa_handler = stop};
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigprocmask(SIG_BLOCK, &ours, waiting);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static bool find_page(void *argument, const char *path, struct http_page *page)
{
	if (strcmp(path, "/metrics") == 0) {
		page->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
		page->body = exposition_text(argument, &page->size);
		return true;
	}
	if (strcmp(path, "/") != 0)
		return false;
	page->type = "text/plain; charset=utf-8";
	page->body = mem_string("silt serve: /metrics\n");
	page->size = strlen(page->body);
	return true;
}

static int serve(const struct serve_options *options)
{
	const char *error;
	struct http_server *server = http_server_open(options->listen, &error);
	struct exposition *exposition;
	sigset_t waiting;

	if (!server) {
		utf8_complain("silt serve: --listen %s: %s", options->listen, error);
		return 2;
	}
	take_signals(&waiting);
	exposition = exposition_start(options->path, &options->labels);
	if (exposition) {
		fprintf(stderr, "silt serve: http://%s/metrics\n", http_server_address(server));
		http_server_run(server, find_page, exposition, &stopped, &waiting);
	} else {
		fputs("silt serve: no thread can be started\n", stderr);
	}
	http_server_close(server);
	return exposition ? 0 : 2;
}

int serve_command(int argc, char **argv)
{
	struct serve_options options;
	int status = serve_options_read(&options, argc, argv);

	/* the thread that looks for new snapshots reads the labels until the program ends */
	if (status < 0)
		return serve(&options);
	metrics_free_labels(&options.labels);
	return status;
}
