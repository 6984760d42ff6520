/* What comes from clients of Socket.IO: packets put together with their attachments, namespaces asked for, joined and left. See
   socketio_state.h. The loop's thread. Owns the clients and their namespaces. A client that breaks the protocol loses its session, as with
   the reference. */
#include "net/socketio_state.h"
#include "base/rand.h"
#include <stdlib.h>

static const struct socketio_rules *rules_of(const struct socketio_client *client)
{
    return engine_rules(client->session)->arg;
}

static void break_off(struct socketio_client *client)
{
    engine_close(client->session);
}

/* Namespaces */

static struct socketio *find(const struct socketio_client *client, struct span name)
{
    struct socketio *s = client->first;
    while (s && !span_eq(span_of(s->namespace->name), name)) s = s->next;
    return s;
}

static void take_out(struct socketio *s)
{
    struct socketio **link = &s->client->first;
    while (*link != s) link = &(*link)->next;
    *link = s->next;
}

static void leave(struct socketio *s)
{
    take_out(s);
    if (s->namespace->handler->on_close) s->namespace->handler->on_close(s);
    free(s);
}

static void refuse_namespace(struct socketio_client *client, struct span name)
{
    struct buf text;
    buf_init(&text, name.n + 64);
    socketio_packet_begin(&text, socketio_type_connect_error, 0, name, -1);
    buf_append_cstr(&text, "{\"message\":\"Invalid namespace\"}");
    engine_send_text(client->session, buf_span(&text));
    buf_fini(&text);
}

static void join(struct socketio_client *client, const struct socketio_packet *p)
{
    const struct socketio_rules *rules = rules_of(client);
    size_t i = 0;
    while (i < rules->n_namespaces && !span_eq(span_of(rules->namespaces[i].name), p->namespace_name)) i++;
    if (i == rules->n_namespaces) {
        refuse_namespace(client, p->namespace_name);
        return;
    }
    struct socketio *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->client = client, s->namespace = &rules->namespaces[i], s->serial = ++client->next_serial;
    rand_bytes(s->id, sizeof s->id);
    s->next = client->first;
    client->first = s;
    s->namespace->handler->on_connect(s, p->data.p ? p->data : SPAN("{}"));
}

void socketio_accept(struct socketio *s)
{
    char id[ENGINE_ID_CHARS + 1];
    struct buf text;
    s->accepted = true;
    engine_claim(s->client->session);
    socketio_id(s, id);
    buf_init(&text, 256);
    socketio_packet_begin(&text, socketio_type_connect, 0, span_of(s->namespace->name), -1);
    buf_printf(&text, "{\"sid\":\"%s\"}", id);
    engine_send_text(s->client->session, buf_span(&text));
    buf_fini(&text);
}

void socketio_refuse(struct socketio *s, const char *message)
{
    struct buf text;
    buf_init(&text, 4096);
    socketio_packet_begin(&text, socketio_type_connect_error, 0, span_of(s->namespace->name), -1);
    buf_append_cstr(&text, "{\"message\":");
    json_text(&text, span_of(message));
    buf_append_char(&text, '}');
    engine_send_text(s->client->session, buf_span(&text));
    buf_fini(&text);
    take_out(s);
    free(s);
}

void socketio_disconnect(struct socketio *s)
{
    struct buf text;
    buf_init(&text, 256);
    socketio_packet_begin(&text, socketio_type_disconnect, 0, span_of(s->namespace->name), -1);
    engine_send_text(s->client->session, buf_span(&text));
    buf_fini(&text);
    leave(s);
}

void socketio_close(struct socketio *s)
{
    break_off(s->client);
}

/* Packets */

/* Text without NUL, a number as it stands. */
static struct span name_of(struct json *j, struct span first)
{
    struct json_walk walk = json_walk(j->root);
    struct span name;
    return json_as_text(json_walk_next(&walk), &name) ? name : first;
}

static void take_event(struct socketio *s, const struct socketio_packet *p, struct json *j, const struct span *attachments)
{
    struct span first, rest;
    if (!j->root) return;
    socketio_packet_cut(p->data, &first, &rest);
    s->namespace->handler->on_event(s, &(struct socketio_event){ .name = name_of(j, first), .args = j->root, .args_text = rest,
        .attachments = attachments, .n_attachments = p->n_attachments, .ack = p->id });
}

