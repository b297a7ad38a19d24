#include "commands/commands.h"
int holders_command(int argc, char **argv) { (void)argc; (void)argv; return 2; }
