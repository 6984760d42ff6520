/* multipart/form-data, whole and cut. First byte: the stride; second: the ceilings. The boundary is "b". */
#include "fuzz.h"
#include "base/utf8.h"
#include "wire/multipart.h"

static struct multipart_limits limits;

static bool feed(struct multipart *m, struct span window, struct buf *story)
{
    for (struct multipart_unit u;;) {
        multipart_next(m, &window, &u);
        if (u.kind == multipart_more) {
            if (window.n) abort();
            return true;
        }
        if (u.kind != multipart_data) buf_append_char(story, (char)('0' + u.kind));
        if (u.kind == multipart_part) {
            if (!utf8_valid(u.name) || !utf8_valid(u.filename)) abort();
            buf_append_span(story, u.name), buf_append_char(story, '|'), buf_append_span(story, u.filename), buf_append_char(story, '|');
            buf_append_span(story, u.content_type);
        }
        buf_append_span(story, u.data);
        if (u.kind == multipart_bad) return false;
    }
}

static void read_body(struct span bytes, size_t stride, struct buf *story)
{
    struct multipart *m = multipart_create(SPAN("b"), limits);
    bool going = true;
    for (size_t at = 0; going && at < bytes.n; at += stride) {
        struct span piece = { bytes.p + at, bytes.n - at < stride ? bytes.n - at : stride };
        char *copy = fuzz_copy(piece);
        going = feed(m, (struct span){ copy, piece.n }, story);
        free(copy);
    }
    buf_append_i64(story, multipart_is_whole(m));
    multipart_destroy(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = { (const char *)data, n }, boundary;
    size_t stride = fuzz_byte(&in) % 32;
    unsigned ceilings = fuzz_byte(&in);
    limits = (struct multipart_limits){ .max_parts = ceilings & 7, .max_head_bytes = (ceilings >> 3) * 16 };
    fuzz_cuts(read_body, in, stride);
    char *content_type = fuzz_copy(in);
    if (multipart_boundary((struct span){ content_type, in.n }, &boundary) == fault_none) {
        struct multipart *m = multipart_create(boundary, limits);
        if (!m) abort();
        multipart_destroy(m);
    }
    free(content_type);
    return 0;
}
