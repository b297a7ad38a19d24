/* Reads the section about mapped memory: see mapped.h. */
#include "load/mapped.h"

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

#define LEAST_BYTES 7	 /* least bytes of a record */
#define UNMAPPER_BYTES 3 /* least bytes of an unmapper */

static uint32_t next_node(struct reader_varints *v)
{
	uint64_t node = reader_next(v);

	if (!v->bad && node > v->reader->snapshot->node_count)
		reader_fail_at(v, "no such node");
	return v->bad ? 0 : (uint32_t)node;
}

static bool read_unmappers(struct reader_varints *v, struct snapshot_mapped *mapped,
			   uint64_t *capacity)
{
	struct snapshot *snapshot = v->reader->snapshot;
	uint64_t count = reader_next(v);

	if (count > (uint64_t)(v->end - v->at) / UNMAPPER_BYTES)
		return reader_fail_at(v, "more call stacks that unmap than its bytes can hold");
	mapped->first_unmapper = snapshot->unmapper_count;
	for (; count > 0 && !v->bad; count--) {
		struct snapshot_unmapper unmapper = {.node = next_node(v)};

		unmapper.samples = reader_next(v);
		unmapper.weight = reader_next(v);
		MEM_GROW(snapshot->unmappers, snapshot->unmapper_count, *capacity);
		snapshot->unmappers[snapshot->unmapper_count++] = unmapper;
		mapped->unmapper_count++;
	}
	return !v->bad;
}

bool mapped_section_read(struct reader *reader)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t count, capacity = 0;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_MAPPED])
		return true; /* an older file */
	if (!reader_open(reader, SILT_SECTION_MAPPED, LEAST_BYTES, &v))
		return false;
	count = reader->sections[SILT_SECTION_MAPPED]->count;
	snapshot->has_mapped = true;
	snapshot->mapped = mem_zeroed(count + 1, sizeof *snapshot->mapped);
	for (; v.record < count; v.record++) {
		struct snapshot_mapped *mapped = &snapshot->mapped[v.record];

		mapped->node = next_node(&v);
		mapped->kinds = (uint32_t)reader_next(&v);
		mapped->total = reader_next(&v);
		mapped->total_bytes = reader_next(&v);
		mapped->live = reader_next(&v);
		mapped->live_bytes = reader_next(&v);
		if (!read_unmappers(&v, mapped, &capacity))
			return false;
		snapshot->mapped_count = v.record + 1;
	}
	return reader_close(&v);
}
