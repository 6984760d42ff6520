/* The frame parser and the encoder. One thread: that of the connection.

   A frame that lies whole in the window and is a whole message (or a control frame) is handled in place. Everything else goes through
   struct ws_pending, which exists only while a frame or a message is under way, or while something out of it is lent to the caller:

       idle ──begin_pending──> head ──parse_head──> payload ──end_frame──> head (message goes on) or lent ──release_lent──> idle

   Always: what is lent out of ws_pending is untouched until the next ws_parse, which frees it all unless something is under way. */
#include "wire/ws.h"
#include "base/utf8.h"
#include "wire/deflate.h"
#include <stdlib.h>

enum { control_max_bytes = 125, head_max_bytes = 14 };

struct frame_head {
    uint64_t n_payload;
    unsigned char mask[4];
    uint8_t opcode;
    bool fin, rsv1;
};

struct ws_pending {
    struct buf message; /* of the message under way, as it came */
    struct buf inflated;
    struct frame_head frame;
    uint64_t n_done; /* payload bytes of the frame that were taken */
    uint32_t utf8;
    bool in_frame, compressed;
    uint8_t message_opcode; /* 0: no message has begun */
    uint8_t n_head;
    char head[head_max_bytes];
    char control[control_max_bytes];
};

void ws_unmask(char *bytes, size_t n, const unsigned char mask[4], unsigned phase)
{
    unsigned char turned[8];
    for (unsigned i = 0; i < 8; i++) turned[i] = mask[(phase + i) & 3];
    uint64_t wide, word;
    memcpy(&wide, turned, 8);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, bytes + i, 8);
        word ^= wide;
        memcpy(bytes + i, &word, 8);
    }
    for (; i < n; i++) bytes[i] = (char)(bytes[i] ^ turned[i & 7]);
}

void ws_parser_init(struct ws_parser *p, size_t max_message_bytes, bool deflate)
{
    *p = (struct ws_parser){ .max_message_bytes = (uint32_t)max_message_bytes, .deflate = deflate };
}

static void drop_pending(struct ws_parser *p)
{
    if (!p->pending) return;
    buf_fini(&p->pending->message);
    buf_fini(&p->pending->inflated);
    free(p->pending);
    p->pending = NULL;
}

void ws_parser_fini(struct ws_parser *p)
{
    drop_pending(p);
}

bool ws_parser_is_midway(const struct ws_parser *p)
{
    const struct ws_pending *q = p->pending;
    return q && (q->message_opcode || q->in_frame || q->n_head);
}

static void fail(struct ws_parser *p, uint16_t code, struct ws_unit *out)
{
    drop_pending(p);
    p->failed_code = code;
    *out = (struct ws_unit){ .kind = ws_unit_failed, .code = code };
}

/* Incompressible data grows when deflated; twice the ceiling is more than any honest encoder needs. */
static uint64_t payload_ceiling(const struct ws_parser *p, bool compressed)
{
    return compressed ? 2 * (uint64_t)p->max_message_bytes + 64 : p->max_message_bytes;
}

