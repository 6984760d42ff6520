/* Polling payloads of Engine.IO and the Socket.IO packets in them. First byte: the ceiling of attachments. What is read whole is written back and must be read as the same. */
#include "fuzz.h"
#include "wire/engine_packet.h"
#include "wire/socketio_packet.h"

static bool is_inside(struct span part, struct span all)
{
    return !part.n || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void check_cut(const struct socketio_packet *p, struct span data)
{
    struct span first, rest;
    socketio_packet_cut(data, &first, &rest);
    if (!is_inside(first, data) || !is_inside(rest, data)) abort();
    if (first.n == 0 && p->type == socketio_type_event) abort();
}

static void check_head(const struct socketio_packet *p, struct span text, unsigned most)
{
    struct socketio_packet again;
    struct buf b;
    if (p->data.n && p->data.p[0] == '/') return; /* "2/,/x" has no other spelling, and is no JSON */
    buf_init(&b, text.n + 64);
    socketio_packet_begin(&b, p->type, p->n_attachments, p->namespace_name, p->id);
    buf_append_span(&b, p->data);
    if (socketio_packet_read(buf_span(&b), most, &again) != fault_none) abort();
    bool same = again.type == p->type && again.n_attachments == p->n_attachments && again.id == p->id && span_eq(again.namespace_name, p->namespace_name) &&
                span_eq(again.data, p->data);
    if (!same) abort();
    buf_fini(&b);
}

static void read_packet(struct span text, unsigned most)
{
    struct socketio_packet p;
    if (socketio_packet_read(text, most, &p) != fault_none) return;
    if (p.n_attachments > most || p.id > SOCKETIO_ID_MAX || !is_inside(p.data, text)) abort();
    check_head(&p, text, most);
    struct json j = { 0 };
    if (p.data.p && json_parse(&j, p.data, p.data.n) != fault_none) return;
    bool is_event = p.type == socketio_type_event || p.type == socketio_type_binary_event;
    if (socketio_packet_is_valid(&p, j.root) && is_event && j.root) check_cut(&p, p.data);
    if (j.doc) json_done(&j);
}

static void read_binary(const struct engine_packet *p, struct buf *payload)
{
    struct buf bytes;
    buf_init(&bytes, p->data.n + 4);
    if (engine_packet_bytes(p, &bytes)) engine_payload_add_binary(payload, buf_span(&bytes));
    buf_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = { (const char *)data, n }, text;
    unsigned most = fuzz_byte(&in) % 65;
    char *copy = fuzz_copy(in);
    struct span rest = { copy, in.n };
    struct buf payload;
    struct engine_packet p;
    buf_init(&payload, 2 * in.n + 1024);
    while (engine_payload_next(&rest, &text)) {
        if (!engine_packet_read(text, &p)) continue;
        if (!is_inside(p.data, span_make(copy, in.n))) abort();
        if (p.is_binary)
            read_binary(&p, &payload);
        else if (p.type == engine_packet_message)
            read_packet(p.data, most);
    }
    if (payload.failed) abort();
    buf_fini(&payload);
    free(copy);
    return 0;
}
