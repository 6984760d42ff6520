/* Settings: which source wins, what is understood, what is refused and how it is told. Each test runs in an empty directory of its own. */
#include "app/config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define SECRET "0123456789abcdef0123456789abcdef"

static char where[64];

static int enter(void **state)
{
    (void)state;
    snprintf(where, sizeof where, "/tmp/suhbat-config-XXXXXX");
    clearenv();
    return mkdtemp(where) && chdir(where) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    unlink(".env"), unlink("suhbat.ini"), unlink("stderr"), unlink("data/suhbat.ini"), rmdir("data");
    return chdir("/") == 0 && rmdir(where) == 0 ? 0 : -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct config must_load(struct config_flags flags)
{
    struct config config;
    assert_int_equal(config_load(&flags, &config), fault_none);
    return config;
}

/* Loads what must be refused; gives what stood on standard error. */
static const char *refusal(struct config_flags flags)
{
    static char said[4096];
    struct config config;
    fflush(stderr);
    int keep = dup(2);
    assert_non_null(freopen("stderr", "w+", stderr));
    enum fault fault = config_load(&flags, &config);
    fflush(stderr);
    rewind(stderr);
    said[fread(said, 1, sizeof said - 1, stderr)] = '\0';
    dup2(keep, 2), close(keep);
    config_fini(&config);
    assert_int_equal(fault, fault_invalid);
    return said;
}

static const char *refused_env(const char *name, const char *value)
{
    setenv(name, value, 1);
    const char *said = refusal((struct config_flags){ 0 });
    unsetenv(name);
    return said;
}

static void assert_says(const char *said, const char *part)
{
    if (!strstr(said, part)) fail_msg("\"%s\" does not say \"%s\"", said, part);
}

static void standards(void **state)
{
    (void)state;
    struct config c = must_load((struct config_flags){ 0 });
    assert_string_equal(c.listen_address, "127.0.0.1");
    assert_int_equal(c.port, 8000);
    assert_true(c.is_loopback && c.is_sqlite && c.rate_limits);
    assert_string_equal(c.database_url, "sqlite:data/suhbat.db");
    assert_int_equal(c.bcrypt_cost, 12);
    assert_int_equal(c.access_ttl_s, 900);
    assert_int_equal(c.registration, registration_open);
    assert_true(c.n_loops >= 1);
    assert_false(c.trusts_lobby || c.conformance || c.secret.n || c.n_origins || c.n_trusted_proxies);
    config_fini(&c);
}

static void stronger_sources_win(void **state)
{
    (void)state;
    mkdir("data", 0700);
    write_file("data/suhbat.ini", "bcrypt_cost = 5\nloops = 3\n");
    write_file("suhbat.ini", "bcrypt_cost = 6\nPORT = 7000\n");
    struct config c = must_load((struct config_flags){ 0 });
    assert_int_equal(c.bcrypt_cost, 6);
    assert_int_equal(c.n_loops, 3);
    assert_int_equal(c.port, 7000);
    config_fini(&c);
    write_file(".env", "SUHBAT_BCRYPT_COST=7\nPORT=7001\n");
    c = must_load((struct config_flags){ 0 });
    assert_int_equal(c.bcrypt_cost, 7);
    assert_int_equal(c.port, 7001);
    config_fini(&c);
    setenv("SUHBAT_BCRYPT_COST", "8", 1), setenv("PORT", "7002", 1);
    c = must_load((struct config_flags){ 0 });
    assert_int_equal(c.bcrypt_cost, 8);
    assert_int_equal(c.port, 7002);
    config_fini(&c);
    c = must_load((struct config_flags){ .texts = { [setting_listen] = "127.0.0.2:9", [setting_loops] = "2" } });
    assert_string_equal(c.listen_address, "127.0.0.2");
    assert_int_equal(c.port, 9);
    assert_int_equal(c.n_loops, 2);
    config_fini(&c);
}

static void old_names_are_weaker_than_new_ones(void **state)
{
    (void)state;
    setenv("DATABASE_URL", "postgresql+asyncpg://u:p@db/new", 1), setenv("ACCESS_TOKEN_EXPIRE_MINUTES", "30", 1);
    setenv("CORS_ORIGINS", "http://localhost:3000,https://a.example", 1), setenv("SECRET_KEY", SECRET, 1);
    struct config c = must_load((struct config_flags){ 0 });
    assert_string_equal(c.database_url, "postgresql://u:p@db/new");
    assert_false(c.is_sqlite);
    assert_int_equal(c.legacy_ttl_s, 1800);
    assert_int_equal(c.n_origins, 2);
    assert_string_equal(c.origins[1].p, "https://a.example");
    assert_string_equal(c.secret.p, SECRET);
    config_fini(&c);
    write_file("suhbat.ini", "database = sqlite:x.db\n[anything]\nSUHBAT_ORIGINS = *\n");
    c = must_load((struct config_flags){ 0 });
    assert_string_equal(c.database_url, "sqlite:x.db");
    assert_int_equal(c.n_origins, 1);
    config_fini(&c);
}

static void dotenv_habits_are_understood(void **state)
{
    (void)state;
    write_file(".env", "# a comment\n\n  export SUHBAT_LISTEN=\"127.0.0.3:81\"  \nSUHBAT_WEB_ROOT='.'\nOTHER_PROGRAM=\"x\nSUHBAT_LOOPS=2 # two\n"
                       "    SECRET_KEY: str = \"" SECRET "; #\"\n    ACCESS_TOKEN_EXPIRE_MINUTES:int = 45\n    DEBUG: bool = True\nSUHBAT_ORIGINS=\n");
    struct config c;
    const char *said = refusal((struct config_flags){ 0 });
    assert_says(said, ".env:5: OTHER_PROGRAM: the quote is not closed");
    write_file(".env", "# a comment\n\n  export SUHBAT_LISTEN=\"127.0.0.3:81\"  \nSUHBAT_WEB_ROOT='.'\nOTHER_PROGRAM=\"x\"\nSUHBAT_LOOPS=2 # two\n"
                       "    SECRET_KEY: str = \"" SECRET "; #\"\n    ACCESS_TOKEN_EXPIRE_MINUTES:int = 45\n    DEBUG: bool = True\nSUHBAT_ORIGINS=\n");
    c = must_load((struct config_flags){ 0 });
    assert_string_equal(c.listen_address, "127.0.0.3");
    assert_int_equal(c.port, 81);
    assert_string_equal(c.web_root, ".");
    assert_int_equal(c.n_loops, 2);
    assert_string_equal(c.secret.p, SECRET "; #");
    assert_int_equal(c.legacy_ttl_s, 45 * 60);
    config_fini(&c);
}

static void long_lines_are_whole(void **state)
{
    (void)state;
    char line[2000] = "origins = ";
    for (int i = 0; i < 40; i++) sprintf(line + strlen(line), "%shttps://a-rather-long-name-%02d.example", i ? ", " : "", i);
    write_file("suhbat.ini", strcat(line, "\nloops = 2\n"));
    struct config c = must_load((struct config_flags){ 0 });
    assert_int_equal(c.n_origins, 40);
    assert_string_equal(c.origins[39].p, "https://a-rather-long-name-39.example");
    assert_int_equal(c.n_loops, 2);
    config_fini(&c);
}

static void wrong_lines_are_named(void **state)
{
    (void)state;
    write_file(".env", "A=1\nSUHBAT_BCRYPT_COST=20\n");
    assert_says(refusal((struct config_flags){ 0 }), "suhbat: .env:2: SUHBAT_BCRYPT_COST: not allowed; allowed: 4 to 15");
    write_file(".env", "SUHBAT_BCRIPT_COST=12\n");
    assert_says(refusal((struct config_flags){ 0 }), ".env:1: SUHBAT_BCRIPT_COST: no such setting");
    write_file(".env", "A=1\nthis is no pair\n");
    assert_says(refusal((struct config_flags){ 0 }), ".env:2: line: is neither");
    write_file(".env", "DATABASE_URL: str = f\"sqlite:///{BASE_DIR / 'data.db'}\"\n");
    assert_says(refusal((struct config_flags){ 0 }), ".env:1: DATABASE_URL: is a Python expression");
    unlink(".env");
    write_file("suhbat.ini", "[suhbat]\nlisten = here\nlissen = 1\n");
    const char *said = refusal((struct config_flags){ 0 });
    assert_says(said, "suhbat.ini:3: lissen: no such setting");
    assert_says(said, "suhbat.ini:2: listen: not allowed; allowed: a numeric address");
    unlink("suhbat.ini");
    assert_says(refused_env("SUHBAT_REGISTRATION", "maybe"), "environment: SUHBAT_REGISTRATION: not allowed; allowed: open, invite, closed");
    assert_says(refused_env("SUHBAT_NOTHING", "1"), "environment: SUHBAT_NOTHING: no such setting");
    assert_says(refusal((struct config_flags){ .texts = { [setting_loops] = "65" } }), "command line: --loops: not allowed");
    assert_says(refusal((struct config_flags){ .file = "absent.ini" }), "absent.ini: cannot be read");
    assert_says(refused_env("SUHBAT_TLS_CERT", "absent.pem"), "SUHBAT_TLS_CERT: cannot be read");
    assert_says(refused_env("SUHBAT_TLS_CERT", "/dev/null"), "together with the key");
    assert_says(refused_env("SUHBAT_TRUSTED_PROXIES", "10.0.0.0/33"), "SUHBAT_TRUSTED_PROXIES: not allowed");
}

static void secrets_are_weighed_and_never_printed(void **state)
{
    (void)state;
    const char *said = refused_env("SECRET_KEY", "short-one");
    assert_says(said, "SECRET_KEY: not allowed; allowed: at least 16 bytes");
    assert_null(strstr(said, "short-one"));
    assert_says(refused_env("SUHBAT_SECRET", "super_secret_key"), "public examples");
    said = refused_env("DATABASE_URL", "mongodb://user:hunter2@host/x");
    assert_says(said, "DATABASE_URL: not allowed; allowed: sqlite:PATH or postgresql://");
    assert_null(strstr(said, "hunter2"));
}

static void test_names_are_passed_over(void **state)
{
    (void)state;
    setenv("SUHBAT_TEST_POSTGRES", "x", 1), setenv("SUHBAT_BCRYPT_COST", "", 1);
    struct config c = must_load((struct config_flags){ 0 });
    config_fini(&c);
}

static void trust_beyond_loopback_is_told_twice(void **state)
{
    (void)state;
    setenv("SUHBAT_LEGACY_TRUST", "lobby", 1);
    struct config c = must_load((struct config_flags){ 0 });
    assert_true(c.trusts_lobby && !c.trusts_receipts && !c.trusts_desk);
    config_fini(&c);
    setenv("SUHBAT_LISTEN", "0.0.0.0:80", 1);
    assert_says(refusal((struct config_flags){ 0 }), "SUHBAT_LEGACY_TRUST_PUBLIC=on");
    setenv("SUHBAT_LEGACY_TRUST_PUBLIC", "on", 1);
    c = must_load((struct config_flags){ 0 });
    assert_true(c.trusts_lobby);
    config_fini(&c);
    setenv("SUHBAT_LEGACY_TRUST", "desk, receipts", 1);
    c = must_load((struct config_flags){ 0 });
    assert_true(c.trusts_desk && c.trusts_receipts && !c.trusts_lobby);
    config_fini(&c);
    assert_says(refused_env("SUHBAT_LEGACY_TRUST", "lobby, rooms"), "a comma list of: lobby, receipts, desk");
}

static void conformance_stays_on_loopback(void **state)
{
    (void)state;
    struct config c = must_load((struct config_flags){ .texts = { [setting_conformance] = "on", [setting_listen] = "[::1]:8001" } });
    assert_true(c.conformance && c.is_loopback);
    assert_string_equal(c.listen_address, "::1");
    config_fini(&c);
    assert_says(refusal((struct config_flags){ .texts = { [setting_conformance] = "on", [setting_listen] = "0.0.0.0:8001" } }),
                "--conformance: not allowed");
}

static void listen_forms(void **state)
{
    (void)state;
    struct arena *arena = arena_create(256, 1 << 16);
    const char *address;
    int port;
    assert_true(config_parse_listen(arena, "[::]:0", &address, &port));
    assert_int_equal(port, 0);
    assert_true(config_parse_listen(arena, "[fe80::1]:65535", &address, &port));
    assert_string_equal(address, "fe80::1");
    static const char *const wrong[] = { "", ":80", "localhost:80", "1.2.3.4:", "1.2.3.4", "::", "1.2.3.4:65536", "1.2.3.4:-1", "[::1", "[::1]80", "[::1]:", "1.2.3", "1.2.3.4:8x" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (config_parse_listen(arena, wrong[i], &address, &port)) fail_msg("understood %s", wrong[i]);
    assert_false(config_is_loopback("0.0.0.0"));
    assert_true(config_is_loopback("127.9.9.9"));
    arena_destroy(arena);
}

static void database_forms(void **state)
{
    (void)state;
    static const char *const forms[][2] = {
        { "sqlite:a.db", "sqlite:a.db" }, { "sqlite:///a/b.db", "sqlite:a/b.db" }, { "sqlite:////a/b.db", "sqlite:/a/b.db" },
        { "sqlite+aiosqlite:///./chat.db", "sqlite:./chat.db" }, { "postgres://h/d", "postgresql://h/d" },
        { "postgresql+psycopg2://u:p@h:5/d?x=y", "postgresql://u:p@h:5/d?x=y" },
    };
    static const char *const wrong[] = { "", "a.db", "sqlite:", "sqlite://", "sqlite:///:memory:", "mysql://h/d", "postgresql:h", "sqlite:///" };
    struct arena *arena = arena_create(256, 1 << 16);
    const char *url;
    bool is_sqlite;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_true(config_parse_database(arena, forms[i][0], &url, &is_sqlite));
        assert_string_equal(url, forms[i][1]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (config_parse_database(arena, wrong[i], &url, &is_sqlite)) fail_msg("understood %s", wrong[i]);
    arena_destroy(arena);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter, leave)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(standards), IN_DIRECTORY(stronger_sources_win), IN_DIRECTORY(old_names_are_weaker_than_new_ones),
        IN_DIRECTORY(dotenv_habits_are_understood), IN_DIRECTORY(long_lines_are_whole), IN_DIRECTORY(wrong_lines_are_named),
        IN_DIRECTORY(secrets_are_weighed_and_never_printed), IN_DIRECTORY(test_names_are_passed_over),
        IN_DIRECTORY(trust_beyond_loopback_is_told_twice), IN_DIRECTORY(conformance_stays_on_loopback), cmocka_unit_test(listen_forms),
        cmocka_unit_test(database_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
