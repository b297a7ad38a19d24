#include "commands/commands.h"
int generations_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 2;
}
