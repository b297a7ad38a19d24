/*
 * The verdict of a gate, as data and in the formats that CI systems read.
 * Made by commands/check.c.
 * Must not: know a rule, or open files.
 */
#ifndef SILT_RENDER_GATE_H
#define SILT_RENDER_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/fingerprint.h"
#include "render/account.h"

struct gate_finding {
	char *executable;	 /* path */
	struct account *account; /* what it says */
	char fingerprint[FINGERPRINT_TEXT];
	double confidence, growth_bytes, bytes_per_second; /* sums over processes, the highest confidence */
	double fastest; /* bytes per second of the process in which it grows most */
	uint64_t live_bytes;
	uint64_t processes; /* that have it */
	char *excused;	    /* why it does not fail the gate; NULL: it does */
};

struct gate_program {
	char *executable;
	uint64_t runs, inconclusive; /* processes */
	uint64_t unrecorded;	     /* of the inconclusive, those that could not be recorded */
	uint64_t idle;		     /* of the inconclusive, those that allocated nothing */
	bool proves_nothing;	     /* too few of its processes could be judged */
	char *reason;		     /* why the last of these is inconclusive; NULL */
	uint64_t live_bytes;	     /* at the last snapshot of each */
	uint64_t recorder_first,
		recorder_last; /* bytes of our own in them, at the first and the last snapshot of each */
};

struct gate {
	const char *command;	       /* "check" or "soak" */
	struct gate_finding *findings; /* those that fail first, each group by rate */
	size_t finding_count;
	struct gate_program *programs;
	size_t program_count;
	char **notes;
	size_t note_count;
	int status; /* 0 clean, 1 findings, 2 an error, 3 inconclusive */
};

/* "text", "json", "junit", "sarif", "github", "gitlab", "tap"; NULL: no such format. `junit_file`: JUnit's file attributes, which
 * GitLab shows and a strict schema refuses. */
typedef void gate_renderer(FILE *file, const struct gate *gate, bool junit_file);
gate_renderer *gate_renderer_of(const char *format);

void gate_text(FILE *file, const struct gate *gate, bool junit_file);
void gate_tap(FILE *file, const struct gate *gate, bool junit_file);
void gate_github(FILE *file, const struct gate *gate, bool junit_file);
/* Markdown, for a job's summary page. */
void gate_markdown(FILE *file, const struct gate *gate);
void gate_json(FILE *file, const struct gate *gate, bool junit_file);
void gate_sarif(FILE *file, const struct gate *gate, bool junit_file);
void gate_gitlab(FILE *file, const struct gate *gate, bool junit_file);
void gate_junit(FILE *file, const struct gate *gate, bool junit_file);

/* "clean", "leaking", "error", "inconclusive" */
const char *gate_verdict(const struct gate *gate);
/* A source file as repositories name it, to be freed: without x/../, and relative to the root of the repository where it lies below:
 * GITHUB_WORKSPACE, CI_PROJECT_DIR, git's root around the working directory, or that. */
char *gate_relative(const char *file);
/* `text` in UTF-8 without control characters, to be freed. */
char *gate_clean(const char *text);

#endif
