/* Socket.IO from the inside: verdicts that come later, namespaces that come and go, ceilings of attachments. The protocol itself is told to the real program in the stories. */
#include "fixture.h"
#include "net/socketio.h"
#include <stdio.h>
#include <stdlib.h>

static struct seen { struct socketio_ref waits; int n_asked, n_moved, n_closed, n_events; char auth[64]; } seen;
static struct socketio_rules rules;

static void ask_later(struct socketio *s, struct span auth)
{
    snprintf(seen.auth, sizeof seen.auth, SPAN_FMT, SPAN_ARG(auth));
    seen.waits = socketio_ref(s);
    seen.n_asked++;
    socketio_set_user(s, &seen);
}

static void accept_now(struct socketio *s, struct span auth) { socketio_accept(s); }

static void on_event(struct socketio *s, const struct socketio_event *e)
{
    seen.n_events++;
    struct span text;
    if (span_eq(e->name, SPAN("leave"))) {
        socketio_disconnect(s);
    } else if (span_eq(e->name, SPAN("end"))) {
        socketio_close(s);
    } else if (json_as_text(socketio_arg(e, 1), &text)) {
        assert_null(socketio_arg(e, 2));
        socketio_emit(s, "second", e->args_text);
    } else {
        socketio_ack_binary(s, e->ack, e->args_text, e->attachments, e->n_attachments);
    }
}

static void on_moved(struct socketio *s, struct conn *to) { seen.n_moved++; }

static void on_close(struct socketio *s)
{
    assert_ptr_equal(socketio_user(s), strcmp(socketio_namespace_name(s), "/later") == 0 ? &seen : NULL);
    seen.n_closed++;
}

static const struct socketio_handler later = { ask_later, on_event, on_moved, NULL, on_close };
static const struct socketio_handler now = { accept_now, on_event, on_moved, NULL, on_close };
static const struct socketio_namespace namespaces[] = { { "/", &now }, { "/later", &later } };
static struct socketio_rules rules = { .namespaces = namespaces, .n_namespaces = 2,
    .engine = { .path = "/socket.io/", .ping_interval_ms = 60000, .ping_timeout_ms = 60000, .claim_ms = 60000, .max_payload_bytes = 1000 } };

static void add_routes(struct router *router) { socketio_routes(router, &rules); }

static void say(int fd, const char *text) { ws_put(fd, 0x81, text, strlen(text)); }

static void skip_one(int fd, const char *beginning)
{
    char got[2048];
    size_t n;
    assert_int_equal(ws_get(fd, got, sizeof got, &n), 0x81);
    if (strncmp(got, beginning, strlen(beginning)) != 0) fail_msg("%s in place of %s", got, beginning);
}

static int begin(struct server *s)
{
    seen = (struct seen){ 0 };
    server_start(s, &(struct server_options){ .more = add_routes });
    int fd = ws_dial(s->port, "/socket.io/?EIO=4&transport=websocket", "");
    skip_one(fd, "0{");
    return fd;
}

static void decide(struct server *s, void *arg)
{
    struct socketio *waiting = socketio_find(s->net, &rules, seen.waits);
    const char *words = arg;
    if (!waiting) return;
    assert_ptr_equal(socketio_of(socketio_conn(waiting), "/later"), waiting);
    assert_ptr_equal(socketio_conn(waiting), engine_conn(socketio_session(waiting)));
    if (words)
        socketio_refuse(waiting, words);
    else
        socketio_accept(waiting);
}

static bool is_asked(struct server *s) { return seen.n_asked > 0; }
static bool is_closed(struct server *s) { return seen.n_closed > 0; }

static void a_verdict_may_come_later(void **state)
{
    struct server s;
    int fd = begin(&s);
    say(fd, "40/later,{\"token\":1}");
    server_await(&s, is_asked);
    assert_string_equal(seen.auth, "{\"token\":1}");
    server_do(&s, decide, "no \"entry\"");
    ws_expect(fd, 0x81, "44/later,{\"message\":\"no \\\"entry\\\"\"}");
    assert_int_equal(seen.n_closed, 0);
    server_do(&s, decide, NULL);
    say(fd, "40/later");
    say(fd, "40");
    skip_one(fd, "40{\"sid\":\"");
    assert_string_equal(seen.auth, "{}");
    server_do(&s, decide, NULL);
    skip_one(fd, "40/later,{\"sid\":\"");
    say(fd, "42/later,7[\"x\",1]");
    ws_expect(fd, 0x81, "43/later,7[1]");
    say(fd, "41/later");
    say(fd, "421[\"x\"]");
    ws_expect(fd, 0x81, "431[]");
    assert_int_equal(seen.n_closed, 1);
    close(fd);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 2);
}

