/* preload/snapshot/writer.c against load/snapshot.c: what the one writes the other reads. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "annotations/annotations.h"
#include "base/rt.h"
#include "load/snapshot.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "snapshot/writer.h"
#include "suites.h"
#include "record/track.h"
#include "unwind/walks.h"

static struct track_thread *thread;

static __attribute__((noinline)) void allocate(uintptr_t address, uint64_t size)
{
	struct unwind_start here = UNWIND_HERE;

	track_self.guard = 1; /* as in an interposed function */
	track_allocated((const void *)address, size, &here);
	track_self.guard = 0;
}

/* A piece of a pool, as client_memory.c records it. */
static __attribute__((noinline)) void hand_out(uintptr_t address, uint64_t size)
{
	struct unwind_start here = UNWIND_HERE;
	struct annotations_piece replaced,
		piece = {.address = address, .size = size, .generation = 1, .pool = 0x100};

	track_self.guard = 1;
	piece.site = track_site(thread, &here);

	track_self.guard = 0;
	ck_assert_int_eq(annotations_piece_add(&piece, &replaced), 0);
	ck_assert(counters_allocated(&thread->counters, piece.site, track_weight(size), size, 0));
}

/* The writer leaves no bit uncovered; test_snapshot.c does the same with a heap graph. */
static void flip_every_bit(struct snapshot *snapshot)
{
	struct silt_header header;
	struct snapshot_error error;

	memcpy(&header, snapshot->data, sizeof header);
	for (uint64_t bit = 0; bit < header.file_size * 8; bit++) {
		snapshot->data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		ck_assert_msg(!snapshot_parse("FILE", snapshot->data, header.file_size, &error),
			      "bit %lu", (unsigned long)bit);
		snapshot->data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

static void record_blocks(void)
{
	struct block block;

	ck_assert(modules_start() && track_start());
	thread = rt_map(sizeof *thread);
	unwind_walk_init(&thread->walk);
	walks_init(&thread->walks);
	counters_register(&thread->counters);
	track_self.thread = thread;
	for (uintptr_t i = 0; i < 1000; i++)
		allocate(0x10000 + i * 64, i);
	for (uintptr_t i = 0; i < 1000; i += 4)
		ck_assert(track_freed((const void *)(0x10000 + i * 64), &block, false));
	track_self.ignoring = 1;
	allocate(0x8000000, 0);
	track_self.ignoring = 0;
	ck_assert(blocks_get((const void *)0x8000000, &block) && block.ignored == 1);
	ck_assert(track_freed((const void *)0x8000000, &block, false));
	allocate(0x8000000, 0);
	ck_assert(blocks_get((const void *)0x8000000, &block) && block.ignored == 0);
	ck_assert_int_eq(annotations_pool_add(0x100), 0);
	for (uintptr_t i = 0; i < 10; i++)
		hand_out(0x8000000 + i * 8, 8);
}

START_TEST(what_is_written_is_read)
{
	char directory[] = "/tmp/silt-unit.XXXXXX", path[64];
	struct snapshot_process process = {.pid = 42,
					   .start_unix_ns = 5,
					   .start_ns = rt_monotonic_ns(),
					   .directory = "/dir",
					   .host = "host",
					   .arguments = "one\0\0three",
					   .arguments_size = 10};
	struct snapshot_cause cause = {
		.trigger = SILT_TRIGGER_CALL, .label = "a label", .sequence = 3, .generation = 1};
	struct snapshot_error error;
	struct snapshot *snapshot;
	uint64_t live = 0, binned = 0;
	int fd;

	record_blocks();
	ck_assert_ptr_nonnull(mkdtemp(directory));
	fd = open(directory, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(snapshot_write(&process, &cause, fd, "0003.silt"), 0);
	snprintf(path, sizeof path, "%s/0003.silt", directory);
	snapshot = snapshot_load(path, &error);
	ck_assert_msg(snapshot != NULL, "%s", error.text);
	ck_assert_uint_eq(snapshot->process.pid, 42);
	ck_assert_uint_eq(snapshot->process.sequence, 3);
	ck_assert_uint_eq(snapshot->process.total_blocks, 1012);
	ck_assert_uint_eq(snapshot->process.live_blocks, 761);
	ck_assert_str_eq(snapshot->label, "a label");
	ck_assert_uint_eq(snapshot->argument_count, 3);
	ck_assert_str_eq(snapshot->arguments[1], "");
	ck_assert_str_eq(snapshot->arguments[2], "three");
	ck_assert_ptr_nonnull(strstr(snapshot->executable, "unit"));
	ck_assert_uint_gt(snapshot->process.rss_bytes + 1, 0);
	for (uint64_t i = 0; i < snapshot->site_count; i++) {
		live += snapshot_live_bytes(&snapshot->sites[i]);
		for (uint32_t bin = 0; bin < snapshot->sites[i].bin_count; bin++)
			binned += snapshot->bins[snapshot->sites[i].first_bin + bin].bytes;
	}
	ck_assert_uint_eq(live, 499500 - 124500 + 80);
	ck_assert_uint_eq(binned, live);
	flip_every_bit(snapshot);
	snapshot_free(snapshot);
	ck_assert_int_eq(snapshot_write(&process, &cause, -1, "0004.silt"),
			 -9); /* EBADF: nothing is left behind */
	unlink(path);
	close(fd);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

Suite *snapshot_write_suite(void)
{
	return suite_of("snapshot_write", (const TTest *const[]){what_is_written_is_read, NULL});
}
