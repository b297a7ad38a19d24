/* Takes over the terminal for `silt watch`, and gives it back: see screen.h. */
#include "render/screen.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "render/curses.h"

volatile sig_atomic_t screen_ended;
static SCREEN *terminal;
static int error_output = -1; /* standard error, saved while the screen is shown */

static void ask_to_end(int number)
{
	screen_ended = number;
}

/* Restores the terminal, then dies by the signal. */
static void end_badly(int number)
{
	curses.endwin();
	signal(number, SIG_DFL);
	raise(number);
}

void screen_end(void)
{
	if (terminal && !curses.isendwin())
		curses.endwin();
	if (error_output >= 0) {
		dup2(error_output, STDERR_FILENO);
		close(error_output);
		error_output = -1;
	}
}

/* Messages about symbols must not appear in the middle of the screen. */
static void silence(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	error_output = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (error_output >= 0 && null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
}

bool screen_begin(void)
{
	static const int polite[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT},
			 bad[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
	const char *type = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fputs("silt watch: needs a terminal; silt timeline and silt report print the "
		      "same\n",
		      stderr);
		return false;
	}
	if (!curses_load()) {
		fputs("silt watch: " CURSES_LIBRARY " cannot be loaded; install ncurses (package "
		      "libncursesw6), or use silt timeline and silt report, which print the same\n",
		      stderr);
		return false;
	}
	setlocale(LC_CTYPE, ""); /* LC_NUMERIC stays "C" */
	terminal = curses.newterm(type && type[0] ? type : "dumb", stdout, stdin);
	if (!terminal) {
		fprintf(stderr, "silt watch: TERM=%s: no such terminal is known\n",
			type ? type : "");
		return false;
	}
	atexit(screen_end);
	for (size_t i = 0; i < 4; i++) {
		signal(polite[i], ask_to_end);
		signal(bad[i], end_badly);
	}
	curses.cbreak();
	curses.noecho();
	curses.keypad(*curses.screen, TRUE);
	curses.set_escdelay(50);
	curses.curs_set(0);
	curses.timeout(200);
	if (curses.has_colors()) {
		curses.start_color();
		curses.use_default_colors();
		curses.init_pair(1, COLOR_RED, -1);
		curses.init_pair(2, COLOR_GREEN, -1);
		curses.init_pair(3, COLOR_CYAN, -1);
	}
	silence();
	return true;
}

int screen_key(void)
{
	return curses.getch();
}
