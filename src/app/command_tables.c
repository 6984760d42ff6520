/* suhbat tables: the names of the database's tables, one a line, in order. Reads only, so it runs beside a server. */
#include "app/command.h"
#include "store/store_open.h"
#include <stdio.h>

static enum fault print_tables(const struct config *config)
{
    struct store *store;
    struct span *names = NULL;
    size_t n = 0;
    enum fault fault = store_open(config->database_url, db_reader, &store);
    if (fault) return fault;
    fault = store_tables(store, config->arena, &names, &n);
    for (size_t i = 0; !fault && i < n; i++) printf(SPAN_FMT "\n", SPAN_ARG(names[i]));
    store_close(store);
    return fault;
}

int command_tables(int argc, char **argv)
{
    struct config_flags flags = { 0 };
    struct config config;
    command_line_parse(&(struct command_line){ .doc = "Prints the names of the database's tables.", .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    enum fault fault = print_tables(&config);
    if (fault) fprintf(stderr, "suhbat tables: the database cannot be read: %s\n", fault_word(fault));
    config_fini(&config);
    return command_exit_code(fault);
}
