/* What goes to clients of Socket.IO, and looking at them. A packet with attachments is one frame, so that nothing comes between. The loop's
   thread. */
#include "net/socketio_state.h"
#include <openssl/evp.h>

#define TEXT_MAX_BYTES (64u << 20) /* of one packet; the queue has its own ceiling */

static void put_event(struct buf *out, size_t n_attachments, struct span namespace_name, struct span name, struct span args)
{
    socketio_packet_begin(out, n_attachments ? socketio_type_binary_event : socketio_type_event, n_attachments, namespace_name, -1);
    buf_append_char(out, '[');
    json_text(out, name);
    if (args.n) buf_append_char(out, ',');
    buf_append_span(out, args);
    buf_append_char(out, ']');
}

void socketio_append_event(struct buf *out, const char *namespace_name, const char *name, struct span args)
{
    buf_append_char(out, '4');
    put_event(out, 0, span_of(namespace_name), span_of(name), args);
}

static void put_ack(struct buf *out, size_t n_attachments, struct span namespace_name, int64_t id, struct span args)
{
    enum socketio_type type = n_attachments ? socketio_type_binary_acknowledgement : socketio_type_acknowledgement;
    socketio_packet_begin(out, type, n_attachments, namespace_name, id);
    buf_append_char(out, '[');
    buf_append_span(out, args);
    buf_append_char(out, ']');
}

static void send(struct socketio *s, struct buf *text, const struct span *attachments, size_t n)
{
    struct buf frames;
    buf_init(&frames, TEXT_MAX_BYTES);
    engine_append_text(&frames, buf_span(text));
    for (size_t i = 0; i < n; i++) engine_append_binary(&frames, attachments[i]);
    if (text->failed || frames.failed) {
        engine_close(s->client->session);
    } else {
        struct frame *f = frame_create(buf_span(&frames), false);
        conn_push(socketio_conn(s), f);
        frame_unref(f);
    }
    buf_fini(&frames);
    buf_fini(text);
}

void socketio_emit_binary(struct socketio *s, const char *name, struct span args, const struct span *attachments, size_t n)
{
    struct buf text;
    if (!s->accepted) return;
    buf_init(&text, TEXT_MAX_BYTES);
    put_event(&text, n, span_of(s->namespace->name), span_of(name), args);
    send(s, &text, attachments, n);
}

void socketio_emit(struct socketio *s, const char *name, struct span args)
{
    socketio_emit_binary(s, name, args, NULL, 0);
}

void socketio_ack_binary(struct socketio *s, int64_t id, struct span args, const struct span *attachments, size_t n)
{
    struct buf text;
    if (!s->accepted || id < 0) return;
    buf_init(&text, TEXT_MAX_BYTES);
    put_ack(&text, n, span_of(s->namespace->name), id, args);
    send(s, &text, attachments, n);
}

void socketio_ack(struct socketio *s, int64_t id, struct span args)
{
    socketio_ack_binary(s, id, args, NULL, 0);
}

/* Looking */

json_value *socketio_arg(const struct socketio_event *e, size_t i)
{
    struct json_walk walk = json_walk(e->args);
    json_value *v = json_walk_next(&walk);
    for (size_t at = 0; v && at <= i; at++) v = json_walk_next(&walk);
    return v;
}

struct conn *socketio_conn(const struct socketio *s) { return engine_conn(s->client->session); }
struct engine_session *socketio_session(const struct socketio *s) { return s->client->session; }
const char *socketio_namespace_name(const struct socketio *s) { return s->namespace->name; }
void *socketio_user(const struct socketio *s) { return s->user; }
void socketio_set_user(struct socketio *s, void *user) { s->user = user; }

void socketio_id(const struct socketio *s, char out[ENGINE_ID_CHARS + 1])
{
    EVP_EncodeBlock((unsigned char *)out, s->id, sizeof s->id);
    for (char *c = out; *c; c++) *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
}

static struct socketio *first_of(struct engine_session *session)
{
    return session ? ((struct socketio_client *)engine_user(session))->first : NULL;
}

struct socketio *socketio_of(struct conn *c, const char *namespace_name)
{
    struct socketio *s = first_of(engine_of(c));
    while (s && strcmp(s->namespace->name, namespace_name) != 0) s = s->next;
    return s;
}

struct socketio_ref socketio_ref(const struct socketio *s)
{
    return (struct socketio_ref){ engine_ref(s->client->session), s->serial };
}

struct socketio *socketio_find(struct net *net, const struct socketio_rules *rules, struct socketio_ref ref)
{
    struct socketio *s = first_of(engine_find(net, &rules->engine, ref.session));
    while (s && s->serial != ref.serial) s = s->next;
    return s;
}
