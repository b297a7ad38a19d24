/*
 * Loads ncurses when the screen of `silt watch` is opened: no other command needs it.
 * Must not: be used before curses_load() has succeeded.
 */
#ifndef SILT_RENDER_CURSES_H
#define SILT_RENDER_CURSES_H

/* the macros of these names would call functions that are not linked */
#define NCURSES_NOMACROS
#include <ncurses.h>
#include <stdbool.h>

#define CURSES_LIBRARY "libncursesw.so.6"

#define CURSES_FUNCTIONS(X)                                                                        \
	X(COLOR_PAIR)                                                                              \
	X(attroff)                                                                                 \
	X(attron)                                                                                  \
	X(cbreak)                                                                                  \
	X(curs_set)                                                                                \
	X(endwin)                                                                                  \
	X(erase)                                                                                   \
	X(getch)                                                                                   \
	X(has_colors)                                                                              \
	X(init_pair)                                                                               \
	X(isendwin)                                                                                \
	X(keypad)                                                                                  \
	X(mvaddnwstr)                                                                              \
	X(mvhline)                                                                                 \
	X(mvprintw)                                                                                \
	X(newterm)                                                                                 \
	X(noecho)                                                                                  \
	X(printw)                                                                                  \
	X(refresh)                                                                                 \
	X(set_escdelay)                                                                            \
	X(start_color)                                                                             \
	X(timeout)                                                                                 \
	X(use_default_colors)

#define CURSES_MEMBER(name) __typeof__(name) *name;
struct curses_library {
	CURSES_FUNCTIONS(CURSES_MEMBER)
	/* LINES, COLS and stdscr of the manual */
	int *lines, *columns;
	WINDOW **screen;
};
#undef CURSES_MEMBER

/* name() of the manual is curses.name(). */
extern struct curses_library curses;

/* Returns false if ncurses is missing or too old. Stays loaded. */
bool curses_load(void);

#endif
