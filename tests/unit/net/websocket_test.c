/* WebSocket sessions over real sockets: echo, fragments, compression, time-outs, and how they end. */
#include "fixture.h"
#include "net/conformance.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <zlib.h>

#define FIN_TEXT 0x81
#define FIN_BINARY 0x82
#define FIN_CLOSE 0x88
#define FIN_PING 0x89
#define FIN_PONG 0x8a
#define RSV1 0x40

static int start(void **state)
{
    static struct server s;
    server_start(&s, NULL);
    *state = &s;
    return 0;
}

static int finish(void **state)
{
    server_stop(*state);
    return 0;
}

static bool has_closed(struct server *s) { return s->n_closed > 0; }

static void text_and_binary_come_back(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/ws", "");
    ws_put(fd, FIN_TEXT, "salom", 5);
    ws_expect(fd, FIN_TEXT, "salom");
    ws_put(fd, FIN_BINARY, "\x01\x02", 2);
    ws_expect(fd, FIN_BINARY, "\x01\x02");
    ws_put(fd, FIN_TEXT, "", 0);
    ws_expect(fd, FIN_TEXT, "");
    assert_int_equal(server_figures(s).n_websockets, 1);
    close(fd);
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 1006);
}

static void large_messages_cross_many_reads(void **state)
{
    struct server *s = *state;
    size_t n = 1 << 20, got;
    char *bytes = malloc(n), *back = malloc(n + 1);
    int fd = ws_dial(s->port, "/ws", "");
    for (size_t i = 0; i < n; i++) bytes[i] = (char)('a' + i % 26);
    ws_put(fd, FIN_TEXT, bytes, n);
    assert_int_equal(ws_get(fd, back, n + 1, &got), FIN_TEXT);
    assert_int_equal(got, n);
    assert_memory_equal(bytes, back, n);
    ws_put(fd, FIN_TEXT, bytes, 1);
    ws_expect(fd, FIN_TEXT, "a");
    free(bytes), free(back);
    close(fd);
}

static void fragments_with_a_ping_between_are_one_message(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/ws", "");
    ws_put(fd, 0x01, "oʻ", 3);
    ws_put(fd, FIN_PING, "beat", 4);
    ws_put(fd, 0x00, "zbek", 4);
    ws_put(fd, 0x80, "cha", 3);
    ws_expect(fd, FIN_PONG, "beat");
    ws_expect(fd, FIN_TEXT, "oʻzbekcha");
    close(fd);
}

static void one_byte_at_a_time_is_the_same(void **state)
{
    struct server *s = *state;
    static const unsigned char frame[] = { 0x81, 0x83, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3 };
    int fd = ws_dial(s->port, "/ws", "");
    for (size_t i = 0; i < sizeof frame; i++) send_all(fd, frame + i, 1);
    ws_expect(fd, FIN_TEXT, "abc");
    close(fd);
}

/* A peer that speaks too early (in one packet with its handshake) is heard after the answer. */
static void frames_behind_the_handshake_are_not_lost(void **state)
{
    struct server *s = *state;
    static const char both[] = "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x83\x00\x00\x00\x00" "abc";
    struct reply r;
    int fd = dial(s->port);
    send_all(fd, both, sizeof both - 1);
    read_reply(fd, &r, true);
    free(r.body);
    ws_expect(fd, FIN_TEXT, "abc");
    close(fd);
}

static bool is_waiting(struct server *s) { return s->waiting != NULL; }
static void early_text(struct conn *c, struct span text) { ws_send_text(c, text); }

static void accept_waiting(struct server *s, void *arg)
{
    static const struct ws_handler handler = { .on_text = early_text };
    assert_true(request_is_websocket(s->waiting));
    http_accept_websocket(s->waiting, &handler, s, SPAN("chosen"));
    s->waiting = NULL;
}

static void a_handler_may_accept_later(void **state)
{
    struct server *s = *state;
    static const char both[] = "GET /later-ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x83\x00\x00\x00\x00" "abc\x81\x82\x00";
    struct reply r;
    int fd = dial(s->port);
    send_all(fd, both, sizeof both - 1);
    server_await(s, is_waiting);
    server_do(s, accept_waiting, NULL);
    read_reply(fd, &r, true);
    assert_int_equal(r.status, 101);
    assert_true(reply_has(&r, "Sec-WebSocket-Protocol: chosen"));
    free(r.body);
    ws_expect(fd, FIN_TEXT, "abc");
    send_all(fd, "\x00\x00\x00" "de", 5);
    ws_expect(fd, FIN_TEXT, "de");
    close(fd);
}

