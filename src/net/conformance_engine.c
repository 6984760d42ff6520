/* What the public suites of Engine.IO and Socket.IO ask a server to offer: see conformance.h. Loops' threads; the rules are written once, before any loop runs. */
#include "net/conformance.h"
#include "net/socketio.h"

enum { ping_interval_ms = 300, ping_timeout_ms = 200, connect_timeout_ms = 1000, max_payload_bytes = 1000000 };

static const struct engine_handler echo_handler = { .on_text = engine_send_text, .on_binary = engine_send_binary };

static void greet(struct socketio *s, struct span auth)
{
    socketio_accept(s);
    socketio_emit(s, "auth", auth);
}

static void answer(struct socketio *s, const struct socketio_event *e)
{
    if (span_eq(e->name, SPAN("message")))
        socketio_emit_binary(s, "message-back", e->args_text, e->attachments, e->n_attachments);
    else if (span_eq(e->name, SPAN("message-with-ack")))
        socketio_ack_binary(s, e->ack, e->args_text, e->attachments, e->n_attachments);
}

static const struct socketio_handler namespace_handler = { .on_connect = greet, .on_event = answer };
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
