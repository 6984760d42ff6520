/* suhbat tables: the names of the database's tables, one a line, in order. Reads only, so it runs beside a server. */
#include "app/command.h"
#include "store/db.h"
#include <stdio.h>

static enum fault print_tables(const char *url)
{
    struct db *db;
    struct db_rows rows;
    enum fault fault = db_open(url, db_reader, &db);
    if (fault) return fault;
    db_query(db, &rows, stmt_tables, NULL, 0);
    while (db_next(&rows)) {
        struct span name = db_col_text(&rows, 0);
        printf(SPAN_FMT "\n", SPAN_ARG(name));
    }
    fault = db_end(&rows);
    db_close(db);
    return fault;
}

int command_tables(int argc, char **argv)
{
    struct config_flags flags = { 0 };
    struct config config;
    command_line_parse(&(struct command_line){ .doc = "Prints the names of the database's tables.", .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    enum fault fault = print_tables(config.database_url);
    if (fault) fprintf(stderr, "suhbat tables: the database cannot be read: %s\n", fault_word(fault));
    config_fini(&config);
    return command_exit_code(fault);
}
