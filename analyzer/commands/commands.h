/*
 * The commands: each takes its own argv (argv[0] is the command's name) and returns the exit
 * status.
 */
#ifndef SILT_COMMANDS_COMMANDS_H
#define SILT_COMMANDS_COMMANDS_H

int run_command(int argc, char **argv);
int attach_command(int argc, char **argv);
int detach_command(int argc, char **argv);
int look_command(int argc, char **argv);
int snap_command(int argc, char **argv);
int top_command(int argc, char **argv);
int diff_command(int argc, char **argv);
int timeline_command(int argc, char **argv);
int report_command(int argc, char **argv);
int check_command(int argc, char **argv);
int fleet_command(int argc, char **argv);
int soak_command(int argc, char **argv);
int bisect_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int annotate_command(int argc, char **argv);
int lost_command(int argc, char **argv);
int holders_command(int argc, char **argv);
int refs_command(int argc, char **argv);
int generations_command(int argc, char **argv);
int watch_command(int argc, char **argv);
int html_command(int argc, char **argv);
int export_command(int argc, char **argv);
int serve_command(int argc, char **argv);
int push_command(int argc, char **argv);
int overhead_command(int argc, char **argv);
int dump_command(int argc, char **argv);

#endif
