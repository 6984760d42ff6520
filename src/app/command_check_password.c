/* suhbat check-password: what the old password script did: hashes a password, checks the hash, and says how it stands to the limit of 72 bytes. */
#include "app/command.h"
#include "app/password_input.h"
#include "base/utf8.h"
#include "chat/account.h"
#include "chat/password.h"
#include <stdio.h>

#define CHECK_COST 12

static bool hash_is_known_again(struct span password)
{
    struct arena *arena = arena_create(512, 1 << 16);
    struct span hash;
    bool ok = password_hash(arena, password, CHECK_COST, &hash) == fault_none && password_matches(password, hash);
    arena_destroy(arena);
    return ok;
}

/* 0: fit to be used. 1: not. */
static int tell(struct span password)
{
    bool fits = password.n <= ACCOUNT_PASSWORD_MAX_BYTES;
    printf("bytes: %zu\n", password.n);
    printf("limit: %s %d bytes\n", fits ? "within" : "over", ACCOUNT_PASSWORD_MAX_BYTES);
    if (!fits) {
        puts("hash: not made: bcrypt would ignore what follows, so suhbat refuses such passwords");
        return 1;
    }
    if (password_check(password)) {
        printf("hash: not made: a password is UTF-8 of at least %d characters\n", PASSWORD_MIN_POINTS);
        return 1;
    }
    bool ok = hash_is_known_again(password);
    printf("hash: %s\n", ok ? "ok (bcrypt, cost 12, known again)" : "FAILED: the system's library does not do bcrypt");
    return ok ? EX_OK : EX_SOFTWARE;
}

int command_check_password(int argc, char **argv)
{
    struct password_input password;
    command_line_parse(&(struct command_line){ .doc = "Reads a password from standard input and tells whether it is fit to be used. Exit code 1: it is not." }, argc, argv);
    if (!password_input_read(&password)) {
        fprintf(stderr, "suhbat check-password: no password on standard input\n");
        return EX_DATAERR;
    }
    int code = tell(password_input_span(&password));
    password_input_wipe(&password);
    return code;
}
