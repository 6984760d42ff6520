/* bcrypt, its bounds, and hashes made elsewhere. */
#include "unit.h"
#include "chat/password.h"

static struct arena *arena;

static void what_was_hashed_matches(void **state)
{
    struct span one, two;
    assert_int_equal(password_hash(arena, SPAN("secret word"), 4, &one), fault_none);
    assert_int_equal(password_hash(arena, SPAN("secret word"), 4, &two), fault_none);
    assert_int_equal(one.n, 60);
    assert_memory_equal(one.p, "$2b$04$", 7);
    assert_false(span_eq(one, two));
    assert_true(password_matches(SPAN("secret word"), one) && password_matches(SPAN("secret word"), two));
    assert_false(password_matches(SPAN("secret worD"), one) || password_matches(SPAN(""), one) || password_matches(SPAN("secret word\0x"), one));
}

static void a_known_hash_of_another_program_matches(void **state)
{
    assert_true(password_matches(SPAN("U*U"), SPAN("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
    assert_false(password_matches(SPAN("U*V"), SPAN("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
}

static void the_seventy_third_byte_is_never_cut(void **state)
{
    char word[74];
    struct span hash;
    memset(word, 'x', sizeof word);
    assert_int_equal(password_check(span_make(word, 72)), fault_none);
    assert_int_equal(password_check(span_make(word, 73)), fault_too_large);
    assert_int_equal(password_hash(arena, span_make(word, 72), 4, &hash), fault_none);
    assert_true(password_matches(span_make(word, 72), hash));
    assert_false(password_matches(span_make(word, 73), hash));
    assert_int_equal(password_hash(arena, span_make(word, 73), 4, &hash), fault_internal);
}

static void passwords_have_a_least_length(void **state)
{
    assert_int_equal(password_check(SPAN("12345")), fault_invalid);
    assert_int_equal(password_check(SPAN("123456")), fault_none);
    assert_int_equal(password_check(SPAN("\xd1\x88\xd1\x88\xd1\x88")), fault_invalid);
    assert_int_equal(password_check(SPAN("secret\0")), fault_invalid);
    assert_int_equal(password_check(SPAN("\xff\xff\xff\xff\xff\xff")), fault_invalid);
}

static void costly_or_foreign_hashes_are_not_worked_on(void **state)
{
    struct span hash;
    assert_false(password_matches(SPAN("x"), SPAN("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
    assert_false(password_matches(SPAN("x"), SPAN("$2b$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
    assert_false(password_matches(SPAN("x"), SPAN("")) || password_matches(SPAN("x"), SPAN("*")));
    assert_false(password_matches(SPAN("x"), SPAN("$6$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
    assert_int_equal(password_hash(arena, SPAN("x"), 3, &hash), fault_internal);
    assert_int_equal(password_hash(arena, SPAN("x"), 16, &hash), fault_internal);
}

/* Hashes made by another program: hashlib.pbkdf2_hmac of Python. */
static void hashes_of_django_match_and_ask_to_be_made_anew(void **state)
{
    struct span hash = SPAN("pbkdf2_sha256$1000$0123456789abcdefABCDEF$qVMPyGTpKtZeA+7M7Zln/7YvL5mkynSi0FdTuEVI7xM=");
    assert_true(password_matches(SPAN("eski parol"), hash) && password_hash_fits(hash));
    assert_true(password_proves(SPAN("eski parol"), hash, 4));
    assert_false(password_matches(SPAN("eski paroL"), hash) || password_matches(SPAN(""), hash) || password_proves(SPAN("x"), hash, 4));
    assert_true(password_wants_upgrade(hash, 4) && password_wants_upgrade(SPAN("!"), 4));
    struct span cheap = SPAN("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    assert_true(password_wants_upgrade(cheap, 6));
    assert_false(password_wants_upgrade(cheap, 5) || password_wants_upgrade(cheap, 4));
}

static void broken_or_boundless_hashes_of_django_are_not_worked_on(void **state)
{
    static const char key[] = "qVMPyGTpKtZeA+7M7Zln/7YvL5mkynSi0FdTuEVI7xM=";
    static const char *const heads[] = { "pbkdf2_sha256$4000001$salt$", "pbkdf2_sha256$0$salt$", "pbkdf2_sha256$-1$salt$", "pbkdf2_sha256$1e3$salt$",
        "pbkdf2_sha256$1000$$", "pbkdf2_sha1$1000$salt$", "pbkdf2_sha256$1000$", "argon2$argon2id$v=19$", "" };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        assert_false(password_hash_fits(arena_printf(arena, "%s%s", heads[i], key)));
    assert_false(password_hash_fits(arena_printf(arena, "pbkdf2_sha256$1000$salt$%s=", key)));
    assert_false(password_hash_fits(arena_printf(arena, "pbkdf2_sha256$1000$salt$%.40s====", key)));
    assert_false(password_hash_fits(arena_printf(arena, "pbkdf2_sha256$1000$salt$*%s", key + 1)));
    assert_false(password_hash_fits(SPAN("!")) || password_hash_fits(SPAN("pbkdf2_sha256$1000$salt$")));
    assert_false(password_hash_fits(SPAN("pbkdf2_sha256$1000$salt$AAAA")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_was_hashed_matches), cmocka_unit_test(a_known_hash_of_another_program_matches),
                                        cmocka_unit_test(the_seventy_third_byte_is_never_cut), cmocka_unit_test(passwords_have_a_least_length),
                                        cmocka_unit_test(costly_or_foreign_hashes_are_not_worked_on),
                                        cmocka_unit_test(hashes_of_django_match_and_ask_to_be_made_anew),
                                        cmocka_unit_test(broken_or_boundless_hashes_of_django_are_not_worked_on) };
    arena = arena_create(1024, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(arena);
    return failed;
}
