/* Walks the containers of JPEG (ITU T.81, Exif 2.3), PNG (ISO 15948), WebP (RFC 9649) and GIF (89a) and copies what is needed to show them.
   Every read is bounded by the span; every length is checked before it is used. Any one thread; owns nothing. */
#include "pictures/strip.h"

enum picture_kind picture_kind_of(struct span b)
{
    if (b.n >= 3 && memcmp(b.p, "\xFF\xD8\xFF", 3) == 0) return picture_jpeg;
    if (b.n >= 8 && memcmp(b.p, "\x89PNG\r\n\x1A\n", 8) == 0) return picture_png;
    if (b.n >= 12 && memcmp(b.p, "RIFF", 4) == 0 && memcmp(b.p + 8, "WEBP", 4) == 0) return picture_webp;
    if (b.n >= 6 && (memcmp(b.p, "GIF87a", 6) == 0 || memcmp(b.p, "GIF89a", 6) == 0)) return picture_gif;
    return picture_none;
}

static uint8_t byte_at(struct span s, size_t i) { return (uint8_t)s.p[i]; }

static uint32_t big32(struct span s, size_t i)
{
    return (uint32_t)byte_at(s, i) << 24 | (uint32_t)byte_at(s, i + 1) << 16 | (uint32_t)byte_at(s, i + 2) << 8 | byte_at(s, i + 3);
}

static uint32_t little32(struct span s, size_t i)
{
    return (uint32_t)byte_at(s, i + 3) << 24 | (uint32_t)byte_at(s, i + 2) << 16 | (uint32_t)byte_at(s, i + 1) << 8 | byte_at(s, i);
}

static struct span part(struct span s, size_t at, size_t n)
{
    return span_make(s.p + at, n);
}

/* ---- JPEG */

static uint32_t number(struct span t, size_t at, int n, bool little)
{
    uint32_t v = 0;
    for (int i = 0; i < n; i++) v = v << 8 | byte_at(t, at + (size_t)(little ? n - 1 - i : i));
    return v;
}

/* 1 to 8; 1 when there is none. exif: behind "Exif\0\0". */
static int orientation_of(struct span t)
{
    if (t.n < 8 || (memcmp(t.p, "II*\0", 4) != 0 && memcmp(t.p, "MM\0*", 4) != 0)) return 1;
    bool little = t.p[0] == 'I';
    size_t at = number(t, 4, 4, little);
    if (at > t.n || t.n - at < 2) return 1;
    size_t n = number(t, at, 2, little);
    at += 2;
    for (size_t i = 0; i < n && t.n - at >= 12; i++, at += 12) {
        if (number(t, at, 2, little) != 0x0112) continue;
        uint32_t v = number(t, at + 8, 2, little);
        return v >= 1 && v <= 8 ? (int)v : 1;
    }
    return 1;
}

static void put_orientation(struct buf *out, int orientation)
{
    char exif[] = "\xFF\xE1\x00\x22" "Exif\0\0" "MM\0*\0\0\0\x08" "\0\x01" "\x01\x12\0\x03\0\0\0\x01\0\0\0\0" "\0\0\0\0";
    exif[4 + 6 + 8 + 2 + 9] = (char)orientation;
    buf_append(out, exif, sizeof exif - 1);
}

static bool begins(struct span s, const char *text, size_t n)
{
    return s.n >= n && memcmp(s.p, text, n) == 0;
}

static bool keeps_segment(int marker, struct span body)
{
    if (marker == 0xE0) return begins(body, "JFIF", 5);
    if (marker == 0xE2) return begins(body, "ICC_PROFILE", 12);
    if (marker == 0xEE) return begins(body, "Adobe", 5);
    return !(marker >= 0xE0 && marker <= 0xEF) && marker != 0xFE;
}

/* The end of entropy-coded data: the next marker that is neither stuffing nor a restart. */
static size_t scan_end(struct span in, size_t at)
{
    while (at + 1 < in.n) {
        const char *ff = memchr(in.p + at, 0xFF, in.n - 1 - at);
        if (!ff) return in.n;
        at = (size_t)(ff - in.p);
        uint8_t next = byte_at(in, at + 1);
        if (next == 0xFF) at++;
        else if (next == 0 || (next >= 0xD0 && next <= 0xD7)) at += 2;
        else return at;
    }
    return in.n;
}

