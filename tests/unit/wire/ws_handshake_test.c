/* The accept key and the choice of permessage-deflate. */
#include "wire/ws.h"
#include "wire_test.h"

static void accept_key(void **state)
{
    char out[29];
    assert_true(ws_accept_key(SPAN("dGhlIHNhbXBsZSBub25jZQ=="), out)); /* RFC 6455 section 1.3 */
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    static const char *const bad[] = { "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQ  ", "dGhlIHNhbXBsZSBub25jZ===",
                                       "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==" };
    for (size_t i = 0; i < lengthof(bad); i++) {
        assert_false(ws_accept_key(span_of(bad[i]), out));
        assert_string_equal(out, "");
    }
}

#define PLAIN "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

static void assert_choice(const char *offers, const char *expected)
{
    char answer[WS_EXTENSIONS_MAX_BYTES];
    assert_int_equal(ws_choose_deflate(span_of(offers), answer), expected[0] != 0);
    assert_string_equal(answer, expected);
}

static void choice(void **state)
{
    assert_choice("permessage-deflate", PLAIN);
    assert_choice("permessage-deflate; client_max_window_bits", PLAIN);
    assert_choice("permessage-deflate;client_max_window_bits=10 ; server_no_context_takeover", PLAIN);
    assert_choice("permessage-deflate; server_max_window_bits=15", PLAIN "; server_max_window_bits=15");
    assert_choice("permessage-deflate; server_max_window_bits=\"15\"", PLAIN "; server_max_window_bits=15");
    assert_choice("x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover", PLAIN);
    assert_choice("permessage-deflate; server_max_window_bits=10, permessage-deflate", PLAIN);
}

static void no_choice(void **state)
{
    static const char *const offers[] = {
        "", ",", "permessage-bzip2", "permessage-deflate-x", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=015", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=", "permessage-deflate; client_max_window_bits=x", "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate;", "permessage-deflate; client_max_window_bits; client_max_window_bits",
    };
    for (size_t i = 0; i < lengthof(offers); i++) assert_choice(offers[i], "");
    assert_false(ws_choose_deflate((struct span){ 0 }, (char[WS_EXTENSIONS_MAX_BYTES]){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(accept_key), cmocka_unit_test(choice), cmocka_unit_test(no_choice) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
