/* WebSocket sessions: units from the codec to the handler, the one timer, and the end.

       open ─ ws_close ─► closing (close_sent; waits close_ms for theirs) ─ their close ─► finishing
         │ their close: echoed ─────────────────────────────────────────────────────────► finishing
         │ broken frame: our close ──────────────────────────────────────────────────────► finishing
         │ ws_too_slow: our close in place of the queue ─────────────────────────────────► finishing
         └ lost connection: conn_kill
   on_close is the last call in every case; it comes from conn_bury. An idle session is part of struct conn: it holds no memory of its own. */
#include "base/log.h"
#include "net/conn.h"
#include <stdlib.h>

enum {
    default_message_bytes = 64 << 10,
    default_silence_ms = 90000,
    close_ms = 3000,
    slow_close_ms = 5000,
    deflate_from_bytes = 256, /* shorter messages cost more than they save */
};

void *ws_user(const struct conn *c) { return c->user; }
bool ws_deflates(const struct conn *c) { return c->flags & ws_is_deflating; }

static size_t message_max(const struct ws_handler *h)
{
    return h->max_message_bytes ? h->max_message_bytes : default_message_bytes;
}

size_t ws_queue_max_bytes(const struct conn *c)
{
    size_t echo = 2 * message_max(c->ws);
    return echo > CONN_QUEUE_MAX_BYTES ? echo : CONN_QUEUE_MAX_BYTES;
}

/* Time: silence is measured, not timed. The timer looks from time to time how long the peer has been silent. */

static int32_t silence_ms(const struct conn *c)
{
    return c->ws->silence_ms ? c->ws->silence_ms : default_silence_ms;
}

static uint32_t now32(const struct conn *c)
{
    return (uint32_t)loop_now_ms(c->net->loop);
}

static void push_bytes(struct conn *c, struct span bytes)
{
    struct frame *f = frame_create(bytes, false);
    conn_push(c, f);
    frame_unref(f);
}

static void push_control(struct conn *c, enum ws_opcode op, struct span payload)
{
    char bytes[WS_HEAD_MAX_BYTES + 125];
    size_t n = ws_encode_head(bytes, op, false, payload.n);
    if (payload.n) memcpy(bytes + n, payload.p, payload.n);
    push_bytes(c, span_make(bytes, n + payload.n));
}

void ws_timeout(struct conn *c)
{
    int32_t silent = (int32_t)(now32(c) - c->heard_ms), whole = silence_ms(c);
    if (c->flags & ws_close_sent) {
        conn_kill(c, WS_ABNORMAL);
    } else if (silent >= whole) {
        ws_close(c, c->ws->silence_code ? c->ws->silence_code : WS_GOING_AWAY, "nothing heard");
    } else if (silent >= whole / 2) {
        if (!(c->flags & ws_pinged)) push_control(c, ws_op_ping, SPAN(""));
        c->flags |= ws_pinged;
        conn_arm(c, whole - silent);
    } else {
        conn_arm(c, whole / 2 - silent);
    }
}

/* The beginning */

static void early_add(struct conn *c, struct span bytes)
{
    struct early *e = malloc(sizeof *e + bytes.n);
    if (!e) abort();
    *e = (struct early){ c->net->early, conn_ref(c), bytes.n };
    memcpy(e->bytes, bytes.p, bytes.n);
    c->net->early = e;
    c->flags |= conn_feed_again | ws_has_early;
    conn_mark_dirty(c);
}

static struct early *early_take(struct conn *c)
{
    for (struct early **at = &c->net->early; *at; at = &(*at)->next) {
        struct early *e = *at;
        if (e->of.slot != c->slot || e->of.generation != c->generation) continue;
        *at = e->next;
        return e;
    }
    return NULL;
}

void ws_feed_early(struct conn *c)
{
    struct early *e = early_take(c);
    if (!e) return;
    c->flags &= ~(uint32_t)ws_has_early;
    ws_feed(c, e->bytes, e->n);
    free(e);
}

void ws_begin(struct conn *c, const struct ws_handler *handler, void *user, bool deflates, struct span early)
{
    c->stage = stage_websocket;
    c->ws = handler;
    c->user = user;
    c->close_code = 0;
    c->flags &= ~(uint32_t)conn_passed_mark;
    if (deflates) c->flags |= ws_is_deflating;
    ws_parser_init(&c->ws_parser, message_max(handler), deflates);
    c->heard_ms = now32(c);
    c->net->figures.n_websockets++;
    conn_arm(c, silence_ms(c) / 2);
    if (early.n) early_add(c, early);
    if (handler->on_open) handler->on_open(c);
}

/* The end */

static void push_close(struct conn *c, int code, struct span reason)
{
    struct buf b;
    buf_init(&b, 256);
    ws_encode_close(&b, (uint16_t)code, reason);
    push_bytes(c, buf_span(&b));
    buf_fini(&b);
    c->flags |= ws_close_sent | conn_deaf;
}