static void wrong_handshakes_are_refused(void **state)
{
    struct server *s = *state;
    struct reply r;
    int fd = dial(s->port);
    send_text(fd, "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    read_reply(fd, &r, false);
    assert_int_equal(r.status, 426);
    assert_true(reply_has(&r, "Sec-WebSocket-Version: 13"));
    free(r.body);
    close(fd);
    fd = dial(s->port);
    send_text(fd, "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: short\r\n\r\n");
    expect_reply(fd, 400, NULL);
    close(fd);
}

static void close_is_echoed(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/ws", "");
    ws_put(fd, FIN_CLOSE, "\x0f\xa1" "why", 5);
    ws_expect_close(fd, 4001);
    assert_true(is_closed_by_peer(fd));
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 4001);
    close(fd);
}

static void the_server_closes_and_waits_for_the_answer(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/ws", "");
    ws_put(fd, FIN_TEXT, "close", 5);
    ws_put(fd, FIN_TEXT, "too late", 8);
    ws_expect_close(fd, 4000);
    ws_put(fd, FIN_CLOSE, "\x0f\xa0", 2);
    assert_true(is_closed_by_peer(fd));
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 4000);
    assert_int_equal(s->n_messages, 1);
    close(fd);
}

static void a_peer_that_never_answers_a_close_is_cut_off(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/ws", "");
    ws_put(fd, FIN_TEXT, "close", 5);
    ws_expect_close(fd, 4000);
    assert_true(is_closed_by_peer(fd));
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 4000);
    close(fd);
}

