/* suhbat version. */
#include "app/command.h"
#include <stdio.h>

int command_version(int argc, char **argv)
{
    command_line_parse(&(struct command_line){ .doc = "Prints the version of the program." }, argc, argv);
    puts("suhbat " SUHBAT_VERSION);
    return EX_OK;
}