bool ws_code_is_valid(unsigned code)
{
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/* ---- Heads ---- */

static size_t head_length(const unsigned char *p, size_t n)
{
    if (n < 2) return 2;
    unsigned length = p[1] & 0x7F;
    return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + ((p[1] & 0x80) ? 4 : 0);
}

/* RFC 6455 section 5.2. Answers 0, or the code to fail with. The first two bytes suffice for the verdicts that need no length. */
static uint16_t check_first_bytes(const struct ws_parser *p, const unsigned char *b)
{
    const struct ws_pending *q = p->pending;
    bool midway = q && q->message_opcode;
    unsigned opcode = b[0] & 15, length = b[1] & 0x7F;
    if (b[0] & 0x30 || !(b[1] & 0x80)) return WS_PROTOCOL_ERROR;
    bool rsv1 = b[0] & 0x40;
    if (opcode >= 8) return opcode > 10 || length > control_max_bytes || !(b[0] & 0x80) || rsv1 ? WS_PROTOCOL_ERROR : 0;
    if (opcode > 2 || (opcode == 0) != midway) return WS_PROTOCOL_ERROR;
    return rsv1 && (!p->deflate || opcode == 0) ? WS_PROTOCOL_ERROR : 0;
}

static uint16_t read_head(const struct ws_parser *p, const unsigned char *b, struct frame_head *out)
{
    size_t at = 2;
    *out = (struct frame_head){ .opcode = b[0] & 15, .fin = b[0] & 0x80, .rsv1 = b[0] & 0x40 };
    unsigned length = b[1] & 0x7F;
    out->n_payload = length;
    if (length >= 126) {
        out->n_payload = 0;
        for (size_t n = length == 126 ? 2 : 8; n; n--) out->n_payload = out->n_payload << 8 | b[at++];
        if (out->n_payload < (length == 126 ? 126u : 65536u) || out->n_payload >> 63) return WS_PROTOCOL_ERROR;
    }
    memcpy(out->mask, b + at, 4);
    if (out->opcode >= 8) return 0;
    const struct ws_pending *q = p->pending;
    bool compressed = out->opcode == 0 ? q && q->compressed : out->rsv1;
    uint64_t before = q ? q->message.n : 0;
    return out->n_payload > payload_ceiling(p, compressed) - before ? WS_TOO_LARGE : 0;
}

/* ---- Units ---- */

static void give_control(struct ws_parser *p, unsigned opcode, struct span payload, struct ws_unit *out)
{
    if (opcode != ws_op_close) {
        *out = (struct ws_unit){ .kind = opcode == ws_op_ping ? ws_unit_ping : ws_unit_pong, .payload = payload };
        return;
    }
    unsigned code = WS_NO_CODE;
    if (payload.n >= 2) code = (unsigned)(unsigned char)payload.p[0] << 8 | (unsigned char)payload.p[1];
    if (payload.n == 1 || (payload.n >= 2 && !ws_code_is_valid(code))) {
        fail(p, WS_PROTOCOL_ERROR, out);
        return;
    }
    struct span reason = payload.n ? (struct span){ payload.p + 2, payload.n - 2 } : (struct span){ 0 };
    if (!utf8_valid(reason)) {
        fail(p, WS_BAD_DATA, out);
        return;
    }
    p->closed = true;
    *out = (struct ws_unit){ .kind = ws_unit_close, .code = (uint16_t)code, .payload = reason };
}

static struct ws_pending *begin_pending(struct ws_parser *p)
{
    if (p->pending) return p->pending;
    struct ws_pending *q = malloc(sizeof *q);
    if (!q) return NULL;
    memset(q, 0, offsetof(struct ws_pending, head));
    buf_init(&q->message, payload_ceiling(p, true));
    buf_init(&q->inflated, p->max_message_bytes + 1u);
    return p->pending = q;
}

static void give_inflated(struct ws_parser *p, unsigned opcode, struct span deflated, struct ws_unit *out)
{
    struct ws_pending *q = begin_pending(p);
    enum fault f = q ? inflate_message(deflated, p->max_message_bytes, &q->inflated) : fault_unavailable;
    if (f == fault_none && opcode == ws_op_text && !utf8_valid(buf_span(&q->inflated))) f = fault_invalid;
    if (f != fault_none) {
        fail(p, f == fault_too_large ? WS_TOO_LARGE : f == fault_invalid ? WS_BAD_DATA : WS_INTERNAL, out);
        return;
    }
    *out = (struct ws_unit){ .kind = opcode == ws_op_text ? ws_unit_text : ws_unit_binary, .payload = buf_span(&q->inflated) };
}

/* A whole message in one frame, already unmasked in the window. */
static void give_window(struct ws_parser *p, const struct frame_head *h, struct span payload, struct ws_unit *out)
{
    if (h->rsv1) give_inflated(p, h->opcode, payload, out);
    else if (h->opcode == ws_op_text && !utf8_valid(payload)) fail(p, WS_BAD_DATA, out);
    else *out = (struct ws_unit){ .kind = h->opcode == ws_op_text ? ws_unit_text : ws_unit_binary, .payload = payload };
}

static void give_message(struct ws_parser *p, struct ws_unit *out)
{
    struct ws_pending *q = p->pending;
    unsigned opcode = q->message_opcode;
    q->message_opcode = 0;
    if (q->compressed) {
        give_inflated(p, opcode, buf_span(&q->message), out);
    } else if (opcode == ws_op_text && q->utf8 != 0) {
        fail(p, WS_BAD_DATA, out);
    } else {
        *out = (struct ws_unit){ .kind = opcode == ws_op_text ? ws_unit_text : ws_unit_binary, .payload = buf_span(&q->message) };
    }
}

/* ---- Frames ---- */

/* The quick way: no state before, none after. False: the window does not hold a whole message or control frame. */
static bool parse_in_place(struct ws_parser *p, char *bytes, size_t n, size_t *n_used_out, struct ws_unit *out)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t n_head = head_length(b, n);
    if (n < n_head) return false;
    uint16_t code = check_first_bytes(p, b);
    struct frame_head h;
    if (!code) code = read_head(p, b, &h);
    if (code) {
        fail(p, code, out);
        return true;
    }
    if (h.n_payload > n - n_head || !h.fin) return false;
    struct span payload = { bytes + n_head, (size_t)h.n_payload };
    ws_unmask(bytes + n_head, payload.n, h.mask, 0);
    *n_used_out = n_head + payload.n;
    if (h.opcode >= 8) give_control(p, h.opcode, payload, out);
    else give_window(p, &h, payload, out);
    return true;
}

