/*
 * What the files that write the graph's sections share: numbers, sections, places of addresses.
 * Path: cold. Threads: the twin. Memory: the file's.
 */
#ifndef SILT_GRAPH_WRITE_H
#define SILT_GRAPH_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "graph/state.h"
#include "snapshot/file.h"
#include "unwind/modules.h"

struct graph_writer {
	struct graph *graph;
	struct snapshot_file *file;
	const uint32_t *record_of;
	uint32_t site_count;
	/* of records in the section being written */
	uint64_t count;
};

static inline void graph_write_number(struct graph_writer *writer, uint64_t value)
{
	bytes_varint(&writer->file->bytes, value);
}

static inline void graph_write_begin(struct graph_writer *writer, uint32_t kind)
{
	snapshot_file_begin(writer->file, kind, 0);
	writer->count = 0;
}

static inline void graph_write_end(struct graph_writer *writer)
{
	snapshot_file_end(writer->file, writer->count);
}

/* The site's index in the section of sites, which has every site with a live block. */
static inline uint32_t graph_write_record(const struct graph_writer *writer, uint32_t site)
{
	return writer->record_of[site];
}

static inline bool graph_write_recorded(const struct graph_writer *writer, uint32_t site)
{
	return site <= writer->site_count && writer->record_of[site] != UINT32_MAX;
}

/* Converts an address in memory to one in its module's file. Returns module + 1; 0: in no
 * module. */
static inline uint32_t graph_write_place(const struct graph *graph, uint64_t *address)
{
	for (uint32_t i = graph->module_count; i-- > 0;) {
		const struct module *module = modules_get(i);

		if (!module->unloaded_ns &&
		    *address - module->start < module->end - module->start) {
			*address -= module->bias;
			return i + 1;
		}
	}
	return 0;
}

/* write_sites.c: writes the sections about the blocks of each site, from SILT_SECTION_VERDICTS to
 * SILT_SECTION_COUNTS. */
void graph_write_sites(struct graph_writer *writer);

#endif
