/* Loads ncurses: see curses.h. */
#include "render/curses.h"

#include "util/library.h"

struct curses_library curses;

bool curses_load(void)
{
	void *library = library_open(CURSES_LIBRARY);
	bool complete = true;

#define FIND(name) complete = library_find(library, #name, &curses.name) && complete;
	CURSES_FUNCTIONS(FIND)
#undef FIND
	return library_find(library, "LINES", &curses.lines) &&
	       library_find(library, "COLS", &curses.columns) &&
	       library_find(library, "stdscr", &curses.screen) && complete;
}
