/*
 * Where the snapshots of this process go: OUT/EXE.PID, found at the start, made when it is needed.
 * Path: cold. Threads: one at a time (run.c's lock). Memory: static.
 * Must not: follow links somebody else made in a directory that all may write to; it writes only in
 * a directory it has made itself.
 */
#ifndef SILT_RUN_DIRECTORY_H
#define SILT_RUN_DIRECTORY_H

#include <stdint.h>

#define RUN_PATH_MAX 4096u

/* Notes the number of the process, the working directory, the program's name and the absolute
 * SILT_OUT. */
void run_directory_find(uint32_t pid);
/* A run of the process `pid` begins, which has no directory yet. */
void run_directory_forget(uint32_t pid);
/* "" until it is made. */
const char *run_directory_path(void);
/* "" if it is not known. */
const char *run_directory_working(void);
/* Makes it if need be; a descriptor to close, or -errno. */
int run_directory_open(void);
/* Says on standard error that no snapshot can be written there. `reason` is the end of the line; it
 * is not used where the working directory is not known. */
void run_directory_say(const char *reason);

#endif