void ws_close(struct conn *c, int code, const char *reason)
{
    if (c->stage != stage_websocket || c->flags & ws_close_sent) return;
    if (c->flags & conn_detached) {
        conn_kill(c, code);
        return;
    }
    push_close(c, code, span_of(reason));
    c->close_code = (uint16_t)code;
    conn_arm(c, close_ms);
}

/* Their close: the answer is an echo of the code, unless it answers ours. */
static void on_peer_close(struct conn *c, const struct ws_unit *unit)
{
    if (!(c->flags & ws_close_sent)) {
        push_close(c, unit->code == WS_NO_CODE ? 0 : unit->code, SPAN(""));
        c->close_code = unit->code;
    }
    conn_finish(c);
    conn_arm(c, close_ms);
}

static void on_broken(struct conn *c, int code)
{
    if (!(c->flags & ws_close_sent)) {
        push_close(c, code, SPAN(""));
        c->close_code = (uint16_t)code;
    }
    conn_finish(c);
    conn_arm(c, close_ms);
}

void ws_too_slow(struct conn *c)
{
    c->net->figures.n_slow_closed++;
    LOG(info, "slow reader closed", log_int("queued_bytes", c->queued_bytes));
    if (c->flags & conn_detached) {
        conn_kill(c, 4413);
        return;
    }
    queue_clear(c, true);
    push_close(c, 4413, SPAN("too slow"));
    c->close_code = 4413;
    conn_finish(c);
    conn_arm(c, slow_close_ms);
}

void ws_going_away(struct conn *c)
{
    if (c->flags & (ws_told_going_away | ws_close_sent)) return;
    c->flags |= ws_told_going_away;
    if (c->ws->on_going_away) c->ws->on_going_away(c);
}

void ws_gone(struct conn *c)
{
    if (c->flags & ws_has_early) free(early_take(c));
    ws_parser_fini(&c->ws_parser);
    c->net->figures.n_websockets--;
    if (c->ws->on_close) c->ws->on_close(c, c->close_code);
}

/* Bytes in */

static void on_message(struct conn *c, const struct ws_unit *unit)
{
    if (c->flags & ws_close_sent) return;
    if (unit->kind == ws_unit_text)
        c->ws->on_text(c, unit->payload);
    else if (c->ws->on_binary)
        c->ws->on_binary(c, unit->payload);
    else
        ws_close(c, WS_UNSUPPORTED, "text only");
}

void ws_feed(struct conn *c, char *p, size_t n)
{
    struct ws_unit unit;
    size_t used;
    c->heard_ms = now32(c);
    c->flags &= ~(uint32_t)ws_pinged;
    do {
        ws_parse(&c->ws_parser, p, n, &used, &unit);
        p += used, n -= used;
        switch (unit.kind) {
        case ws_unit_text:
        case ws_unit_binary: on_message(c, &unit); break;
        case ws_unit_ping: push_control(c, ws_op_pong, unit.payload); break;
        case ws_unit_close: on_peer_close(c, &unit); break;
        case ws_unit_failed: on_broken(c, unit.code); break;
        case ws_unit_pong:
        case ws_unit_none: break;
        }
    } while (unit.kind != ws_unit_none && c->stage == stage_websocket);
}

/* Bytes out */

void ws_append_text(struct buf *out, struct span text)
{
    ws_encode(out, ws_op_text, text);
}

void ws_append_text_deflated(struct buf *out, struct span text)
{
    if (text.n < deflate_from_bytes)
        ws_encode(out, ws_op_text, text);
    else
        ws_encode_deflated(out, ws_op_text, text);
}

static void send_deflated(struct conn *c, enum ws_opcode op, struct span bytes)
{
    struct buf b;
    buf_init(&b, bytes.n + 64);
    ws_encode_deflated(&b, op, bytes);
    if (!b.failed) push_bytes(c, buf_span(&b));
    buf_fini(&b);
}

static void send_message(struct conn *c, enum ws_opcode op, struct span bytes)
{
    if (c->flags & conn_deaf) return;
    if (c->flags & ws_is_deflating && bytes.n >= deflate_from_bytes) {
        send_deflated(c, op, bytes);
        return;
    }
    char head[WS_HEAD_MAX_BYTES], *room;
    size_t n = ws_encode_head(head, op, false, bytes.n);
    struct frame *f = frame_create_room(n + bytes.n, &room);
    if (!f) {
        conn_kill(c, WS_ABNORMAL);
        return;
    }
    memcpy(room, head, n);
    if (bytes.n) memcpy(room + n, bytes.p, bytes.n);
    conn_push(c, f);
    frame_unref(f);
}

void ws_send_text(struct conn *c, struct span text)
{
    send_message(c, ws_op_text, text);
}

void ws_send_binary(struct conn *c, struct span bytes)
{
    send_message(c, ws_op_binary, bytes);
}
