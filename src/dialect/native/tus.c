/* Any thread; owns nothing. */
#include "dialect/native/tus.h"
#include "base/utf8.h"
#include "wire/base64.h"

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
        if (!base64_decode(value, to, &n)) return fault_invalid;
        if (span_eq(key, SPAN("filename")) || (span_eq(key, SPAN("name")) && !name_out->n)) *name_out = span_make(to, n);
    }
    return utf8_valid(*name_out) && !(name_out->n && memchr(name_out->p, 0, name_out->n)) ? fault_none : fault_invalid;
}

enum fault tus_checksum(struct span header, unsigned char out[32])
{
    unsigned char bytes[48];
    size_t n;
    struct span value, algorithm = span_cut(span_trim(header), ' ', &value);
    if (!span_eq(algorithm, SPAN("sha256")) || value.n != 44 || !base64_decode(value, bytes, &n) || n != 32) return fault_invalid;
    memcpy(out, bytes, 32);
    return fault_none;
}
