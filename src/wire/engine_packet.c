/* See engine_packet.h. Any thread, owns nothing. */
#include "wire/engine_packet.h"
#include "wire/base64.h"

#define SEPARATOR 0x1e

bool engine_packet_read(struct span text, struct engine_packet *out)
{
    if (text.n == 0) return false;
    char type = text.p[0];
    *out = (struct engine_packet){ .type = engine_packet_message, .is_binary = type == 'b', .data = { text.p + 1, text.n - 1 } };
    if (out->is_binary) return true;
    if (type < engine_packet_open || type > engine_packet_noop) return false;
    out->type = (enum engine_packet_type)type;
    return true;
}

bool engine_packet_bytes(const struct engine_packet *p, struct buf *out)
{
    size_t n;
    char *at = buf_reserve(out, BASE64_DECODED_MAX_BYTES(p->data.n) + 1);
    if (!at || !base64_decode(p->data, (unsigned char *)at, &n)) return false;
    buf_commit(out, n);
    return true;
}

bool engine_payload_next(struct span *rest, struct span *packet_out)
{
    if (!rest->p) return false;
    *packet_out = span_cut(*rest, SEPARATOR, rest);
    return true;
}

static void separate(struct buf *payload)
{
    if (payload->n) buf_append_char(payload, SEPARATOR);
}

void engine_payload_add_text(struct buf *payload, struct span packet)
{
    separate(payload);
    buf_append_span(payload, packet);
}

void engine_payload_add_binary(struct buf *payload, struct span bytes)
{
    separate(payload);
    buf_append_char(payload, 'b');
    base64_encode(payload, bytes);
}
