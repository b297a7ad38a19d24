/*
 * Probes that measure now and then, in libuv.
 *
 * lasting: probes are replaced, but their timers never closed; closing: they are closed; work:
 * measurements in libuv's threads; results: the measurement's result is not freed. Libraries: libuv
 */
#include "rounds.h"
#include <uv.h>

struct probe {
	uv_timer_t timer;
	unsigned measured;
	unsigned char samples[256];
};

struct measurement {
	uv_work_t work;
	char *result;
};

static uv_loop_t loop;
static bool keep_results;
static unsigned long total;

static void probe_measure(uv_timer_t *timer)
{
	struct probe *probe = timer->data;

	probe->samples[probe->measured++ % sizeof probe->samples]++;
}

static void probe_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct probe *probe_place(void)
{
	struct probe *probe = checked(calloc(1, sizeof *probe));

	uv_timer_init(&loop, &probe->timer);
	probe->timer.data = probe;
	uv_timer_start(&probe->timer, probe_measure, 400, 400);
	return probe;
}

static void measurement_do(uv_work_t *work)
{
	struct measurement *measurement = work->data;

	measurement->result = checked(malloc(240));
	memset(measurement->result, 2, 240);
}

static void measurement_done(uv_work_t *work, int status)
{
	struct measurement *measurement = work->data;

	total += status == 0 ? (unsigned char)measurement->result[3] : 0;
	if (!keep_results)
		free(measurement->result);
	free(measurement);
}

static void measurement_queue(void)
{
	struct measurement *measurement = checked(calloc(1, sizeof *measurement));

	measurement->work.data = measurement;
	uv_queue_work(&loop, &measurement->work, measurement_do, measurement_done);
}

int main(int argc, char **argv)
{
	enum { LASTING, CLOSING, WORK, RESULTS };
	int mode = rounds_begin(argc, argv, "lasting closing work results");
	struct probe *placed[30] = {NULL};

	uv_loop_init(&loop);
	keep_results = mode == RESULTS;
	while (next_round()) {
		if (mode == WORK || mode == RESULTS) {
			measurement_queue();
			measurement_queue();
		} else {
			struct probe **place = &placed[rounds.number % 30];

			if (mode == CLOSING && *place)
				uv_close((uv_handle_t *)&(*place)->timer, probe_closed);
			if (mode == CLOSING || rounds.number % 2 == 0)
				*place = probe_place();
		}
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	printf("%lu\n", total);
	return 0;
}
