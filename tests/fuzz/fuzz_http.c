/* HTTP requests, pipelined, whole and cut. First byte: the stride; second: the ceiling of bodies. */
#include "fuzz.h"
#include "wire/http_parser.h"

static size_t ceiling;

static void tell_head(struct http_parser *p, struct buf *story)
{
    struct span name, value;
    buf_append_span(story, http_parser_method(p));
    buf_append_span(story, http_parser_path(p));
    buf_append_char(story, '?');
    buf_append_span(story, http_parser_query(p));
    buf_append_i64(story, http_parser_keeps_alive(p) + 2 * http_parser_expects_continue(p) + 4 * http_parser_wants_upgrade(p, SPAN("websocket")));
    for (size_t i = 0; i < http_parser_n_headers(p); i++) {
        http_parser_header_at(p, i, &name, &value);
        buf_append_span(story, name);
        buf_append_char(story, '=');
        buf_append_span(story, value);
    }
}

static bool feed(struct http_parser **p, struct span piece, struct buf *story)
{
    for (;;) {
        size_t used;
        enum http_progress progress = http_parser_feed(*p, piece, &used);
        if (used > piece.n) abort();
        piece.p += used, piece.n -= used;
        if (progress == http_bad) {
            buf_append_i64(story, http_parser_status(*p));
            return false;
        } else if (progress == http_head) {
            tell_head(*p, story);
            http_parser_take_body(*p, ceiling);
        } else if (progress == http_whole) {
            buf_append_span(story, http_parser_body(*p));
            buf_append_char(story, '\n');
            http_parser_destroy(*p);
            *p = http_parser_create();
            if (piece.n == 0) return true;
        } else {
            if (piece.n) abort();
            return true;
        }
    }
}

static void read_requests(struct span bytes, size_t stride, struct buf *story)
{
    struct http_parser *p = http_parser_create();
    bool going = true;
    for (size_t at = 0; going && at < bytes.n; at += stride) {
        struct span piece = { bytes.p + at, bytes.n - at < stride ? bytes.n - at : stride };
        char *copy = fuzz_copy(piece);
        going = feed(&p, (struct span){ copy, piece.n }, story);
        free(copy);
    }
    http_parser_destroy(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = { (const char *)data, n };
    size_t stride = fuzz_byte(&in) % 64;
    ceiling = fuzz_byte(&in) * 4;
    fuzz_cuts(read_requests, in, stride);
    return 0;
}
