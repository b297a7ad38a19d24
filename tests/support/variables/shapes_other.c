/*
 * The other unit of shapes.c: what that one only declares, and names that it has too.
 */
#include "ask.h"

struct hidden {
	long number;
	void *known_there;
};

struct value { /* not the one of shapes.c */
	struct hidden *only_here;
};

static struct value s_holder[2]; /* nor this */
struct hidden *volatile g_kept;

void *shapes_other(void)
{
	ask_start();
	ask("s_holder struct value [2] shapes_other.c:15 16", s_holder, "%s", "");
	ask("s_holder[1].only_here->known_there", s_holder, " 8 8");
	__asm__ volatile("" ::"r"(s_holder) : "memory");
	return g_kept ? (void *)g_kept : (void *)s_holder[0].only_here;
}
