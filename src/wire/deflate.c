/* One deflater and one inflater a thread, reset for each message. Owns both for the life of the thread; deflate_thread_fini frees them.
   Always: no byte of one message can influence the encoding of another. */
#include "wire/deflate.h"
#include <zlib.h>

enum {
    window_bits = 15,
    memory_level = 8,
    level = 4,            /* chat messages are short: more effort finds nothing */
    step_bytes = 1024,    /* least room made for output at a time */
    step_max_bytes = 64 * 1024,
};

static _Thread_local struct {
    z_stream deflater, inflater;
    bool has_deflater, has_inflater;
} mine;

static const char tail[4] = { 0, 0, (char)0xff, (char)0xff };

static bool ready_deflater(void)
{
    if (mine.has_deflater) return deflateReset(&mine.deflater) == Z_OK;
    mine.deflater = (z_stream){ 0 };
    mine.has_deflater = deflateInit2(&mine.deflater, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
    return mine.has_deflater;
}

static bool ready_inflater(void)
{
    if (mine.has_inflater) return inflateReset(&mine.inflater) == Z_OK;
    mine.inflater = (z_stream){ 0 };
    mine.has_inflater = inflateInit2(&mine.inflater, -window_bits) == Z_OK;
    return mine.has_inflater;
}

void deflate_thread_fini(void)
{
    if (mine.has_deflater) deflateEnd(&mine.deflater);
    if (mine.has_inflater) inflateEnd(&mine.inflater);
    mine.has_deflater = mine.has_inflater = false;
}

enum fault deflate_message(struct span message, struct buf *out)
{
    if (!ready_deflater()) return fault_unavailable;
    size_t room = deflateBound(&mine.deflater, message.n) + 16;
    char *to = buf_reserve(out, room);
    if (!to) return fault_too_large;
    z_stream *z = &mine.deflater;
    z->next_in = (Bytef *)(message.n ? message.p : ""), z->avail_in = (uInt)message.n;
    z->next_out = (Bytef *)to, z->avail_out = (uInt)room;
    if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in) return fault_internal;
    size_t n = room - z->avail_out;
    if (n >= sizeof tail && memcmp(to + n - sizeof tail, tail, sizeof tail) == 0) n -= sizeof tail;
    if (n == 0) to[n++] = 0; /* RFC 7692 section 7.2.3.6 */
    buf_commit(out, n);
    return fault_none;
}

/* Makes room and inflates once. The ceiling is kept by never offering more room than one byte past it. */
static enum fault inflate_step(size_t max_bytes, size_t before, struct buf *out, int *status_out)
{
    size_t made = out->n - before;
    if (made > max_bytes) return fault_too_large;
    size_t room = made + step_bytes < step_max_bytes ? made + step_bytes : step_max_bytes;
    if (room > max_bytes - made + 1) room = max_bytes - made + 1;
    char *to = buf_reserve(out, room);
    if (!to) return fault_too_large;
    mine.inflater.next_out = (Bytef *)to, mine.inflater.avail_out = (uInt)room;
    *status_out = inflate(&mine.inflater, Z_SYNC_FLUSH);
    buf_commit(out, room - mine.inflater.avail_out);
    if (out->n - before > max_bytes) return fault_too_large;
    if (*status_out == Z_MEM_ERROR) return fault_unavailable;
    return *status_out == Z_OK || *status_out == Z_BUF_ERROR || *status_out == Z_STREAM_END ? fault_none : fault_invalid;
}

static enum fault inflate_run(struct span in, size_t max_bytes, size_t before, struct buf *out)
{
    z_stream *z = &mine.inflater;
    z->next_in = (Bytef *)in.p, z->avail_in = (uInt)in.n;
    for (;;) {
        int status;
        enum fault f = inflate_step(max_bytes, before, out, &status);
        if (f != fault_none) return f;
        if (status == Z_STREAM_END) { /* a final block; the next may follow (RFC 7692 section 7.2.3.4) */
            if (inflateReset(z) != Z_OK) return fault_internal;
            if (z->avail_in == 0) return fault_none;
        } else if (z->avail_out) {
            return z->avail_in ? fault_invalid : fault_none;
        }
    }
}

enum fault inflate_message(struct span deflated, size_t max_bytes, struct buf *out)
{
    if (deflated.n == 0) return fault_none; /* no block at all: some encoders send an empty message so */
    if (!ready_inflater()) return fault_unavailable;
    size_t before = out->n;
    enum fault f = inflate_run(deflated, max_bytes, before, out);
    if (f == fault_none) f = inflate_run(span_make(tail, sizeof tail), max_bytes, before, out);
    bool at_block_end = (mine.inflater.data_type & 128) != 0;
    return f == fault_none && !at_block_end ? fault_invalid : f;
}
