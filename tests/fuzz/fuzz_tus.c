/* Texts of uploads and downloads that strangers send: tus metadata and checksums, ranges, names. What is understood keeps its promises. */
#include "chat/file.h"
#include "base/utf8.h"
#include "dialect/native/range.h"
#include "dialect/native/tus.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *arena = arena_create(0, 16u << 20);
    struct span text = span_make(data, n), name;
    unsigned char sum[32];
    int64_t at, length, size = n ? data[0] * 7 : 0;
    if (n > 1 << 16) return arena_destroy(arena), 0;
    if (tus_file_name(arena, text, &name) == fault_none && (!utf8_valid(name) || (name.n && memchr(name.p, 0, name.n)))) abort();
    if (tus_checksum(text, sum) == fault_none && n < 44) abort();
    if (range_read(text, size, &at, &length) == range_part && (at < 0 || length < 1 || at + length > size)) abort();
    etag_listed(text, SPAN("\"a\""), true);
    name = file_name_clean(arena, text);
    if (!name.n || name.n > FILE_NAME_MAX_BYTES || !utf8_valid(name) || memchr(name.p, '/', name.n) || memchr(name.p, 0, name.n)) abort();
    arena_destroy(arena);
    return 0;
}
