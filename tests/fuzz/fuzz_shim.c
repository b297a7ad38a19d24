/*
 * Feeds what the library reads in a program it knows nothing of: requests to the control socket,
 * /proc/PID/smaps and maps, unwind tables and notes of a module, its variables. The first byte
 * chooses. Its system calls are answered from the input (-Wl,--wrap=rt_syscall).
 */
#include <stdio.h>
#include <stdlib.h>

#include "unwind/cfi.h"
#include "snapshot/mappings.h"
#include "unwind/rules.h"
#include "silt_units.h"
#include "record/track.h"

#include "control/helper_control.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
long __wrap_rt_syscall(long number, long a, long b, long c, long d, long e, long f);
long __real_rt_syscall(long number, long a, long b, long c, long d, long e, long f);

#define FUZZ_DESCRIPTOR 100000 /* of the input, as the library sees it */

static struct {
	const uint8_t *at, *end;
	unsigned answers;
} input;

/* Reads come in pieces, as from a socket or a file in /proc. */
static long give(char *buffer, size_t size)
{
	size_t left = (size_t)(input.end - input.at), piece = left ? *input.at % 64u + 1 : 0;

	if (piece > left)
		piece = left;
	if (piece > size)
		piece = size;
	memcpy(buffer, input.at, piece);
	input.at += piece;
	return (long)piece;
}

long __wrap_rt_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	switch (number) {
	case SYS_read:
	case SYS_recvfrom:
		return give((char *)b, (size_t)c);
	case SYS_accept4:
	case SYS_openat:
		return FUZZ_DESCRIPTOR;
	case SYS_close:
	case SYS_nanosleep:
		return 0;
	case SYS_getsockopt:
		memset((void *)d, 0, sizeof(struct ucred));
		return 0;
	case SYS_sendto:
		if (memchr((void *)b, 0, (size_t)c))
			abort();
		input.answers++;
		return c;
	default:
		return __real_rt_syscall(number, a, b, c, d, e, f);
	}
}

/* -- rooms that would bring the whole library with them -- */

struct helper_state helper;

void helper_read_heap(void)
{
}

void helper_set_timeout(uint64_t ns)
{
	(void)ns;
}

uint64_t helper_snapshot_timeout(bool graph)
{
	return graph;
}

void track_first_use(void)
{
}

long run_snapshot(const struct run_request *request, char path[RUN_PATH_MAX])
{
	if (request->label && strlen(request->label) > HELPER_MAX_LABEL + 16)
		abort();
	strcpy(path, "/out/program.1/0001.silt");
	return request->label ? -(long)(strlen(request->label) % 40) : 0;
}

bool run_end_begins(uint32_t cause)
{
	return cause != 0;
}

bool run_wants_graph(uint32_t trigger)
{
	return trigger == SILT_TRIGGER_ENDING;
}

uint32_t run_pid(void)
{
	return 1;
}

int run_directory(void)
{
	return -1;
}

void run_remove_empty(void)
{
}

/* -- */

static void request(void)
{
	helper.control_fd = 3;
	input.answers = 0;
	helper_accept();
	while (helper.clients[0].fd >= 0 && !helper.clients[0].waits)
		helper_serve(&helper.clients[0]);
	helper.clients[0].fd = -1;
	if (input.answers > 1)
		abort();
}

static void smaps(void)
{
	static const struct silt_header header;
	static struct snapshot_file file;

	file.section_count = 0;
	file.bytes.size = 0;
	file.strings.size = 0;
	bytes_add(&file.bytes, &header, sizeof header);
	mappings_write(&file, 1);
	if (file.section_count == 1 && file.sections[0].size % sizeof(struct silt_mapping) != 0)
		abort();
}

/* Code in no module: is it in an executable mapping? */
static void maps(const uint8_t *data, size_t size)
{
	uintptr_t key = 0;
	struct rule spare;

	memcpy(&key, data, size < 6 ? size : 6);
	rules_learn(key, &spare);
}

/* The tables end where the module does, and so does the memory. */
static void unwind_tables(const uint8_t *data, size_t size)
{
	unsigned char *tables = malloc(size + 1);
	struct module module = {.start = (uintptr_t)tables,
				.end = (uintptr_t)tables + size,
				.eh_frame_hdr = tables};
	uint32_t count = 0;

	if (!tables)
		abort();
	memcpy(tables, data, size);
	if (size >= 12)
		memcpy(&count, tables + 8, 4);
	cfi_rule(&module, module.start);
	cfi_rule(&module, module.end - 1);
	for (uint32_t i = 0; i < count && i < 50 && 12 + i * 8 + 4 <= size; i++) {
		int32_t offset;

		memcpy(&offset, tables + 12 + i * 8, 4);
		for (uintptr_t pc = 0; pc < 40; pc += 9)
			cfi_rule(&module, module.start + (uintptr_t)(intptr_t)offset + pc);
	}
	free(tables);
}

static void notes(const uint8_t *data, size_t size)
{
	unsigned char build_id[MODULES_BUILD_ID_MAX], *copy = malloc(size + 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (modules_build_id(copy, size, build_id) > sizeof build_id)
		abort();
	free(copy);
}

static void variables(const char *text)
{
	uint64_t number = 0, bytes = 0;

	rt_parse_number(text, &number);
	silt_units_size(text, &number);
	silt_units_time(text, &number);
	if (settings_signal(text) < 0 || settings_signal(text) > 64)
		abort();
	settings_graph_limit(text, &number, &bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	input.at = data + 1;
	input.end = data + size;
	switch (data[0] % 6) {
	case 0:
		request();
		break;
	case 1:
		smaps();
		break;
	case 2:
		maps(data + 1, size - 1);
		break;
	case 3:
		unwind_tables(data + 1, size - 1);
		break;
	case 4:
		notes(data + 1, size - 1);
		break;
	default:
		text = strndup((const char *)data + 1, size - 1);
		variables(text);
		free(text);
	}
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (int i = 0; i < HELPER_MAX_CLIENTS; i++)
		helper.clients[i].fd = -1;
	modules_start();
	track_start();
	return 0;
}
