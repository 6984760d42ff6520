/* Polling: a detached connection collects what is sent, and a GET that waits takes it away. At most one waits; a second one ends the
   session, as the reference does. The loop's thread. Owns struct engine_polling; the request that waits is owned until it is answered. */
#include "net/engine_state.h"
#include "net/request.h"
#include "base/log.h"
#include "base/utf8.h"
#include <stdlib.h>

#define ANSWER_MAX_BYTES (16u << 20) /* the queue's ceiling, as base64 */

enum { probe_look_ms = 250, nudges_max = 8, farewell_ms = 250 };

/* What waits, as packets */

static void add_frames(struct buf *body, struct span frames)
{
    enum ws_opcode op;
    struct span payload;
    while (ws_read_own(&frames, &op, &payload))
        if (op == ws_op_binary)
            engine_payload_add_binary(body, payload);
        else if (op == ws_op_text)
            engine_payload_add_text(body, payload);
}

static void add_waiting(struct buf *body, struct conn *c)
{
    for (struct frame *f; (f = detached_take(c));) {
        add_frames(body, span_make(f->bytes, f->n));
        frame_unref(f);
    }
}

void engine_poll_end(struct engine_session *s, const char *last)
{
    struct request *r = s->polling->poll;
    struct buf body;
    if (!r) return;
    s->polling->poll = NULL;
    request_on_gone(r, NULL);
    buf_init(&body, ANSWER_MAX_BYTES);
    add_waiting(&body, s->conn);
    if (last) engine_payload_add_text(&body, span_of(last));
    if (body.failed)
        respond_problem(r, 500);
    else
        respond(r, 200, "text/plain; charset=UTF-8", buf_span(&body));
    buf_fini(&body);
}

/* Leaving */

void engine_poll_left(struct engine_session *s)
{
    struct engine *engine = s->engine;
    char id[ENGINE_ID_CHARS + 1];
    if (s->polling->poll) {
        engine_poll_end(s, "6");
        return;
    }
    struct engine_farewell *f = &engine->farewells[engine->n_farewells++ % ENGINE_FAREWELLS];
    engine_id(s, id);
    memcpy(f->id, id, sizeof f->id);
    f->until_ms = loop_now_ms(engine->net->loop) + farewell_ms;
}

bool engine_poll_late(struct engine *engine, struct request *r, struct span id)
{
    if (!span_eq(request_method(r), SPAN("GET"))) return false;
    for (int i = 0; i < ENGINE_FAREWELLS; i++) {
        struct engine_farewell *f = &engine->farewells[i];
        if (f->until_ms <= loop_now_ms(engine->net->loop) || !span_eq(span_make(f->id, sizeof f->id), id)) continue;
        f->until_ms = 0;
        respond(r, 200, "text/plain; charset=UTF-8", SPAN("6"));
        return true;
    }
    return false;
}

/* The requests */

static void poll_gone(struct request *r)
{
    struct engine_session *s = request_user(r);
    s->polling->poll = NULL;
    respond_empty(r, 400);
    engine_close(s);
}

static void keep(struct engine_session *s, struct request *r)
{
    s->polling->poll = r;
    request_set_user(r, s);
    request_on_gone(r, poll_gone);
}

static void take_poll(struct engine_session *s, struct request *r)
{
    if (s->polling->poll) {
        engine_close(s);
        respond_empty(r, 400);
        return;
    }
    keep(s, r);
    if (s->conn->first)
        engine_poll_end(s, NULL);
    else if (s->polling->probed)
        engine_nudge(s);
}

static bool take_packets(struct engine_session *s, struct span body)
{
    struct span text;
    struct engine_packet p;
    if (!utf8_valid(body)) return false;
    while (engine_payload_next(&body, &text)) {
        if (!engine_packet_read(text, &p) || !engine_take(s, &p)) return false;
        if (s->closing || !s->polling) break;
    }
    return true;
}

static void take_payload(struct engine_session *s, struct request *r)
{
    struct span type = request_header(r, "content-type"), body = request_body(r);
    bool good = !span_eq_nocase(type, SPAN("application/octet-stream")) && take_packets(s, body.p ? body : SPAN(""));
    if (good) {
        respond(r, 200, "text/html", SPAN("ok"));
    } else {
        engine_close(s);
        respond(r, 400, "application/json", SPAN("{\"code\":3,\"message\":\"Bad request\"}"));
    }
}

void engine_poll_request(struct engine_session *s, struct request *r)
{
    struct span method = request_method(r);
    if (span_eq(method, SPAN("GET")))
        take_poll(s, r);
    else if (span_eq(method, SPAN("POST")))
        take_payload(s, r);
    else
        respond(r, 400, "application/json", SPAN("{\"code\":3,\"message\":\"Bad request\"}"));
}

/* The detached connection */

static void on_frames(struct conn *c)
{
    struct engine_session *s = c->user;
    if (s) engine_poll_end(s, NULL);
}

static void on_drain(struct conn *c)
{
    struct engine_session *s = c->user;
    if (s && s->engine->rules->handler->on_drain) s->engine->rules->handler->on_drain(s);
}

static void on_close(struct conn *c, int code)
{
    struct engine_session *s = c->user;
    if (s) engine_end(s);
}

/* The server stops: whoever polls is told at once, and comes back when there is a server again. */
static void on_going_away(struct conn *c)
{
    struct engine_session *s = c->user;
    if (s) engine_close(s);
}

void engine_polling_handler(struct ws_handler *out)
{
    *out = (struct ws_handler){ .on_frames = on_frames, .on_drain = on_drain, .on_close = on_close, .on_going_away = on_going_away };
}

/* While a WebSocket is taking over: looked at from time to time. The first polls are answered at once, so that the client can let go of
   polling soon. */

static void look_at_probe(struct timer *t)
{
    struct engine_polling *p = container_of(t, struct engine_polling, timer);
    struct loop *loop = p->session->engine->net->loop;
    if (loop_now_ms(loop) >= p->gives_up_ms) {
        engine_probe_leave(p->session);
        return;
    }
    if (p->probed) engine_poll_end(p->session, "6");
    timer_set(loop, &p->timer, probe_look_ms);
}

void engine_nudge(struct engine_session *s)
{
    if (s->polling->n_nudges == nudges_max) return;
    s->polling->n_nudges++;
    engine_poll_end(s, "6");
}

bool engine_open_polling(struct engine_session *s, struct request *r)
{
    s->polling = calloc(1, sizeof *s->polling);
    s->conn = s->polling ? detached_open(s->engine->net, r->conn, &s->engine->polling, s) : NULL;
    if (!s->conn) {
        free(s->polling);
        s->polling = NULL;
        return false;
    }
    s->polling->session = s;
    timer_init(&s->polling->timer, look_at_probe);
    keep(s, r);
    engine_open(s);
    return true;
}

void engine_polling_free(struct engine_session *s)
{
    if (s->polling->probe) engine_probe_leave(s);
    timer_cancel(&s->polling->timer);
    free(s->polling);
    s->polling = NULL;
}
