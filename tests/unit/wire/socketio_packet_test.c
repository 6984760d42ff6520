/* Packets of Socket.IO: heads, what the JSON must be, and cutting an event's arguments. */
#include "wire/socketio_packet.h"
#include "wire_test.h"

enum { most = 4 };

static struct socketio_packet read_good(const char *text)
{
    struct socketio_packet p;
    assert_int_equal(socketio_packet_read(span_of(text), most, &p), fault_none);
    return p;
}

static void reads_heads(void **state)
{
    struct socketio_packet p = read_good("0");
    assert_int_equal(p.type, socketio_type_connect);
    assert_span(p.namespace_name, "/");
    assert_int_equal(p.id, -1);
    assert_null(p.data.p);
    p = read_good("0/custom,{\"token\":1}");
    assert_span(p.namespace_name, "/custom");
    assert_span(p.data, "{\"token\":1}");
    p = read_good("1/custom");
    assert_int_equal(p.type, socketio_type_disconnect);
    assert_span(p.namespace_name, "/custom");
    p = read_good("2/a,12[\"x\"]");
    assert_int_equal(p.id, 12);
    assert_span(p.data, "[\"x\"]");
    p = read_good("2/,[\"x\"]");
    assert_span(p.namespace_name, "/");
    p = read_good("29007199254740991[\"x\"]");
    assert_int_equal(p.id, SOCKETIO_ID_MAX);
    p = read_good("52-/a,7[\"x\"]");
    assert_int_equal(p.type, socketio_type_binary_event);
    assert_int_equal(p.n_attachments, 2);
    assert_int_equal(p.id, 7);
    p = read_good("60-[]");
    assert_int_equal(p.type, socketio_type_binary_acknowledgement);
    assert_int_equal(p.n_attachments, 0);
}

static void refuses_heads(void **state)
{
    static const char *const bad[] = { "", "7", "a", "abc", "-", "5", "5-[]", "52[]", "5a-[]", "5-1-[]", "29007199254740992[\"x\"]",
                                       "5111111111111111111-[]", "299999999999999999999[]" };
    struct socketio_packet p;
    for (size_t i = 0; i < lengthof(bad); i++) assert_int_equal(socketio_packet_read(span_of(bad[i]), most, &p), fault_invalid);
    assert_int_equal(socketio_packet_read(SPAN("55-[]"), most, &p), fault_too_large);
    assert_int_equal(socketio_packet_read(SPAN("54-[]"), most, &p), fault_none);
}

static bool is_valid(const char *text)
{
    struct socketio_packet p = read_good(text);
    struct json j = { 0 };
    if (p.data.p && json_parse(&j, p.data, p.data.n) != fault_none) return false;
    bool valid = socketio_packet_is_valid(&p, j.root);
    if (j.doc) json_done(&j);
    return valid;
}

static void looks_at_json(void **state)
{
    static const char *const good[] = { "0", "0{}", "0/a,{\"b\":[1]}", "1", "2[\"x\"]", "2[\"x\",1,{\"a\":[true]}]", "2[1]", "2[-1.5,2]", "2", "21", "3[]", "31[1,2]",
        "4\"no\"", "4{\"message\":\"no\"}", "2[\"x\",{\"_placeholder\":true,\"num\":9}]", "51-[\"x\",{\"_placeholder\":true,\"num\":0}]",
        "52-[\"x\",{\"a\":[{\"_placeholder\":true,\"num\":1}]}]", "51-[\"x\",{\"_placeholder\":false}]", "2 [ \"x\" , 1 ] ", "2[\"connected\"]" };
    static const char *const bad[] = { "0[]", "0\"x\"", "0null", "1{}", "1[]", "2{}", "2[]", "2\"x\"", "2[{}]", "2[null]", "2[[\"x\"]]", "2[\"x\"", "2abc[\"x\"]",
        "3{}", "31{}", "4[]", "2[\"connect\"]", "2[\"connect_error\"]", "2[\"disconnect\"]", "2[\"disconnecting\"]", "2[\"newListener\"]", "2[\"removeListener\"]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":1}]", "51-[\"x\",{\"_placeholder\":true,\"num\":-1}]", "51-[\"x\",{\"_placeholder\":true}]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":\"0\"}]", "50-[\"x\",{\"_placeholder\":true,\"num\":0}]", "61-[[[{\"_placeholder\":true,\"num\":1}]]]" };
    for (size_t i = 0; i < lengthof(good); i++)
        if (!is_valid(good[i])) fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < lengthof(bad); i++)
        if (is_valid(bad[i])) fail_msg("%s was taken", bad[i]);
}

static void cuts(void **state)
{
    static const struct { const char *array, *first, *rest; } cases[] = {
        { "[\"x\"]", "\"x\"", "" },
        { "[\"message\",1,\"2\",{\"3\":[true]}]", "\"message\"", "1,\"2\",{\"3\":[true]}" },
        { " [ \"a,]\\\"b\" , [1] , 2 ] ", "\"a,]\\\"b\"", "[1] , 2" },
        { "[12,\"x\"]", "12", "\"x\"" },
        { "[-1.5e3]", "-1.5e3", "" },
        { "[\"\\\\\",\"]\"]", "\"\\\\\"", "\"]\"" },
    };
    for (size_t i = 0; i < lengthof(cases); i++) {
        struct span first, rest;
        socketio_packet_cut(span_of(cases[i].array), &first, &rest);
        assert_true(span_eq(first, span_of(cases[i].first)));
        assert_true(span_eq(rest, span_of(cases[i].rest)));
    }
}

static void writes_heads(void **state)
{
    struct buf b;
    buf_init(&b, 256);
    socketio_packet_begin(&b, socketio_type_event, 0, SPAN("/"), -1);
    assert_span(buf_span(&b), "2");
    buf_clear(&b);
    socketio_packet_begin(&b, socketio_type_binary_acknowledgement, 2, SPAN("/custom"), 789);
    assert_span(buf_span(&b), "62-/custom,789");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_heads), cmocka_unit_test(refuses_heads), cmocka_unit_test(looks_at_json), cmocka_unit_test(cuts),
                                        cmocka_unit_test(writes_heads) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
