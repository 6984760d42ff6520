/* Engine.IO over WebSocket, and the way there from polling: the new connection proves with "2probe" that it works, the poll that waits is
   let go of ("6"), and with "5" everything that waits and all that comes belongs to it. The loop's thread; connections belong to the net. */
#include "net/engine_state.h"

enum { upgrade_ms = 10000, probe_look_ms = 250 };

static bool is_probe(const struct engine_session *s, const struct conn *c)
{
    return s->polling && s->polling->probe == c;
}

/* Taking over */

static void begin_probe(struct engine_session *s, struct conn *c)
{
    struct engine_polling *p = s->polling;
    struct loop *loop = s->engine->net->loop;
    p->probe = c;
    p->probed = false;
    p->n_nudges = 0;
    p->gives_up_ms = loop_now_ms(loop) + upgrade_ms;
    timer_set(loop, &p->timer, probe_look_ms);
}

static void forget_probe(struct engine_polling *p)
{
    p->probe = NULL;
    p->probed = false;
    timer_cancel(&p->timer);
}

void engine_probe_leave(struct engine_session *s)
{
    struct conn *c = s->polling->probe;
    forget_probe(s->polling);
    c->user = NULL;
    ws_close(c, WS_NORMAL, "");
}

/* What waits follows before anything new; the poll that still waits must not take it. */
static void take_over(struct engine_session *s, struct conn *c)
{
    struct conn *old = s->conn;
    const struct engine_handler *handler = s->engine->rules->handler;
    if (handler->on_moved) handler->on_moved(s, c);
    for (struct frame *f; (f = detached_take(old));) {
        conn_push(c, f);
        frame_unref(f);
    }
    engine_poll_end(s, "6");
    forget_probe(s->polling);
    engine_polling_free(s);
    s->conn = c;
    old->user = NULL;
    conn_kill(old, WS_NORMAL);
}

static void take_probe(struct engine_session *s, struct conn *c, struct span text)
{
    struct engine_packet p;
    bool read = engine_packet_read(text, &p) && !p.is_binary;
    if (read && p.type == engine_packet_ping && span_eq(p.data, SPAN("probe"))) {
        engine_push_packet(c, SPAN("3probe"));
        s->polling->probed = true;
        engine_nudge(s);
    } else if (read && p.type == engine_packet_upgrade) {
        take_over(s, c);
    } else {
        engine_probe_leave(s);
    }
}

/* The connection */

static void on_open(struct conn *c)
{
    struct engine_session *s = c->user;
    if (!s) return;
    if (s->conn) {
        begin_probe(s, c);
        return;
    }
    s->conn = c;
    engine_open(s);
}

static void on_text(struct conn *c, struct span text)
{
    struct engine_session *s = c->user;
    struct engine_packet p;
    if (!s || s->closing) return;
    if (is_probe(s, c))
        take_probe(s, c, text);
    else if (!engine_packet_read(text, &p) || !engine_take(s, &p))
        engine_close(s);
}

static void on_binary(struct conn *c, struct span bytes)
{
    struct engine_session *s = c->user;
    if (!s || s->closing) return;
    if (is_probe(s, c))
        engine_probe_leave(s);
    else
        s->engine->rules->handler->on_binary(s, bytes);
}

static void on_drain(struct conn *c)
{
    struct engine_session *s = c->user;
    if (s && s->conn == c && s->engine->rules->handler->on_drain) s->engine->rules->handler->on_drain(s);
}

static void on_close(struct conn *c, int code)
{
    struct engine_session *s = c->user;
    if (!s) return;
    if (is_probe(s, c))
        forget_probe(s->polling);
    else
        engine_end(s);
}

void engine_socket_handler(const struct engine_rules *rules, struct ws_handler *out)
{
    *out = (struct ws_handler){ .on_open = on_open, .on_text = on_text, .on_binary = on_binary, .on_drain = on_drain, .on_close = on_close,
        .max_message_bytes = rules->max_payload_bytes, .silence_ms = 2 * (rules->ping_interval_ms + rules->ping_timeout_ms), .never_deflates = true };
}
