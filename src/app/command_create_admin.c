/* suhbat create-admin: makes an administrator's account without a server. Uses the same verb as the rest of the house, on this thread.

   Runs beside a server too: the store keeps a second writer from checkpointing. The password belongs on standard input, because a command line is public;
   scripts of the old rooms give it there all the same, and then it is wiped from the line at once. `create_admin` is their name of it: it speaks
   their words (wire fact R-60), but never prints the password, and a name that exists already is no failure. */
#include "app/command.h"
#include "app/password_input.h"
#include "store/store_open.h"
#include <stdio.h>
#include <string.h>

struct wish {
    const char *username, *email;
    bool password_stdin, password_given, old;
    struct password_input password;
};

enum { key_username = 'u', key_password_stdin = 'p', key_password = 'P', key_email = 'e' };

static void take_password(struct wish *wish, char *arg)
{
    wish->password.n = strnlen(arg, PASSWORD_INPUT_MAX_BYTES);
    memcpy(wish->password.text, arg, wish->password.n);
    explicit_bzero(arg, strlen(arg));
    wish->password_given = true;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct wish *wish = state->input;
    switch (key) {
    case key_username: wish->username = arg; return 0;
    case key_email: wish->email = arg; return 0;
    case key_password: take_password(wish, arg); return 0;
    case key_password_stdin: wish->password_stdin = true; return 0;
    case ARGP_KEY_END:
        if (!wish->username && !wish->old) argp_error(state, "--username is missing");
        if (!wish->password_stdin && !wish->password_given) argp_error(state, "--password-stdin is missing: the password is read from the first line of standard input");
        if (wish->password_stdin && wish->password_given) argp_error(state, "--password and --password-stdin together make no sense");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int tell_as_of_old(const struct command *c, const char *username)
{
    bool exists = c->fault == fault_conflict && c->detail && strcmp(c->detail, "username") == 0;
    printf(exists ? "User \"%s\" already exists!\n" : "Successfully created admin user: \"%s\"\n", username);
    return EX_OK;
}

static int tell(const struct command *c, const struct wish *wish)
{
    const char *detail = c->detail ? c->detail : "";
    bool is_name = strcmp(detail, "username") == 0;
    if (wish->old && (c->fault == fault_none || (c->fault == fault_conflict && is_name))) return tell_as_of_old(c, wish->username);
    if (c->fault == fault_none) {
        printf("%s is an administrator now\n", wish->username);
        return EX_OK;
    }
    if (c->fault == fault_conflict && is_name)
        fprintf(stderr, "suhbat create-admin: the name is taken, by this name or by one that looks like it\n");
    else if (c->fault == fault_conflict)
        fprintf(stderr, "suhbat create-admin: another account has this address\n");
    else if (c->fault == fault_too_large)
        fprintf(stderr, "suhbat create-admin: %s is too long (a password has at most 72 bytes)\n", detail);
    else if (c->fault == fault_invalid)
        fprintf(stderr, "suhbat create-admin: this %s cannot be used\n", *detail ? detail : "name");
    else
        fprintf(stderr, "suhbat create-admin: %s %s\n", fault_word(c->fault), detail);
    return c->fault == fault_conflict ? EX_DATAERR : command_exit_code(c->fault);
}

static int provision(const struct config *config, const struct wish *wish)
{
    struct chat_rules rules = { .registration = registration_closed, .bcrypt_cost = config->bcrypt_cost };
    struct chat chat;
    struct store *store;
    enum fault fault = store_migrate(config->database_url);
    if (!fault) fault = store_open(config->database_url, db_writer, &store);
    if (fault) return command_exit_code(fault);
    struct command *c = command_create(command_account_provision, (struct actor){ 0 });
    c->in.account_provision = (struct account_provision_in){
        .site_admin = true, .as = { .who = { arena_copy(c->arena, span_of(wish->username)), password_input_span(&wish->password) },
                                    .email = wish->email ? arena_copy(c->arena, span_of(wish->email)) : SPAN(""), .no_session = true } };
    chat_init(&chat, &rules, store);
    chat_prepare(&chat, c);
    if (!c->fault)
        for (struct event *e = chat_write(&chat, &c, 1), *next; e; e = next) next = e->next, event_unref(e);
    int code = tell(c, wish);
    command_destroy(c);
    store_close(store);
    return code;
}

static int create(bool old, int argc, char **argv)
{
    static const struct argp_option options[] = {
        { .name = "username", .key = key_username, .arg = "U", .doc = "the name of the account" },
        { .name = "password-stdin", .key = key_password_stdin, .doc = "read the password from the first line of standard input" },
        { .name = "password", .key = key_password, .arg = "P", .doc = "the password; others on this machine may see it on the command line" },
        { .name = "email", .key = key_email, .arg = "E", .doc = "an e-mail address of the account" },
        { 0 },
    };
    struct wish wish = { .username = old ? "admin" : NULL, .old = old };
    struct config_flags flags = { 0 };
    struct config config;
    command_line_parse(&(struct command_line){ .doc = "Makes an administrator's account. The server may be running.", .options = options,
                                               .parse = take, .own = &wish, .flags = &flags }, argc, argv);
    int code = command_configure(&flags, &config);
    if (code != EX_OK) return code;
    if (config.is_sqlite) code = command_exit_code(data_dir_make(config.data_dir));
    if (code == EX_OK && wish.password_stdin && !password_input_read(&wish.password)) {
        fprintf(stderr, "suhbat create-admin: no password on standard input\n");
        code = EX_DATAERR;
    }
    if (code == EX_OK) code = provision(&config, &wish);
    password_input_wipe(&wish.password);
    config_fini(&config);
    return code;
}

int command_create_admin(int argc, char **argv)
{
    return create(false, argc, argv);
}

int command_create_admin_of_old(int argc, char **argv)
{
    return create(true, argc, argv);
}
