/* suhbat import: takes over what an older system has kept. The work is in src/import; here are its options, the lock of the data directory, and which
   database a dry run may look at. */
#include "app/command.h"
#include "app/file_store.h"
#include "app/scratch.h"
#include "import/import.h"
#include <stdio.h>
#include <unistd.h>

struct wish {
    struct import_wish import;
    const char *number, *source;
};

enum { key_media = 'm', key_dry = 'n', key_admins = 'a', key_same = 's', key_name = 'N' };

static const struct argp_option options[] = {
    { .name = "media", .key = key_media, .arg = "DIR", .doc = "where the files of 001 lie (its media directory)" },
    { .name = "dry-run", .key = key_dry, .doc = "write nothing; tell what would come, and what would not" },
    { .name = "administrators", .key = key_admins, .doc = "who was staff or superuser there is an administrator here (standard: an ordinary account)" },
    { .name = "same-people", .key = key_same, .doc = "an equal name or address is the same person (standard: another one, who gets a number behind the name)" },
    { .name = "name", .key = key_name, .arg = "NAME", .doc = "what this source is called, so that it is known again (standard: found out)" },
    { 0 },
};

static const char doc[] =
    "Takes over accounts, rooms, messages, files and reads of an older system. Stop the server first. It may be run again at any time: only what is not here "
    "yet is added.\v"
    "  000  the one-room chat           SOURCE: its SQLite file (chat.db)\n"
    "  001  the room chat               SOURCE: its SQLite file (db.sqlite3), with --media DIR\n"
    "  003  the chats with receipts     SOURCE: the URL of its PostgreSQL database\n"
    "  004  the support desk            SOURCE: a directory with chats.json and messages.json,\n"
    "                                   as mongoexport writes them (an object a line)\n\n"
    "Every record that is left out or changed has a line on standard error; the table at the end is on standard output. Exit code 65: something was left out; "
    "what came is here and stays. docs/import.md tells more.\n";

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct wish *wish = state->input;
    switch (key) {
    case key_media: wish->import.media = arg; return 0;
    case key_dry: wish->import.is_dry = true; return 0;
    case key_admins: wish->import.keeps_admins = true; return 0;
    case key_same: wish->import.same_people = true; return 0;
    case key_name: wish->import.name = arg; return 0;
    case ARGP_KEY_ARG:
        if (wish->source) argp_error(state, "one source at a time: %s", arg);
        if (wish->number) wish->source = arg;
        else if (import_kind_of(arg, &wish->import.kind)) wish->number = arg;
        else argp_error(state, "%s is none of 000, 001, 003, 004", arg);
        return 0;
    case ARGP_KEY_END:
        if (!wish->source) argp_error(state, "which system, and where is it? For example: 000 /var/lib/chat/chat.db");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- For real */

static int import_for_real(const struct config *config, struct import_wish *wish, bool *missing)
{
    enum fault fault = store_migrate(config->database_url);
    if (!fault) fault = file_store_open(config, &wish->files);
    if (!fault) fault = store_open(config->database_url, db_writer, &wish->store);
    if (!fault) fault = import_run(wish, missing);
    store_close(wish->store);
    files_destroy(wish->files);
    return command_exit_code(fault);
}

static int with_the_directory(const struct config *config, struct import_wish *wish, bool *missing)
{
    struct data_dir dir;
    enum fault fault = data_dir_open(config->data_dir, &dir);
    if (fault == fault_conflict) fprintf(stderr, "suhbat import: stop the server first\n");
    int code = fault ? command_exit_code(fault) : import_for_real(config, wish, missing);
    data_dir_close(&dir);
    return code;
}

/* ---- Dry */

/* NULL: there is nothing there that could be looked at. */
static enum fault open_present(const struct config *config, struct store **out)
{
    const char *path = config->is_sqlite ? strchr(config->database_url, ':') + 1 : NULL;
    struct arena *arena = arena_create(4096, 1 << 20);
    struct span *tables;
    size_t n = 0;
    bool current = true;
    enum fault fault = !arena ? fault_unavailable : path && access(path, F_OK) != 0 ? fault_none : store_open(config->database_url, db_reader, out);
    if (!fault && *out) fault = store_tables(*out, arena, &tables, &n);
    if (!fault && n) fault = store_version_is_current(*out, &current);
    if (!fault && !current) {
        fprintf(stderr, "suhbat import: the database here was made by another version of suhbat: start this one once, then try dry\n");
        fault = fault_unavailable;
    }
    if (fault || !n) store_close(*out), *out = NULL;
    if (arena) arena_destroy(arena);
    return fault;
}

static int import_dry(const struct config *config, struct import_wish *wish, bool *missing)
{
    struct scratch scratch = { 0 };
    enum fault fault = open_present(config, &wish->store);
    if (!fault && !wish->store) {
        fault = scratch_make(&scratch);
        if (!fault) fault = store_open(scratch.url, db_reader, &wish->store);
    }
    if (!fault) fault = import_run(wish, missing);
    store_close(wish->store);
    scratch_remove(&scratch);
    return command_exit_code(fault);
}

int command_import(int argc, char **argv)
{
    struct wish wish = { 0 };
    struct config_flags flags = { 0 };
    struct config config;
    bool is_sqlite = false, missing = false;
    command_line_parse(&(struct command_line){ .doc = doc, .args_doc = "000|001|003|004 SOURCE", .options = options, .parse = take, .own = &wish,
                                               .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    wish.import.source = wish.source;
    if (wish.import.kind == import_receipts && (!config_parse_database(config.arena, wish.source, &wish.import.source, &is_sqlite) || is_sqlite)) {
        fprintf(stderr, "suhbat import: the source of 003 is a URL: postgresql://USER@HOST/NAME\n");
        code = EX_USAGE;
    }
    if (code == EX_OK) code = wish.import.is_dry ? import_dry(&config, &wish.import, &missing) : with_the_directory(&config, &wish.import, &missing);
    config_fini(&config);
    return code == EX_OK && missing ? EX_DATAERR : code;
}
