/*
 * silt soak: runs a program under load for a time, with snapshots, and judges them as `silt check`
 * does.
 */
#include "soak/soak.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "attach/attach.h"
#include "cli/gate_options.h"
#include "cli/process.h"
#include "cli/soak_options.h"
#include "commands/attach_to.h"
#include "commands/commands.h"
#include "gate/gate.h"
#include "soak/either_malloc.h"
#include "soak/launch.h"
#include "soak/visibility.h"
#include "util/mem.h"
#include "util/utf8.h"

static int conclude(struct gate_options *options, struct soak *soak)
{
	struct gate *gate = gate_options_judge(options, (char *[]){soak->directory, NULL});
	int status, tested = -1;

	if (soak->error)
		utf8_complain("silt soak: %s", soak->error);
	if (!gate)
		return 2;
	if (soak->early) {
		utf8_complain("silt soak: %s; %s", soak->early,
			      gate->status == 3 ? "that is too little to judge"
						: "judging what was recorded");
		if (gate->status == 3)
			gate_add_error(gate, soak->name, soak->early);
	}
	if (soak->error)
		gate_add_error(gate, soak->name, soak->error);
	soak_print_costs(soak, gate);
	either_malloc_tell("soak", soak->name, soak->directory, &(struct timespec){0});
	if (soak->leak_library)
		tested = soak_conclude_selftest(gate);
	status = gate_options_conclude(options, gate);
	return tested >= 0 && status < 2 ? tested : status;
}

static int begin_attached(const struct soak *soak)
{
	bool is_there =
		/* otherwise attach_to() reports it */
		kill(soak->attached, 0) == 0 || errno != ESRCH;

	if (is_there && !attach_same_files(soak->attached))
		return process_refuse("soak", soak->attached,
				      "it sees other files (a container): use silt attach, and "
				      "silt check on the run that it names");
	return attach_to("soak", soak->attached, (uint64_t)(soak->patience * 1e9), true);
}

static int run_soak(struct gate_options *options, struct soak *soak)
{
	int status;

	if (!soak_make_directory(soak))
		return 2;
	soak_set_defaults(soak);
	status = launch_prepare("soak", soak->directory, soak->leak_library);
	free(soak->directory);
	soak->directory = mem_string(launch_out());
	if (status == 0)
		status = soak->attached					      ? begin_attached(soak)
			 : visibility_before("soak", soak->program[0], false) ? 0
									      : 2;
	if (status == 0 && !soak_run(soak))
		status = 2;
	if (status) {
		rmdir(soak->directory); /* removes it only if nothing was written */
		return status;
	}
	/* --warmup counts from when the program was ready, the series from its start */
	if (soak->policy->warmup >= 0)
		soak->policy->warmup += soak->ready_seconds;
	return conclude(options, soak);
}

int soak_command(int argc, char **argv)
{
	struct soak_options options;
	int status = soak_options_read(&options, argc, argv);

	if (status < 0)
		status = run_soak(&options.gate, &options.soak);
	soak_options_free(&options);
	return status;
}
