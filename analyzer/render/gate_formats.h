/*
 * Writes the verdict of a gate in the formats that CI systems read.
 * Must not: apply a rule of diagnosis, open files.
 */
#ifndef SILT_RENDER_GATE_FORMATS_H
#define SILT_RENDER_GATE_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "gate/gate.h"

/* Returns the renderer of "text", "json", "junit", "sarif", "github", "gitlab" or "tap"; NULL:
 * no such format. `junit_file`: write JUnit's file attributes, which GitLab shows and a strict
 * schema refuses; the other formats ignore it. */
typedef void gate_renderer(FILE *file, const struct gate *gate, bool junit_file);
gate_renderer *gate_renderer_of(const char *format);

/* The renderers. Each writes the whole output of a gate. */
void gate_text(FILE *file, const struct gate *gate, bool junit_file);
void gate_tap(FILE *file, const struct gate *gate, bool junit_file);
void gate_github(FILE *file, const struct gate *gate, bool junit_file);
/* Writes Markdown for a job's summary page. */
void gate_markdown(FILE *file, const struct gate *gate);
void gate_json(FILE *file, const struct gate *gate, bool junit_file);
void gate_sarif(FILE *file, const struct gate *gate, bool junit_file);
void gate_gitlab(FILE *file, const struct gate *gate, bool junit_file);
void gate_junit(FILE *file, const struct gate *gate, bool junit_file);

/* Returns a source file as repositories name it: without x/../, and relative to the root of the
 * repository if the file lies below it. The root is GITHUB_WORKSPACE, CI_PROJECT_DIR, git's root
 * around the working directory, or the working directory. The caller frees the text. */
char *gate_relative(const char *file);

#endif
