/* Any thread; owns nothing. */
#include "dialect/native/tus.h"
#include "base/utf8.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Strict base64 with padding. */
static bool decode(struct span text, unsigned char *out, size_t *n_out)
{
    size_t n = 0, n_pad = 0;
    if (text.n % 4) return false;
    for (size_t i = 0; i < text.n; i += 4) {
        unsigned bits = 0;
        for (size_t k = 0; k < 4; k++) {
            char c = text.p[i + k];
            int v = c == '=' && i + 4 == text.n && k >= 2 ? 0 : value_of(c);
            if (v < 0 || (n_pad && c != '=')) return false;
            n_pad += c == '=';
            bits = bits << 6 | (unsigned)v;
        }
        out[n++] = (unsigned char)(bits >> 16);
        if (n_pad < 2) out[n++] = (unsigned char)(bits >> 8);
        if (n_pad < 1) out[n++] = (unsigned char)bits;
    }
    *n_out = n;
    return true;
}

enum fault tus_file_name(struct arena *arena, struct span metadata, struct span *name_out)
{
    *name_out = SPAN("");
    if (metadata.n > TUS_METADATA_MAX_BYTES) return fault_too_large;
    while (metadata.n) {
        struct span value, pair = span_trim(span_cut(metadata, ',', &metadata)), key = span_cut(pair, ' ', &value);
        if (!key.n) return fault_invalid;
        value = span_trim(value);
        unsigned char *to = arena_alloc(arena, value.n + 1);
        size_t n;
        if (!decode(value, to, &n)) return fault_invalid;
        if (span_eq(key, SPAN("filename")) || (span_eq(key, SPAN("name")) && !name_out->n)) *name_out = span_make(to, n);
    }
    return utf8_valid(*name_out) && !(name_out->n && memchr(name_out->p, 0, name_out->n)) ? fault_none : fault_invalid;
}

enum fault tus_checksum(struct span header, unsigned char out[32])
{
    unsigned char bytes[48];
    size_t n;
    struct span value, algorithm = span_cut(span_trim(header), ' ', &value);
    if (!span_eq(algorithm, SPAN("sha256")) || value.n != 44 || !decode(value, bytes, &n) || n != 32) return fault_invalid;
    memcpy(out, bytes, 32);
    return fault_none;
}