/* The client is gone before the verdict: nothing is found any more, and its end was told. */
static void a_verdict_may_come_too_late(void **state)
{
    struct server s;
    int fd = begin(&s);
    say(fd, "40/later");
    server_await(&s, is_asked);
    close(fd);
    server_await(&s, is_closed);
    server_do(&s, decide, NULL);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 1);
}

static void whoever_speaks_before_the_verdict_is_cut_off(void **state)
{
    struct server s;
    int fd = begin(&s);
    say(fd, "40/later");
    say(fd, "42/later,[\"x\"]");
    ws_expect_close(fd, 1000);
    close(fd);
    server_stop(&s);
    assert_int_equal(seen.n_events, 0);
    assert_int_equal(seen.n_closed, 1);
}

static void a_session_moves_with_its_namespaces(void **state)
{
    struct server s;
    seen = (struct seen){ 0 };
    server_start(&s, &(struct server_options){ .more = add_routes });
    int http = dial(s.port);
    char id[32], query[256], post[256];
    struct reply r;
    send_text(http, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: t\r\n\r\n");
    read_reply(http, &r, false);
    assert_int_equal(sscanf(r.body, "0{\"sid\":\"%20[A-Za-z0-9_-]\"", id), 1);
    free(r.body);
    snprintf(post, sizeof post, "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: t\r\nContent-Length: 12\r\n\r\n40\x1e" "40/later,", id);
    send_text(http, post);
    expect_reply(http, 200, "ok");
    snprintf(query, sizeof query, "/socket.io/?EIO=4&transport=websocket&sid=%s", id);
    int fd = ws_dial(s.port, query, "");
    say(fd, "2probe");
    ws_expect(fd, 0x81, "3probe");
    say(fd, "5");
    skip_one(fd, "40{\"sid\":\"");
    assert_int_equal(seen.n_moved, 2);
    server_do(&s, decide, NULL);
    skip_one(fd, "40/later,{\"sid\":\"");
    close(fd), close(http);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 2);
}

static void the_server_may_leave_and_end(void **state)
{
    struct server s;
    int fd = begin(&s);
    say(fd, "40");
    skip_one(fd, "40{\"sid\":\"");
    say(fd, "42[\"say\",{\"a\":[1]},\"two\"]");
    ws_expect(fd, 0x81, "42[\"second\",{\"a\":[1]},\"two\"]");
    say(fd, "42[\"leave\"]");
    ws_expect(fd, 0x81, "41");
    assert_int_equal(seen.n_closed, 1);
    say(fd, "40");
    skip_one(fd, "40{\"sid\":\"");
    say(fd, "42[\"end\"]");
    say(fd, "42[\"say\"]");
    ws_expect_close(fd, 1000);
    close(fd);
    server_stop(&s);
    assert_int_equal(seen.n_closed, 2);
    assert_int_equal(seen.n_events, 3);
}

static void attachments_have_ceilings(void **state)
{
    static const char bytes[600];
    struct server s;
    int fd = begin(&s);
    say(fd, "40");
    skip_one(fd, "40{\"sid\":\"");
    say(fd, "452-3[\"x\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]");
    ws_put(fd, 0x82, bytes, 3);
    ws_put(fd, 0x82, bytes, 0);
    ws_expect(fd, 0x81, "462-3[{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]");
    char got[64];
    size_t n;
    assert_int_equal(ws_get(fd, got, sizeof got, &n), 0x82);
    assert_int_equal(n, 3);
    assert_int_equal(ws_get(fd, got, sizeof got, &n), 0x82);
    assert_int_equal(n, 0);
    say(fd, "452-[\"x\"]"); /* together more than a payload */
    ws_put(fd, 0x82, bytes, 600);
    ws_put(fd, 0x82, bytes, 600);
    ws_expect_close(fd, 1000);
    close(fd);
    static const char *const bad[] = { "4565-[\"x\"]", "451-[\"connect\"]", "451-{}", "451-[\"x\",{\"_placeholder\":true,\"num\":1}]" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fd = ws_dial(s.port, "/socket.io/?EIO=4&transport=websocket", "");
        skip_one(fd, "0{");
        say(fd, "40");
        skip_one(fd, "40{");
        say(fd, bad[i]);
        ws_expect_close(fd, 1000);
        close(fd);
    }
    fd = ws_dial(s.port, "/socket.io/?EIO=4&transport=websocket", "");
    skip_one(fd, "0{");
    say(fd, "40");
    skip_one(fd, "40{");
    say(fd, "451-[\"x\"]");
    say(fd, "42[\"between\"]");
    ws_expect_close(fd, 1000);
    close(fd);
    server_stop(&s);
    assert_int_equal(seen.n_events, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_may_come_later), cmocka_unit_test(a_verdict_may_come_too_late), cmocka_unit_test(whoever_speaks_before_the_verdict_is_cut_off),
        cmocka_unit_test(a_session_moves_with_its_namespaces), cmocka_unit_test(the_server_may_leave_and_end), cmocka_unit_test(attachments_have_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
