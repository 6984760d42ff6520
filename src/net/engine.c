/* Sessions of Engine.IO: their places, heartbeats, packets and end. See engine_state.h for the states. The loop's thread. An engine owns
   its sessions, a session its memory of the handshake and what belongs to polling; connections belong to the net. */
#include "net/engine_state.h"
#include "base/rand.h"
#include <stdlib.h>

enum { first_slots = 64, late_ms = 50 };

/* Heartbeats. The client has its whole time-out also when this loop was late with the ping. */

static void send_ping(struct deadlines *all, struct deadline *d)
{
    struct engine_session *s = container_of(d, struct engine_session, heart);
    struct engine *engine = container_of(all, struct engine, pings);
    int64_t now = loop_now_ms(all->loop), from = now - d->due_ms > late_ms ? now : d->due_ms;
    s->awaits_pong = true;
    deadline_set(&engine->pongs, d, from + engine->rules->ping_timeout_ms);
    conn_push(s->conn, engine->ping);
}

static void miss_claim(struct deadlines *all, struct deadline *d)
{
    engine_close(container_of(d, struct engine_session, claim));
}

void engine_claim(struct engine_session *s)
{
    deadline_clear(&s->claim);
}

static void miss_pong(struct deadlines *all, struct deadline *d)
{
    engine_close(container_of(d, struct engine_session, heart));
}

void engine_heard_pong(struct engine_session *s)
{
    struct engine *engine = s->engine;
    s->awaits_pong = false;
    deadline_set(&engine->pings, &s->heart, loop_now_ms(engine->net->loop) + engine->rules->ping_interval_ms);
}

/* Engines */

static struct engine *make(struct net *net, const struct engine_rules *rules)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) abort();
    engine->net = net;
    engine->rules = rules;
    deadlines_init(&engine->pings, net->loop, send_ping);
    deadlines_init(&engine->pongs, net->loop, miss_pong);
    deadlines_init(&engine->claims, net->loop, miss_claim);
    engine_socket_handler(rules, &engine->socket);
    engine_polling_handler(&engine->polling);
    engine->ping = frame_create_static(SPAN("\x81\x01" "2"));
    engine->next = net->engines;
    net->engines = engine;
    return engine;
}

struct engine *engine_get(struct net *net, const struct engine_rules *rules)
{
    struct engine *engine = net->engines;
    while (engine && engine->rules != rules) engine = engine->next;
    return engine ? engine : make(net, rules);
}

void engines_fini(struct net *net)
{
    while (net->engines) {
        struct engine *engine = net->engines;
        net->engines = engine->next;
        assert(engine->n_free == engine->n_slots);
        deadlines_fini(&engine->pings);
        deadlines_fini(&engine->pongs);
        deadlines_fini(&engine->claims);
        frame_unref(engine->ping);
        free(engine->slots);
        free(engine->free_slots);
        free(engine);
    }
}

/* Places */

static bool add_slots(struct engine *engine)
{
    uint32_t n = engine->n_slots ? engine->n_slots * 2 : first_slots;
    if (n > ENGINE_SESSIONS_MAX) return false;
    struct engine_session **slots = realloc(engine->slots, n * sizeof *slots);
    if (slots) engine->slots = slots;
    uint32_t *free_slots = realloc(engine->free_slots, n * sizeof *free_slots);
    if (free_slots) engine->free_slots = free_slots;
    if (!slots || !free_slots) return false;
    for (uint32_t i = n; i-- > engine->n_slots;) {
        slots[i] = NULL;
        free_slots[engine->n_free++] = i;
    }
    engine->n_slots = n;
    return true;
}

struct engine_session *engine_create(struct engine *engine)
{
    if (engine->n_free == 0 && !add_slots(engine)) return NULL;
    struct engine_session *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->engine = engine;
    s->slot = engine->free_slots[--engine->n_free];
    s->serial = ++engine->next_serial;
    deadline_init(&s->heart);
    deadline_init(&s->claim);
    rand_bytes(s->secret, sizeof s->secret);
    engine->slots[s->slot] = s;
    return s;
}

void engine_forget(struct engine_session *s)
{
    if (s->memory) s->engine->rules->forget(s->memory);
    s->memory = NULL;
}

void engine_drop(struct engine_session *s)
{
    struct engine *engine = s->engine;
    engine_forget(s);
    engine->slots[s->slot] = NULL;
    engine->free_slots[engine->n_free++] = s->slot;
    free(s);
}

/* The beginning and the end */

