/* The proof of a form: every mask of the secret proves, nothing else does. */
#include "dialect/rooms/csrf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void make(char secret[CSRF_SECRET_CHARS + 1], unsigned char first)
{
    unsigned char hash[CSRF_SECRET_CHARS];
    for (int i = 0; i < CSRF_SECRET_CHARS; i++) hash[i] = (unsigned char)(first + 37 * i);
    csrf_secret(hash, secret);
}

static void a_secret_is_letters_and_digits(void **state)
{
    char secret[CSRF_SECRET_CHARS + 1], other[CSRF_SECRET_CHARS + 1];
    make(secret, 0), make(other, 1);
    assert_int_equal(strlen(secret), CSRF_SECRET_CHARS);
    assert_int_equal(strspn(secret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), CSRF_SECRET_CHARS);
    assert_string_not_equal(secret, other);
}

static void every_mask_proves_and_looks_different(void **state)
{
    char secret[CSRF_SECRET_CHARS + 1], other[CSRF_SECRET_CHARS + 1], token[CSRF_TOKEN_CHARS + 1], before[CSRF_TOKEN_CHARS + 1] = "";
    make(secret, 9), make(other, 10);
    for (int i = 0; i < 1000; i++) {
        csrf_mask(secret, token);
        assert_int_equal(strlen(token), CSRF_TOKEN_CHARS);
        assert_true(csrf_proves(span_of(token), secret));
        assert_false(csrf_proves(span_of(token), other));
        assert_string_not_equal(token, before);
        memcpy(before, token, sizeof token);
    }
    assert_true(csrf_proves(span_of(secret), secret));
    assert_false(csrf_proves(span_of(secret), other));
}

/* The mask as the old framework's pages knew it: 'b' + 'c' is 'd', and it goes round at the end. */
static void the_mask_is_an_addition_in_the_alphabet(void **state)
{
    char secret[CSRF_SECRET_CHARS + 1] = "cccccccccccccccccccccccccccccccc", token[CSRF_TOKEN_CHARS + 1];
    memset(token, 'b', 32), memset(token + 32, 'd', 32);
    token[0] = '9', token[32] = 'b';
    assert_true(csrf_proves(span_make(token, CSRF_TOKEN_CHARS), secret));
    token[32] = 'c';
    assert_false(csrf_proves(span_make(token, CSRF_TOKEN_CHARS), secret));
}

static void nothing_else_proves(void **state)
{
    char secret[CSRF_SECRET_CHARS + 1], token[CSRF_TOKEN_CHARS + 1];
    make(secret, 77);
    csrf_mask(secret, token);
    for (size_t n = 0; n < CSRF_TOKEN_CHARS; n++) assert_false(csrf_proves(span_make(token, n), secret));
    for (int i = 0; i < CSRF_TOKEN_CHARS; i++) {
        char was = token[i];
        for (int c = 0; c < 256; c++) {
            token[i] = (char)c;
            assert_int_equal(csrf_proves(span_make(token, CSRF_TOKEN_CHARS), secret), (char)c == was);
        }
        token[i] = was;
    }
    assert_false(csrf_proves((struct span){ 0 }, secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_secret_is_letters_and_digits), cmocka_unit_test(every_mask_proves_and_looks_different),
                                        cmocka_unit_test(the_mask_is_an_addition_in_the_alphabet), cmocka_unit_test(nothing_else_proves) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