static void broken_frames_are_closed_with_their_code(void **state)
{
    struct server *s = *state;
    static const struct { int first; const char *bytes; size_t n; int code; } cases[] = {
        { FIN_TEXT, "\xff\xfe", 2, 1007 }, { 0xc1, "x", 1, 1002 }, { 0x83, "x", 1, 1002 }, { 0x80, "x", 1, 1002 },
        { 0x09, "x", 1, 1002 }, { FIN_CLOSE, "x", 1, 1002 }, { FIN_CLOSE, "\x03\xec", 2, 1002 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = ws_dial(s->port, "/ws", "");
        ws_put(fd, cases[i].first, cases[i].bytes, cases[i].n);
        ws_expect_close(fd, cases[i].code);
        assert_true(is_closed_by_peer(fd));
        close(fd);
    }
    int fd = ws_dial(s->port, "/ws", "");
    send_all(fd, "\x81\x01x", 3);
    ws_expect_close(fd, 1002);
    close(fd);
}

static void too_large_and_wrong_kind_have_codes(void **state)
{
    struct server *s = *state;
    char big[2048] = { 0 };
    int fd = ws_dial(s->port, "/flood", "");
    ws_put(fd, FIN_TEXT, big, 1025);
    ws_expect_close(fd, 1009);
    close(fd);
    fd = ws_dial(s->port, "/flood", "");
    ws_put(fd, FIN_BINARY, big, 5);
    ws_expect_close(fd, 1003);
    close(fd);
}

static size_t squeeze(const void *p, size_t n, char *out, size_t max)
{
    z_stream z = { .next_in = (void *)p, .avail_in = (unsigned)n, .next_out = (void *)out, .avail_out = (unsigned)max };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    size_t done = max - z.avail_out;
    deflateEnd(&z);
    return done - 4;
}

static size_t expand(const void *p, size_t n, char *out, size_t max)
{
    char in[4096];
    memcpy(in, p, n);
    memcpy(in + n, "\0\0\xff\xff", 4);
    z_stream z = { .next_in = (void *)in, .avail_in = (unsigned)n + 4, .next_out = (void *)out, .avail_out = (unsigned)max };
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
    inflateEnd(&z);
    return max - z.avail_out;
}

static void compressed_messages_are_understood_and_answered_compressed(void **state)
{
    struct server *s = *state;
    char text[1000], packed[1000], back[4096], plain[4096];
    size_t n;
    for (size_t i = 0; i < sizeof text; i++) text[i] = "abc "[i % 4];
    int fd = ws_dial(s->port, "/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
    size_t n_packed = squeeze(text, sizeof text, packed, sizeof packed);
    for (int i = 0; i < 3; i++) {
        ws_put(fd, RSV1 | 0x01, packed, n_packed / 2);
        ws_put(fd, 0x80, packed + n_packed / 2, n_packed - n_packed / 2);
        assert_int_equal(ws_get(fd, back, sizeof back, &n), FIN_TEXT | RSV1);
        assert_true(n < 100);
        assert_int_equal(expand(back, n, plain, sizeof plain), sizeof text);
        assert_memory_equal(plain, text, sizeof text);
    }
    ws_put(fd, FIN_TEXT, "short", 5);
    ws_expect(fd, FIN_TEXT, "short");
    close(fd);
}

static void a_compression_bomb_is_closed(void **state)
{
    struct server *s = *state;
    size_t n = 8 << 20;
    char *zeros = calloc(1, n), *packed = malloc(64 << 10);
    memset(zeros, ' ', n);
    int fd = ws_dial(s->port, "/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    ws_put(fd, RSV1 | FIN_TEXT, packed, squeeze(zeros, n, packed, 64 << 10));
    ws_expect_close(fd, 1009);
    free(zeros), free(packed);
    close(fd);
}

static void the_silent_are_pinged_then_closed(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/quiet", "");
    ws_expect(fd, FIN_PING, "");
    ws_expect_close(fd, 4408);
    server_await(s, has_closed);
    assert_int_equal(s->closed_codes[0], 4408);
    close(fd);
}

static void those_who_pong_stay(void **state)
{
    struct server *s = *state;
    int fd = ws_dial(s->port, "/quiet", "");
    for (int i = 0; i < 4; i++) {
        ws_expect(fd, FIN_PING, "");
        ws_put(fd, FIN_PONG, "", 0);
    }
    ws_put(fd, FIN_TEXT, "here", 4);
    ws_expect(fd, FIN_TEXT, "here");
    close(fd);
}

static void stop_all(struct server *s, void *arg)
{
    net_stop_accepting(s->net);
    net_close_all(s->net, 1001, "the server stops");
}

static void going_away_says_goodbye_first(void **state)
{
    struct server *s = *state;
    int a = ws_dial(s->port, "/ws", ""), b = ws_dial(s->port, "/ws", "");
    server_do(s, stop_all, NULL);
    ws_expect(a, FIN_TEXT, "bye");
    ws_expect_close(a, 1001);
    ws_put(a, FIN_CLOSE, "\x03\xe9", 2);
    assert_true(is_closed_by_peer(a));
    ws_expect(b, FIN_TEXT, "bye");
    ws_expect_close(b, 1001);
    assert_true(is_closed_by_peer(b));
    assert_int_equal(s->n_going_away, 2);
    close(a), close(b);
}

static void keep_ref(struct server *s, void *arg)
{
    struct conn *c = net_find(s->net, s->last_ws);
    *(struct conn_ref *)arg = s->last_ws;
    assert_non_null(c);
    assert_int_equal(conn_ref(c).generation, s->last_ws.generation);
}

static void ref_is_stale(struct server *s, void *arg) { assert_null(net_find(s->net, *(struct conn_ref *)arg)); }

static void a_reference_does_not_outlive_its_connection(void **state)
{
    struct server *s = *state;
    struct conn_ref ref;
    int fd = ws_dial(s->port, "/ws", "");
    server_do(s, keep_ref, &ref);
    close(fd);
    server_await(s, has_closed);
    server_do(s, ref_is_stale, &ref);
    fd = ws_dial(s->port, "/ws", "");
    server_do(s, ref_is_stale, &ref);
    close(fd);
}

/* The echo for outside suites takes and gives back its whole 16 MiB, and not a byte more. */
static void the_conformance_echo_takes_sixteen_mebibytes(void **state)
{
    struct server s;
    struct server_options options = { 0 };
    size_t n = 16u << 20, got;
    char *bytes = malloc(n + 1), *back = malloc(n + 1);
    options.routes = conformance_routes(&options.n_routes);
    server_start(&s, &options);
    for (size_t i = 0; i < n + 1; i++) bytes[i] = (char)(i * 7 % 251);
    int fd = ws_dial(s.port, "/conformance/echo", "");
    for (int i = 0; i < 2; i++) {
        ws_put(fd, FIN_BINARY, bytes, n);
        assert_int_equal(ws_get(fd, back, n + 1, &got), FIN_BINARY);
        assert_int_equal(got, n);
        assert_memory_equal(bytes, back, n);
    }
    send_all(fd, "\x82\xff\0\0\0\0\x01\0\0\x01....", 14);
    ws_expect_close(fd, 1009);
    close(fd);
    server_stop(&s);
    free(bytes), free(back);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_and_binary_come_back), TEST(large_messages_cross_many_reads), TEST(fragments_with_a_ping_between_are_one_message),
        TEST(one_byte_at_a_time_is_the_same), TEST(frames_behind_the_handshake_are_not_lost), TEST(a_handler_may_accept_later),
        TEST(wrong_handshakes_are_refused), TEST(close_is_echoed), TEST(the_server_closes_and_waits_for_the_answer),
        TEST(a_peer_that_never_answers_a_close_is_cut_off), TEST(broken_frames_are_closed_with_their_code), TEST(too_large_and_wrong_kind_have_codes),
        TEST(compressed_messages_are_understood_and_answered_compressed), TEST(a_compression_bomb_is_closed),
        TEST(the_silent_are_pinged_then_closed), TEST(those_who_pong_stay), TEST(going_away_says_goodbye_first),
        TEST(a_reference_does_not_outlive_its_connection), cmocka_unit_test(the_conformance_echo_takes_sixteen_mebibytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
