/*
 * What binds.c opens: it allocates and frees by the malloc that its own symbols lead to, and says
 * which of two functions of one name it sees.
 */
#include <stdlib.h>
#include <string.h>

int plugin_name(void);
int plugin_sees(void);
void plugin_keep(size_t count, size_t size);
void plugin_free(void *block);

static void *kept;

int plugin_name(void)
{
	return 2; /* binds.c has one, too: 1 */
}

int plugin_sees(void)
{
	return plugin_name();
}

void plugin_keep(size_t count, size_t size)
{
	while (count-- > 0) {
		void **block = malloc(size);

		if (!block)
			return;
		memset(block, 1, size);
		*block = kept;
		kept = block;
	}
}

void plugin_free(void *block)
{
	free(block);
}
