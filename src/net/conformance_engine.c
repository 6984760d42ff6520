/* What the public suites of Engine.IO and Socket.IO ask a server to offer: see conformance.h. Loops' threads; the rules are written once, before any loop runs. */
#include "net/conformance.h"
#include "net/conn.h"
#include "net/socketio.h"
#include <stdlib.h>

enum { ping_interval_ms = 300, ping_timeout_ms = 200, connect_timeout_ms = 1000, max_payload_bytes = 1000000, greeting_pause_ms = 25 };

static const struct engine_handler echo_handler = { .on_text = engine_send_text, .on_binary = engine_send_binary };

/* The suites wait for one message after the other and lose what comes in the same piece of the stream, so what follows the accepted CONNECT keeps a little away
   from it. */
struct greeting { /* socketio_user; freed in farewell */
    struct socketio *to;
    struct alarm_clock *alarm;
    struct span auth;
    char text[];
};

static void greet(void *arg)
{
    struct greeting *g = arg;
    socketio_emit(g->to, "auth", g->auth);
}

static void welcome(struct socketio *s, struct span auth)
{
    struct greeting *g = malloc(sizeof *g + auth.n);
    if (!g) abort();
    memcpy(g->text, auth.p, auth.n);
    *g = (struct greeting){ .to = s, .alarm = alarm_create(conn_net(socketio_conn(s))->loop, greet, g), .auth = { g->text, auth.n } };
    socketio_set_user(s, g);
    socketio_accept(s);
    alarm_set(g->alarm, greeting_pause_ms);
}

static void farewell(struct socketio *s)
{
    struct greeting *g = socketio_user(s);
    alarm_destroy(g->alarm);
    free(g);
}

static void answer(struct socketio *s, const struct socketio_event *e)
{
    if (span_eq(e->name, SPAN("message")))
        socketio_emit_binary(s, "message-back", e->args_text, e->attachments, e->n_attachments);
    else if (span_eq(e->name, SPAN("message-with-ack")))
        socketio_ack_binary(s, e->ack, e->args_text, e->attachments, e->n_attachments);
}

static const struct socketio_handler namespace_handler = { .on_connect = welcome, .on_event = answer, .on_close = farewell };
static const struct socketio_namespace namespaces[] = { { "/", &namespace_handler }, { "/custom", &namespace_handler } };

void conformance_engines(struct router *router)
{
    static struct engine_rules raw = { .path = "/engine.io/", .handler = &echo_handler, .ping_interval_ms = ping_interval_ms,
        .ping_timeout_ms = ping_timeout_ms, .max_payload_bytes = max_payload_bytes };
    static struct socketio_rules rules = { .namespaces = namespaces, .n_namespaces = 2, .engine = { .path = "/socket.io/", .ping_interval_ms = ping_interval_ms,
        .ping_timeout_ms = ping_timeout_ms, .claim_ms = connect_timeout_ms, .max_payload_bytes = max_payload_bytes } };
    engine_routes(router, &raw);
    socketio_routes(router, &rules);
}
