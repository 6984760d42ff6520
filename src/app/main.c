/* suhbat COMMAND: finds the command and runs it. One thread until serve starts its own. */
#include "app/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *purpose;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "serve", "run the server", command_serve },
    { "create-admin", "make an administrator's account", command_create_admin },
    { "create_admin", "the same in the words of the old rooms", command_create_admin_of_old },
    { "import", "take over what an older system has kept", command_import },
    { "users", "list the users", command_users },
    { "rooms", "list the rooms", command_rooms_list },
    { "tables", "print the names of the database's tables", command_tables },
    { "check-password", "tell whether a password is fit to be used", command_check_password },
    { "version", "print the version", command_version },
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static void print_help(FILE *out)
{
    fprintf(out, "Usage: suhbat COMMAND [OPTION...]\nReal-time chat in one program, one data directory, one port.\n\nCommands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++) fprintf(out, "  %-16s %s\n", commands[i].name, commands[i].purpose);
    fprintf(out, "\n`suhbat COMMAND --help` tells a command's options.\n\n"
                 "Exit codes:\n"
                 "   0  done\n"
                 "   1  the answer is no (check-password)\n"
                 "  %d  the command line is wrong\n"
                 "  %d  the data given is refused (a name, a password, records of an import)\n"
                 "  %d  the database or the data directory cannot be used\n"
                 "  %d  a bug in suhbat\n"
                 "  %d  the system refuses something: an address in use, no more files\n"
                 "  %d  in use now: another suhbat has the data directory\n"
                 "  %d  a setting is wrong; the line is named on standard error\n",
            EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_SOFTWARE, EX_OSERR, EX_TEMPFAIL, EX_CONFIG);
}

static int run(size_t command, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "suhbat %s", commands[command].name);
    argv[0] = name;
    program_invocation_name = program_invocation_short_name = name;
    return commands[command].run(argc, argv);
}

int main(int argc, char **argv)
{
    argp_err_exit_status = EX_USAGE;
    for (size_t i = 0; argc > 1 && i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return run(i, argc - 1, argv + 1);
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)) {
        print_help(stdout);
        return EX_OK;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) return command_version(1, argv);
    if (argc > 1) fprintf(stderr, "suhbat: no such command: %s\n", argv[1]);
    print_help(stderr);
    return EX_USAGE;
}