void engine_open(struct engine_session *s)
{
    const struct engine_rules *rules = s->engine->rules;
    char id[ENGINE_ID_CHARS + 1], packet[256];
    engine_id(s, id);
    int n = snprintf(packet, sizeof packet, "0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%d,\"pingTimeout\":%d,\"maxPayload\":%zu}", id,
                     s->polling ? "\"websocket\"" : "", rules->ping_interval_ms, rules->ping_timeout_ms, rules->max_payload_bytes);
    engine_push_packet(s->conn, span_make(packet, (size_t)n));
    int64_t now = loop_now_ms(s->engine->net->loop);
    deadline_set(&s->engine->pings, &s->heart, now + rules->ping_interval_ms);
    if (rules->claim_ms) deadline_set(&s->engine->claims, &s->claim, now + rules->claim_ms);
    if (rules->handler->on_open) rules->handler->on_open(s);
}

static void stop_hearing(struct engine_session *s)
{
    s->closing = true;
    deadline_clear(&s->heart);
    deadline_clear(&s->claim);
}

void engine_close(struct engine_session *s)
{
    if (s->closing) return;
    stop_hearing(s);
    if (s->polling) engine_poll_end(s, "1");
    ws_close(s->conn, WS_NORMAL, "");
}

void engine_end(struct engine_session *s)
{
    stop_hearing(s);
    if (s->polling) {
        engine_poll_end(s, "1");
        engine_polling_free(s);
    }
    if (s->engine->rules->handler->on_close) s->engine->rules->handler->on_close(s);
    engine_drop(s);
}

/* Packets of the client */

static bool take_message(struct engine_session *s, const struct engine_packet *p)
{
    const struct engine_handler *handler = s->engine->rules->handler;
    if (!p->is_binary) {
        handler->on_text(s, p->data);
        return true;
    }
    struct buf bytes;
    buf_init(&bytes, p->data.n + 4);
    bool good = engine_packet_bytes(p, &bytes);
    if (good) handler->on_binary(s, buf_span(&bytes));
    buf_fini(&bytes);
    return good;
}

bool engine_take(struct engine_session *s, const struct engine_packet *p)
{
    switch (p->type) {
    case engine_packet_message: return take_message(s, p);
    case engine_packet_pong: engine_heard_pong(s); return true;
    case engine_packet_ping: return false;
    case engine_packet_close:
        if (s->polling) engine_poll_left(s);
        engine_close(s);
        return true;
    case engine_packet_open:
    case engine_packet_upgrade:
    case engine_packet_noop: return true;
    }
    return false;
}

/* Packets to the client */

static void append(struct buf *out, enum ws_opcode op, struct span type, struct span data)
{
    char head[WS_HEAD_MAX_BYTES];
    size_t n = ws_encode_head(head, op, false, type.n + data.n);
    buf_append(out, head, n);
    buf_append_span(out, type);
    buf_append_span(out, data);
}

void engine_append_text(struct buf *out, struct span text)
{
    append(out, ws_op_text, SPAN("4"), text);
}

void engine_append_binary(struct buf *out, struct span bytes)
{
    append(out, ws_op_binary, SPAN(""), bytes);
}

static void push(struct conn *c, enum ws_opcode op, struct span type, struct span data)
{
    char head[WS_HEAD_MAX_BYTES], *room;
    if (!conn_hears(c)) return;
    size_t n = ws_encode_head(head, op, false, type.n + data.n);
    struct frame *f = frame_create_room(n + type.n + data.n, &room);
    if (!f) {
        conn_kill(c, WS_ABNORMAL);
        return;
    }
    memcpy(room, head, n);
    if (type.n) memcpy(room + n, type.p, type.n);
    if (data.n) memcpy(room + n + type.n, data.p, data.n);
    conn_push(c, f);
    frame_unref(f);
}

void engine_push_packet(struct conn *c, struct span packet)
{
    push(c, ws_op_text, SPAN(""), packet);
}

void engine_send_text(struct engine_session *s, struct span text)
{
    push(s->conn, ws_op_text, SPAN("4"), text);
}

void engine_send_binary(struct engine_session *s, struct span bytes)
{
    push(s->conn, ws_op_binary, SPAN(""), bytes);
}

/* Looking */

const struct engine_rules *engine_rules(const struct engine_session *s) { return s->engine->rules; }
struct conn *engine_conn(const struct engine_session *s) { return s->conn; }
void *engine_memory(const struct engine_session *s) { return s->memory; }
void *engine_user(const struct engine_session *s) { return s->user; }
void engine_set_user(struct engine_session *s, void *user) { s->user = user; }
bool engine_is_closing(const struct engine_session *s) { return s->closing; }

struct engine_session *engine_of(struct conn *c)
{
    struct engine_session *s = ws_user(c);
    return s && s->conn == c && !s->closing ? s : NULL;
}

struct engine_ref engine_ref(const struct engine_session *s)
{
    return (struct engine_ref){ s->slot, s->serial };
}

struct engine_session *engine_find(struct net *net, const struct engine_rules *rules, struct engine_ref ref)
{
    struct engine *engine = engine_get(net, rules);
    struct engine_session *s = ref.slot < engine->n_slots ? engine->slots[ref.slot] : NULL;
    return s && s->serial == ref.serial && !s->closing ? s : NULL;
}
