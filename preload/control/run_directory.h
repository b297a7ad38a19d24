/*
 * The directory of this process's snapshots: OUT/EXE.PID, determined at the start, created when
 * needed.
 * Path: cold. Threads: one at a time (run.c's lock). Memory: static.
 * Must not: follow a link that another user made in a world-writable directory, or write in a
 * directory that it has not created itself.
 */
#ifndef SILT_RUN_DIRECTORY_H
#define SILT_RUN_DIRECTORY_H

#include <stdint.h>

#define RUN_PATH_MAX 4096u

/* Notes the pid, the working directory, the program's name and the absolute SILT_OUT. */
void run_directory_find(uint32_t pid);
/* A run of the process `pid` begins, which has no directory yet. */
void run_directory_forget(uint32_t pid);
/* "" until it is created. */
const char *run_directory_path(void);
/* The working directory at the start; "" if unknown. */
const char *run_directory_working(void);
/* Opens the directory, and creates it if needed. Returns a descriptor that the caller closes, or
 * -errno. */
int run_directory_open(void);
/* Reports on standard error that no snapshot can be written. `reason`: the end of the message, not
 * used if the working directory is unknown. */
void run_directory_report(const char *reason);

#endif