static void begin_frame(struct ws_pending *q, const struct frame_head *h)
{
    q->frame = *h;
    q->in_frame = true;
    q->n_done = 0, q->n_head = 0;
    if (h->opcode == ws_op_text || h->opcode == ws_op_binary) {
        q->message_opcode = h->opcode;
        q->compressed = h->rsv1;
        q->utf8 = 0;
    }
}

/* Collects a head byte by byte. The verdict over the first two comes before the rest is awaited. */
static uint16_t collect_head(struct ws_parser *p, const char *bytes, size_t n, size_t *n_used)
{
    struct ws_pending *q = p->pending;
    const unsigned char *b = (const unsigned char *)q->head;
    while (*n_used < n && q->n_head < head_length(b, q->n_head)) {
        q->head[q->n_head++] = bytes[(*n_used)++];
        uint16_t code = q->n_head == 2 ? check_first_bytes(p, b) : 0;
        if (code) return code;
    }
    if (q->n_head < head_length(b, q->n_head)) return 0;
    struct frame_head h;
    uint16_t code = read_head(p, b, &h);
    if (!code) begin_frame(q, &h);
    return code;
}

static uint16_t collect_payload(struct ws_pending *q, char *bytes, size_t n)
{
    ws_unmask(bytes, n, q->frame.mask, (unsigned)(q->n_done & 3));
    if (q->frame.opcode >= 8) {
        memcpy(q->control + q->n_done, bytes, n);
    } else {
        if (q->message_opcode == ws_op_text && !q->compressed && (q->utf8 = utf8_feed(q->utf8, bytes, n)) == UTF8_BAD) return WS_BAD_DATA;
        buf_append(&q->message, bytes, n);
        if (q->message.failed) return WS_TOO_LARGE;
    }
    q->n_done += n;
    return 0;
}

static void end_frame(struct ws_parser *p, struct ws_unit *out)
{
    struct ws_pending *q = p->pending;
    q->in_frame = false;
    if (q->frame.opcode >= 8) give_control(p, q->frame.opcode, (struct span){ q->control, (size_t)q->n_done }, out);
    else if (q->frame.fin) give_message(p, out);
}

/* The slow way: takes bytes until a unit is there or the window is used up. */
static void parse_pieces(struct ws_parser *p, char *bytes, size_t n, size_t *n_used, struct ws_unit *out)
{
    if (!begin_pending(p)) {
        fail(p, WS_INTERNAL, out);
        return;
    }
    struct ws_pending *q = p->pending;
    while (out->kind == ws_unit_none && (*n_used < n || q->in_frame)) {
        uint16_t code = 0;
        if (!q->in_frame) code = collect_head(p, bytes, n, n_used);
        if (!code && q->in_frame) {
            uint64_t left = q->frame.n_payload - q->n_done;
            size_t take = left < n - *n_used ? (size_t)left : n - *n_used;
            code = collect_payload(q, bytes + *n_used, take);
            *n_used += take;
            if (!code && q->n_done < q->frame.n_payload) return;
        }
        if (code) fail(p, code, out);
        else if (q->in_frame) end_frame(p, out);
        if (p->pending != q) return;
    }
}

