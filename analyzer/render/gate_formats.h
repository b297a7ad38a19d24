/*
 * The verdict of a gate in the formats that CI systems read.
 * Must not: know a rule, or open files.
 */
#ifndef SILT_RENDER_GATE_FORMATS_H
#define SILT_RENDER_GATE_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "gate/gate.h"

/* "text", "json", "junit", "sarif", "github", "gitlab", "tap"; NULL: no such format. `junit_file`:
 * JUnit's file attributes, which GitLab shows and a strict schema refuses. */
typedef void gate_renderer(FILE *file, const struct gate *gate, bool junit_file);
gate_renderer *gate_renderer_of(const char *format);

/* The renderers: the whole output of a gate, to the end. */
void gate_text(FILE *file, const struct gate *gate, bool junit_file);
void gate_tap(FILE *file, const struct gate *gate, bool junit_file);
void gate_github(FILE *file, const struct gate *gate, bool junit_file);
/* Markdown, for a job's summary page. */
void gate_markdown(FILE *file, const struct gate *gate);
void gate_json(FILE *file, const struct gate *gate, bool junit_file);
void gate_sarif(FILE *file, const struct gate *gate, bool junit_file);
void gate_gitlab(FILE *file, const struct gate *gate, bool junit_file);
void gate_junit(FILE *file, const struct gate *gate, bool junit_file);

/* A source file as repositories name it, to be freed: without x/../, and relative to the root of
 * the repository where it lies below: GITHUB_WORKSPACE, CI_PROJECT_DIR, git's root around the
 * working directory, or that. */
char *gate_relative(const char *file);

#endif
