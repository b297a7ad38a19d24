/*
 * silt dump: every record of a snapshot, for debugging.
 * Called by main.c's table.
 * Must not: symbolize; it shows what is stored.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "render/utf8.h"

static const char usage[] = "Usage: silt dump SNAP\n"
			    "\n"
			    "Prints every record of a snapshot file; silt-snapshot(5) describes them.\n";

/* The numbers of struct silt_process, 32 or 64 bits wide. */
#define FIELD(name)                                                                                          \
	{                                                                                                    \
#name, offsetof(struct silt_process, name), sizeof(((struct silt_process *)0)->name)         \
	}
static const struct {
	const char *name;
	size_t offset, size;
} process_fields[] = {
	FIELD(start_unix_ns),
	FIELD(time_unix_ns),
	FIELD(uptime_ns),
	FIELD(sequence),
	FIELD(pid),
	FIELD(ppid),
	FIELD(threads),
	FIELD(sample_bytes),
	FIELD(depth),
	FIELD(allocator),
	FIELD(live_bytes),
	FIELD(live_blocks),
	FIELD(total_bytes),
	FIELD(total_blocks),
	FIELD(freed_bytes),
	FIELD(freed_blocks),
	FIELD(peak_live_bytes),
	FIELD(generation),
	FIELD(generation_width),
	FIELD(rss_bytes),
	FIELD(anonymous_rss_bytes),
	FIELD(peak_rss_bytes),
	FIELD(virtual_bytes),
	FIELD(heap_time_ns),
	FIELD(heap_arena_bytes),
	FIELD(heap_mapped_bytes),
	FIELD(heap_used_bytes),
	FIELD(heap_free_bytes),
	FIELD(heap_free_chunks),
	FIELD(heap_trimmable_bytes),
	FIELD(overhead_bytes),
	FIELD(lost_records),
	FIELD(lost_sites),
	FIELD(lost_snapshots),
	FIELD(unknown_frees),
	FIELD(tracebacks),
	FIELD(tracebacks_cut),
	FIELD(tracebacks_failed),
	FIELD(tracebacks_guessed),
	FIELD(untraced_modules),
};

static void string(const char *name, const char *text)
{
	printf("  %s \"", name);
	utf8_print(stdout, text);
	puts("\"");
}

static void dump_process(const struct snapshot *snapshot)
{
	const struct silt_process *p = &snapshot->process;

	puts("process");
	string("executable", snapshot->executable);
	string("directory", snapshot->directory);
	string("host", snapshot->host);
	string("label", snapshot->label);
	printf("  trigger %u (%s)\n", p->trigger, snapshot_trigger_name(p->trigger));
	for (size_t i = 0; i < sizeof process_fields / sizeof process_fields[0]; i++) {
		const char *place = (const char *)p + process_fields[i].offset;
		uint32_t small;
		uint64_t value;

		if (process_fields[i].size == sizeof small) {
			memcpy(&small, place, sizeof small);
			value = small;
		} else {
			memcpy(&value, place, sizeof value);
		}
		printf("  %s %" PRIu64 "\n", process_fields[i].name, value);
	}
	for (uint64_t i = 0; i < snapshot->argument_count; i++)
		string("argument", snapshot->arguments[i]);
}

static void dump_modules(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];

		printf("module %" PRIu64 " 0x%" PRIx64 "-0x%" PRIx64 " bias 0x%" PRIx64 " text 0x%" PRIx64
		       "+0x%" PRIx64 " offset 0x%" PRIx64 " flags %u seen_ns %" PRIu64 " unloaded_ns %" PRIu64
		       " build_id ",
		       i, module->start, module->end, module->bias, module->text_start, module->text_size,
		       module->text_offset, module->flags, module->seen_ns, module->unloaded_ns);
		for (uint32_t byte = 0; byte < module->build_id_size; byte++)
			printf("%02x", module->build_id[byte]);
		fputs(module->build_id_size ? " " : "- ", stdout);
		utf8_print(stdout, module->path);
		putchar('\n');
	}
}

static void dump_tracebacks(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->pc_count; i++) {
		printf("pc %" PRIu64 " 0x%" PRIx64 " module ", i, snapshot->pcs[i].address);
		if (snapshot->pcs[i].module == SNAPSHOT_NO_MODULE)
			putchar('-');
		else
			printf("%u", snapshot->pcs[i].module);
		puts(snapshot->pcs[i].exact ? " exact" : "");
	}
	for (uint64_t i = 1; i <= snapshot->node_count; i++)
		printf("node %" PRIu64 " parent %u pc %u\n", i, snapshot->nodes[i].parent,
		       snapshot->nodes[i].pc);
}

static void dump_sites(const struct snapshot *snapshot)
{
	for (uint64_t i = 0; i < snapshot->site_count; i++) {
		const struct snapshot_site *site = &snapshot->sites[i];

		printf("site %" PRIu64 " node %u flags %u depth %" PRIu64 " total %" PRIu64 "/%" PRIu64
		       " freed %" PRIu64 "/%" PRIu64 " peak %" PRIu64 " first_ns %" PRIu64 " last_ns %" PRIu64
		       " size %" PRIu64 "-%" PRIu64,
		       i, site->node, site->flags, site->depth, site->total_blocks, site->total_bytes,
		       site->freed_blocks, site->freed_bytes, site->peak_live_bytes, site->first_ns,
		       site->last_ns, site->min_size, site->max_size);
		if (snapshot->process.sample_bytes)
			printf(" sampled %" PRIu64 " live %" PRIu64, site->sampled_blocks,
			       site->sampled_live_blocks);
		for (uint32_t bin = 0; bin < site->bin_count; bin++) {
			const struct snapshot_bin *b = &snapshot->bins[site->first_bin + bin];

			printf(" bin %" PRIu64 ":%" PRIu64 "/%" PRIu64, b->number, b->blocks, b->bytes);
		}
		putchar('\n');
	}
}

int dump_command(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct snapshot *snapshot;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option != 'h')
			return 2;
		fputs(usage, stdout);
		return 0;
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 2;
	}
	snapshot = options_load(argv[0], argv[optind], false);
	if (!snapshot)
		return 2;
	dump_process(snapshot);
	dump_modules(snapshot);
	dump_tracebacks(snapshot);
	dump_sites(snapshot);
	snapshot_free(snapshot);
	return 0;
}