static void release_lent(struct ws_parser *p)
{
    struct ws_pending *q = p->pending;
    if (!q) return;
    if (!q->message_opcode && !q->in_frame && !q->n_head) drop_pending(p);
}

void ws_parse(struct ws_parser *p, char *bytes, size_t n, size_t *n_used_out, struct ws_unit *out)
{
    *n_used_out = 0;
    *out = (struct ws_unit){ 0 };
    if (p->failed_code) {
        fail(p, p->failed_code, out);
        return;
    }
    release_lent(p);
    if (p->closed) {
        drop_pending(p);
        *n_used_out = n;
        return;
    }
    if (n == 0) return;
    if (!p->pending && parse_in_place(p, bytes, n, n_used_out, out)) return;
    parse_pieces(p, bytes, n, n_used_out, out);
}

/* ---- Encoding ---- */

size_t ws_encode_head(char out[WS_HEAD_MAX_BYTES], enum ws_opcode op, bool deflated, size_t n_payload)
{
    out[0] = (char)(0x80 | (deflated ? 0x40 : 0) | op);
    if (n_payload < 126) {
        out[1] = (char)n_payload;
        return 2;
    }
    size_t n_length = n_payload < 65536 ? 2 : 8;
    out[1] = n_length == 2 ? 126 : 127;
    for (size_t i = 0; i < n_length; i++) out[2 + i] = (char)((uint64_t)n_payload >> 8 * (n_length - 1 - i));
    return 2 + n_length;
}

void ws_encode(struct buf *out, enum ws_opcode op, struct span payload)
{
    char *to = buf_reserve(out, WS_HEAD_MAX_BYTES + payload.n);
    if (!to) return;
    size_t n_head = ws_encode_head(to, op, false, payload.n);
    if (payload.n) memcpy(to + n_head, payload.p, payload.n);
    buf_commit(out, n_head + payload.n);
}

void ws_encode_deflated(struct buf *out, enum ws_opcode op, struct span payload)
{
    struct buf shrunk;
    buf_init(&shrunk, payload.n + payload.n / 64 + 256);
    enum fault f = deflate_message(payload, &shrunk);
    if (f != fault_none || shrunk.n >= payload.n) {
        ws_encode(out, op, payload);
    } else {
        char head[WS_HEAD_MAX_BYTES];
        buf_append(out, head, ws_encode_head(head, op, true, shrunk.n));
        buf_append(out, shrunk.p, shrunk.n);
    }
    buf_fini(&shrunk);
}

void ws_encode_close(struct buf *out, uint16_t code, struct span reason)
{
    char payload[control_max_bytes];
    size_t n = 0;
    if (code) {
        if (reason.n > sizeof payload - 2) {
            reason.n = sizeof payload - 2;
            while (reason.n && ((unsigned char)reason.p[reason.n] & 0xC0) == 0x80) reason.n--;
        }
        payload[n++] = (char)(code >> 8), payload[n++] = (char)code;
        if (reason.n) memcpy(payload + n, reason.p, reason.n);
        n += reason.n;
    }
    ws_encode(out, ws_op_close, (struct span){ payload, n });
}

bool ws_read_own(struct span *rest, enum ws_opcode *op_out, struct span *payload_out)
{
    const unsigned char *b = (const unsigned char *)rest->p;
    size_t n_head = rest->n < 2 ? 2 : head_length(b, rest->n);
    if (rest->n < n_head) return false;
    uint64_t n = b[1] & 0x7F;
    if (n >= 126) {
        n = 0;
        for (size_t i = 2; i < n_head; i++) n = n << 8 | b[i];
    }
    if (rest->n - n_head < n) return false;
    *op_out = b[0] & 15;
    *payload_out = span_make(rest->p + n_head, (size_t)n);
    *rest = span_make(rest->p + n_head + n, rest->n - n_head - (size_t)n);
    return true;
}
