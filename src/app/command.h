/* The command line: `suhbat COMMAND [options]`. Each command has a file command_*.c and a row in main.c. */
#pragma once
#include "app/data_dir.h"
#include <argp.h>
#include <sysexits.h>

/* A command's own main: argv[0] is "suhbat COMMAND" for messages. Returns the exit code. */
int command_serve(int argc, char **argv);
int command_create_admin(int argc, char **argv);
int command_create_admin_of_old(int argc, char **argv);
int command_users(int argc, char **argv);
int command_rooms_list(int argc, char **argv);
int command_tables(int argc, char **argv);
int command_check_password(int argc, char **argv);
int command_import(int argc, char **argv);
int command_version(int argc, char **argv);

/* Parses one command's line: own options (may be NULL) beside those of the settings when flags is not NULL. Exits on --help and on mistakes (EX_USAGE). */
struct command_line {
    const char *doc;
    const char *args_doc; /* NULL: takes no arguments; otherwise parse gets them as ARGP_KEY_ARG */
    const struct argp_option *options; /* NULL: none */
    argp_parser_t parse;               /* NULL: none; its input is own */
    void *own;
    struct config_flags *flags; /* NULL: the command reads no settings */
};
void command_line_parse(const struct command_line *line, int argc, char **argv);

/* config_load, log_setup; what is wrong is printed. EX_OK or the exit code. */
int command_configure(const struct config_flags *flags, struct config *config);
/* The exit code that says what a fault of the database or of the data directory means. */
int command_exit_code(enum fault fault);