static bool strip_jpeg(struct span in, struct buf *out)
{
    bool oriented = false;
    buf_append(out, in.p, 2);
    for (size_t at = 2; at + 4 <= in.n || (at + 2 <= in.n && byte_at(in, at + 1) == 0xD9);) {
        if (byte_at(in, at) != 0xFF) return false;
        int marker = byte_at(in, at + 1);
        if (marker == 0xFF) {
            at++;
            continue;
        }
        if (marker == 0xD9) {
            buf_append(out, "\xFF\xD9", 2);
            return true;
        }
        size_t n = (size_t)byte_at(in, at + 2) << 8 | byte_at(in, at + 3);
        if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD8) || n < 2 || n + 2 > in.n - at) return false;
        struct span body = part(in, at + 4, n - 2);
        if (marker == 0xE1 && !oriented && begins(body, "Exif\0", 6)) {
            int orientation = orientation_of(part(body, 6, body.n - 6));
            if (orientation != 1) put_orientation(out, orientation);
            oriented = true;
        } else if (keeps_segment(marker, body)) {
            buf_append(out, in.p + at, n + 2);
        }
        at += n + 2;
        if (marker != 0xDA) continue;
        size_t end = scan_end(in, at);
        buf_append(out, in.p + at, end - at);
        at = end;
    }
    return false;
}

/* ---- PNG */

static bool keeps_chunk(const char *name)
{
    static const char *const kept[] = { "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (memcmp(name, kept[i], 4) == 0) return true;
    return false;
}

static bool strip_png(struct span in, struct buf *out)
{
    buf_append(out, in.p, 8);
    for (size_t at = 8; in.n - at >= 12;) {
        size_t n = big32(in, at);
        if (n > in.n - at - 12) return false;
        if (keeps_chunk(in.p + at + 4)) buf_append(out, in.p + at, n + 12);
        if (memcmp(in.p + at + 4, "IEND", 4) == 0) return true;
        at += n + 12;
    }
    return false;
}

/* ---- WebP */

static bool keeps_riff(const char *name)
{
    static const char *const kept[] = { "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (memcmp(name, kept[i], 4) == 0) return true;
    return false;
}

static bool strip_webp(struct span in, struct buf *out)
{
    enum { has_xmp = 0x04, has_exif = 0x08 };
    size_t begin = out->n, end = (size_t)little32(in, 4) + 8;
    if (end < 12 || end > in.n) return false;
    buf_append(out, in.p, 12);
    for (size_t at = 12; end - at >= 8;) {
        size_t n = little32(in, at + 4), padded = n + (n & 1);
        if (n > end - at - 8) return false;
        if (padded > end - at - 8) padded = n;
        size_t to = out->n;
        if (keeps_riff(in.p + at)) {
            buf_append(out, in.p + at, 8 + n);
            if (n & 1) buf_append_char(out, 0);
        }
        if (memcmp(in.p + at, "VP8X", 4) == 0 && n >= 10 && !out->failed) out->p[to + 8] &= (char)~(has_xmp | has_exif);
        at += 8 + padded;
    }
    if (out->failed || out->n - begin <= 12) return false;
    uint32_t size = (uint32_t)(out->n - begin - 8);
    for (int i = 0; i < 4; i++) out->p[begin + 4 + (size_t)i] = (char)(size >> (8 * i));
    return true;
}

/* ---- GIF */

/* Behind the sub-blocks that begin at `at`; 0: cut off. */
static size_t sub_blocks_end(struct span in, size_t at)
{
    while (at < in.n) {
        size_t n = byte_at(in, at);
        if (n == 0) return at + 1;
        if (n + 1 > in.n - at) return 0;
        at += n + 1;
    }
    return 0;
}

static size_t table_bytes(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static bool keeps_extension(struct span in, size_t at)
{
    uint8_t label = byte_at(in, at + 1);
    if (label == 0xF9) return true;
    if (label != 0xFF || in.n - at < 14 || byte_at(in, at + 2) != 11) return false;
    return memcmp(in.p + at + 3, "NETSCAPE2.0", 11) == 0 || memcmp(in.p + at + 3, "ANIMEXTS1.0", 11) == 0;
}

static bool strip_gif(struct span in, struct buf *out)
{
    if (in.n < 13) return false;
    size_t at = 13 + table_bytes(byte_at(in, 10));
    if (at > in.n) return false;
    buf_append(out, in.p, at);
    while (in.n - at >= 1) {
        uint8_t block = byte_at(in, at);
        size_t end = 0;
        if (block == 0x3B) {
            buf_append_char(out, 0x3B);
            return true;
        }
        if (block == 0x21 && in.n - at >= 3) end = sub_blocks_end(in, at + 2);
        if (block == 0x2C && in.n - at >= 11) {
            size_t data = at + 10 + table_bytes(byte_at(in, at + 9)) + 1;
            if (data < in.n) end = sub_blocks_end(in, data);
        }
        if (!end) return false;
        if (block == 0x2C || keeps_extension(in, at)) buf_append(out, in.p + at, end - at);
        at = end;
    }
    return false;
}

bool picture_strip(struct span bytes, struct buf *out)
{
    bool done = false;
    switch (picture_kind_of(bytes)) {
    case picture_jpeg: done = strip_jpeg(bytes, out); break;
    case picture_png: done = strip_png(bytes, out); break;
    case picture_webp: done = strip_webp(bytes, out); break;
    case picture_gif: done = strip_gif(bytes, out); break;
    case picture_none: break;
    }
    return done && !out->failed;
}
