/* Packets of Engine.IO: alone, and in rows. */
#include "wire/engine_packet.h"
#include "wire_test.h"

static void reads_one(void **state)
{
    struct engine_packet p;
    assert_true(engine_packet_read(SPAN("4hello"), &p));
    assert_int_equal(p.type, engine_packet_message);
    assert_false(p.is_binary);
    assert_span(p.data, "hello");
    assert_true(engine_packet_read(SPAN("2probe"), &p));
    assert_int_equal(p.type, engine_packet_ping);
    assert_span(p.data, "probe");
    static const char *const whole[] = { "0", "1", "2", "3", "4", "5", "6" };
    for (size_t i = 0; i < lengthof(whole); i++) {
        assert_true(engine_packet_read(span_of(whole[i]), &p));
        assert_int_equal(p.type, whole[i][0]);
        assert_int_equal(p.data.n, 0);
    }
    static const char *const bad[] = { "", "7", "a", "abc", "/", ":", " 4", "\x1e" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_false(engine_packet_read(span_of(bad[i]), &p));
}

static void reads_binary(void **state)
{
    struct engine_packet p;
    struct buf bytes;
    buf_init(&bytes, 64);
    assert_true(engine_packet_read(SPAN("bAQIDBA=="), &p));
    assert_true(p.is_binary);
    assert_int_equal(p.type, engine_packet_message);
    assert_true(engine_packet_bytes(&p, &bytes));
    assert_span(buf_span(&bytes), "\1\2\3\4");
    buf_clear(&bytes);
    assert_true(engine_packet_read(SPAN("b"), &p) && engine_packet_bytes(&p, &bytes));
    assert_int_equal(bytes.n, 0);
    static const char *const bad[] = { "bA", "bAQID!A==", "b====", "bAQ=DBA==" };
    for (size_t i = 0; i < lengthof(bad); i++) assert_false(engine_packet_read(span_of(bad[i]), &p) && engine_packet_bytes(&p, &bytes));
    buf_fini(&bytes);
}

static void walks_payloads(void **state)
{
    struct span rest = SPAN("4a\x1e" "2\x1e\x1e" "bAQ=="), text;
    assert_true(engine_payload_next(&rest, &text));
    assert_span(text, "4a");
    assert_true(engine_payload_next(&rest, &text));
    assert_span(text, "2");
    assert_true(engine_payload_next(&rest, &text));
    assert_int_equal(text.n, 0);
    assert_true(engine_payload_next(&rest, &text));
    assert_span(text, "bAQ==");
    assert_false(engine_payload_next(&rest, &text));
    rest = SPAN("");
    assert_true(engine_payload_next(&rest, &text));
    assert_int_equal(text.n, 0);
    assert_false(engine_payload_next(&rest, &text));
    rest = SPAN("4a\x1e");
    assert_true(engine_payload_next(&rest, &text));
    assert_true(engine_payload_next(&rest, &text));
    assert_int_equal(text.n, 0);
    assert_false(engine_payload_next(&rest, &text));
}

static void writes_payloads(void **state)
{
    struct buf payload;
    buf_init(&payload, 64);
    engine_payload_add_text(&payload, SPAN("4a"));
    engine_payload_add_binary(&payload, SPAN("\1\2\3\4"));
    engine_payload_add_text(&payload, SPAN("6"));
    assert_span(buf_span(&payload), "4a\x1e" "bAQIDBA==\x1e" "6");
    buf_fini(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_one), cmocka_unit_test(reads_binary), cmocka_unit_test(walks_payloads),
                                        cmocka_unit_test(writes_payloads) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
