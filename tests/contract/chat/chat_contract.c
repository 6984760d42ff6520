/* The contract of the chat core, held on a real database: every command, its refusals, the sequences, the repeats, the replays, the failures.
   usage: chat_contract sqlite | postgres (DATABASE_URL says where; everything in it is dropped) */
#include "world.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], url[256];

static bool choose(const char *engine)
{
    const char *tmp = getenv("TMPDIR"), *given = getenv("DATABASE_URL");
    world_url = url;
    if (strcmp(engine, "postgres") == 0) return given && snprintf(url, sizeof url, "%s", given) < (int)sizeof url;
    snprintf(dir, sizeof dir, "%s/suhbat-chat.XXXXXX", tmp && strlen(tmp) < 30 ? tmp : "/tmp");
    return strcmp(engine, "sqlite") == 0 && mkdtemp(dir) && snprintf(url, sizeof url, "sqlite:%s/main.db", dir) > 0;
}

static void clean(void)
{
    char command[128];
    if (dir[0] && snprintf(command, sizeof command, "rm -rf '%s'", dir) > 0 && system(command)) perror("rm");
}

#define RUN(name) (failed += _cmocka_run_group_tests(#name, name##_cases, n_##name##_cases, NULL, NULL))

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc != 2 || !choose(argv[1])) return fprintf(stderr, "usage: chat_contract sqlite | postgres (with DATABASE_URL)\n"), 2;
    log_setup(log_error, log_logfmt);
    RUN(account);
    RUN(admin);
    RUN(profile);
    RUN(room);
    RUN(message);
    RUN(replay);
    RUN(search);
    RUN(mention);
    RUN(talk);
    RUN(reading);
    RUN(receipt);
    RUN(stranger);
    RUN(failure);
    RUN(file);
    RUN(guild);
    RUN(desk);
    RUN(desk_door);
    RUN(parcel);
    RUN(notify);
    clean();
    return failed != 0;
}
