/*
 * Applies keys to the view of `silt watch`: see screen.h.
 * Must not: draw.
 */
#include "render/screen.h"

#include <string.h>

#include "model/statistics.h"
#include "render/curses.h"

static void type(struct screen_view *view, int key)
{
	size_t length = strlen(view->filter);

	if (key == 27) {
		view->filter[0] = 0;
		view->typing = false;
	} else if (key == '\n' || key == KEY_ENTER) {
		view->typing = false;
	} else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && length) {
		view->filter[length - 1] = 0;
	} else if (key >= ' ' && key < 127 && length + 1 < sizeof view->filter) {
		view->filter[length] = (char)key;
		view->filter[length + 1] = 0;
	}
	view->chosen = view->first = 0;
}

static void move_by(struct screen_view *view, long step)
{
	if (step < 0 && view->chosen < (size_t)-step)
		view->chosen = 0;
	/* may lie beyond the end: screen_draw() clamps it */
	else
		view->chosen += (size_t)step;
}

/* Returns true if the key moved the selection. */
static bool move_choice(struct screen_view *view, int key)
{
	long page = *curses.lines > SCREEN_HEAD + 2 ? *curses.lines - SCREEN_HEAD - 2 : 1;

	switch (key) {
	case KEY_UP:
	case 'k':
		move_by(view, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_by(view, 1);
		break;
	case KEY_PPAGE:
		move_by(view, -page);
		break;
	case KEY_NPAGE:
		move_by(view, page);
		break;
	case KEY_HOME:
		view->chosen = 0;
		break;
	case KEY_END:
		view->chosen = SIZE_MAX / 2;
		break;
	default:
		return false;
	}
	return true;
}

enum screen_action screen_act(struct screen_view *view, int key)
{
	if (view->help || view->details) {
		view->help = view->details = false;
		return key == 'q' || key == KEY_F(10) ? SCREEN_QUIT : SCREEN_NONE;
	}
	if (view->typing) {
		type(view, key);
		return SCREEN_NONE;
	}
	if (move_choice(view, key))
		return SCREEN_NONE;
	switch (key) {
	case 'q':
	case KEY_F(10):
		return SCREEN_QUIT;
	case '\n':
	case KEY_ENTER:
		view->details = true;
		break;
	case KEY_F(6):
	case '>':
	case 's':
		view->sort = (view->sort + 1) % SCREEN_SORTS;
		break;
	case 'g':
		view->key = view->key == KEY_MODULE ? KEY_LINE : view->key + 1;
		view->chosen = view->first = 0;
		return SCREEN_REGROUP;
	case KEY_F(4):
	case '/':
	case '\\':
		view->typing = true;
		break;
	case KEY_F(1):
	case 'h':
	case '?':
		view->help = true;
		break;
	case 'p':
		return SCREEN_PAUSE;
	case 't':
		return SCREEN_SNAPSHOT;
	default:
		break;
	}
	return SCREEN_NONE;
}