static void take_valid(struct socketio_client *client, const struct socketio_packet *p, struct json *j, const struct span *attachments)
{
    struct socketio *s = find(client, p->namespace_name);
    if (p->type == socketio_type_connect && !s) {
        join(client, p);
        return;
    }
    if (!s || !s->accepted) {
        break_off(client);
        return;
    }
    switch (p->type) {
    case socketio_type_event:
    case socketio_type_binary_event: take_event(s, p, j, attachments); break;
    case socketio_type_disconnect: leave(s); break;
    case socketio_type_acknowledgement:
    case socketio_type_binary_acknowledgement: break; /* nothing here asks for one */
    case socketio_type_connect:
    case socketio_type_connect_error: break_off(client); break;
    }
}

static void take(struct socketio_client *client, const struct socketio_packet *p, const struct span *attachments)
{
    struct json j = { 0 };
    bool good = !p->data.p || json_parse(&j, p->data, p->data.n) == fault_none;
    if (good && socketio_packet_is_valid(p, j.root))
        take_valid(client, p, &j, attachments);
    else
        break_off(client);
    if (j.doc) json_done(&j);
}

/* Attachments */

static void drop_collected(struct socketio_client *client)
{
    struct socketio_collected *c = client->collected;
    if (!c) return;
    client->collected = NULL;
    buf_fini(&c->text);
    buf_fini(&c->bytes);
    free(c);
}

static void begin_collecting(struct socketio_client *client, struct span text)
{
    struct socketio_collected *c = calloc(1, sizeof *c);
    if (!c) abort();
    client->collected = c;
    buf_init(&c->text, text.n + 1);
    buf_init(&c->bytes, engine_rules(client->session)->max_payload_bytes);
    buf_append_span(&c->text, text);
    if (socketio_packet_read(buf_span(&c->text), SOCKETIO_ATTACHMENTS_MAX, &c->packet) != fault_none) break_off(client);
}

static bool is_sound(const struct socketio_packet *p)
{
    struct json j;
    if (!p->data.p) return true;
    if (json_parse(&j, p->data, p->data.n) != fault_none) return false;
    bool sound = socketio_packet_is_valid(p, j.root);
    json_done(&j);
    return sound;
}

static void on_text(struct engine_session *session, struct span text)
{
    struct socketio_client *client = engine_user(session);
    struct socketio_packet p;
    if (client->collected || socketio_packet_read(text, SOCKETIO_ATTACHMENTS_MAX, &p) != fault_none)
        break_off(client);
    else if (p.n_attachments && !is_sound(&p))
        break_off(client);
    else if (p.n_attachments)
        begin_collecting(client, text);
    else
        take(client, &p, NULL);
}

static void take_collected(struct socketio_client *client)
{
    struct socketio_collected *c = client->collected;
    struct span attachments[SOCKETIO_ATTACHMENTS_MAX];
    for (unsigned i = 0; i < c->n_have; i++) {
        size_t from = i ? c->ends[i - 1] : 0;
        attachments[i] = span_make(c->bytes.p + from, c->ends[i] - from);
    }
    client->collected = NULL;
    take(client, &c->packet, attachments);
    buf_fini(&c->text);
    buf_fini(&c->bytes);
    free(c);
}

static void on_binary(struct engine_session *session, struct span bytes)
{
    struct socketio_client *client = engine_user(session);
    struct socketio_collected *c = client->collected;
    if (c) buf_append_span(&c->bytes, bytes);
    if (!c || c->bytes.failed) {
        break_off(client);
        return;
    }
    c->ends[c->n_have++] = c->bytes.n;
    if (c->n_have == c->packet.n_attachments) take_collected(client);
}

/* The session */

static void on_open(struct engine_session *session)
{
    struct socketio_client *client = calloc(1, sizeof *client);
    if (!client) abort();
    client->session = session;
    engine_set_user(session, client);
}

static void on_moved(struct engine_session *session, struct conn *to)
{
    const struct socketio_client *client = engine_user(session);
    for (struct socketio *s = client->first, *next; s; s = next) {
        next = s->next;
        if (s->namespace->handler->on_moved) s->namespace->handler->on_moved(s, to);
    }
}

static void on_drain(struct engine_session *session)
{
    const struct socketio_client *client = engine_user(session);
    for (struct socketio *s = client->first, *next; s; s = next) {
        next = s->next;
        if (s->namespace->handler->on_drain) s->namespace->handler->on_drain(s);
    }
}

static void on_close(struct engine_session *session)
{
    struct socketio_client *client = engine_user(session);
    drop_collected(client);
    while (client->first) leave(client->first);
    free(client);
}

void socketio_routes(struct router *router, struct socketio_rules *rules)
{
    static const struct engine_handler handler = { on_open, on_text, on_binary, on_moved, on_drain, on_close };
    rules->engine.handler = &handler;
    rules->engine.arg = rules;
    engine_routes(router, &rules->engine);
}
