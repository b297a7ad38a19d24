/* A module that holds what it is given: in a global, in a thread-local variable. */
void hold_global(void *block);
void hold_local(void *block);

static void *volatile global;
static __thread void *volatile local;

void hold_global(void *block)
{
	global = block;
}

void hold_local(void *block)
{
	local = block;
}
