/* WebSocket client frames, whole and cut. First byte: the stride; second: bit 0 deflate, bit 1 the rest are frames to be built (first byte, length
   byte, payload; masked here) instead of raw bytes, upper bits the ceiling. What comes out whole also goes through the encoder and back. */
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/deflate.h"
#include "wire/ws.h"

static size_t ceiling;
static bool deflating;

static void check_unit(const struct ws_unit *u)
{
    if (u->kind == ws_unit_text && !utf8_valid(u->payload)) abort();
    if ((u->kind == ws_unit_text || u->kind == ws_unit_binary) && u->payload.n > ceiling) abort();
    if ((u->kind == ws_unit_ping || u->kind == ws_unit_pong || u->kind == ws_unit_close) && u->payload.n > 125) abort();
    if (u->kind == ws_unit_close && u->code != WS_NO_CODE && !ws_code_is_valid(u->code)) abort();
}

static bool feed(struct ws_parser *p, char *window, size_t n, struct buf *story)
{
    struct ws_unit u;
    for (size_t used;; window += used, n -= used) {
        ws_parse(p, window, n, &used, &u);
        if (used > n) abort();
        check_unit(&u);
        if (u.kind == ws_unit_none) {
            if (used != n) abort();
            return true;
        }
        buf_append_char(story, (char)('0' + u.kind));
        buf_append_i64(story, u.code);
        buf_append_span(story, u.payload);
        if (u.kind == ws_unit_failed) return false;
    }
}

static void read_frames(struct span bytes, size_t stride, struct buf *story)
{
    struct ws_parser p;
    bool going = true;
    ws_parser_init(&p, ceiling, deflating);
    for (size_t at = 0; going && at < bytes.n; at += stride) {
        struct span piece = { bytes.p + at, bytes.n - at < stride ? bytes.n - at : stride };
        char *window = fuzz_copy(piece);
        going = feed(&p, window, piece.n, story);
        if (!ws_parser_is_midway(&p) && p.pending && !p.closed) abort();
        free(window);
    }
    ws_parser_fini(&p);
}

static void build_frames(struct span in, struct buf *out)
{
    static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    while (in.n) {
        unsigned first = fuzz_byte(&in), n = fuzz_byte(&in) & 0x7F;
        if (n > in.n) n = (unsigned)in.n;
        buf_append_char(out, (char)first);
        buf_append_char(out, (char)(0x80 | (n < 126 ? n : 126)));
        if (n >= 126) buf_append(out, (char[]){ 0, (char)n }, 2);
        buf_append(out, mask, 4);
        for (unsigned i = 0; i < n; i++) buf_append_char(out, (char)(fuzz_byte(&in) ^ mask[i & 3]));
    }
}

static void round_trip(struct span message)
{
    struct buf z, back;
    buf_init(&z, 1 << 22), buf_init(&back, 1 << 22);
    if (deflate_message(message, &z) != fault_none) abort();
    if (inflate_message(buf_span(&z), message.n, &back) != fault_none || !span_eq(buf_span(&back), message)) abort();
    buf_fini(&z), buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = { (const char *)data, n };
    struct buf frames;
    size_t stride = fuzz_byte(&in) % 32;
    unsigned flags = fuzz_byte(&in);
    deflating = flags & 1;
    ceiling = flags & 0xFC ? (size_t)(flags >> 2) * 16 : 1 << 20;
    buf_init(&frames, 1 << 22);
    if (flags & 2) build_frames(in, &frames);
    else buf_append_span(&frames, in);
    fuzz_cuts(read_frames, buf_span(&frames), stride);
    round_trip(in);
    buf_fini(&frames);
    return 0;
}
