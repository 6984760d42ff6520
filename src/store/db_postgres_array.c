/* Binary arrays: number of dimensions, has-null flag, element oid, then count and lower bound, then each element behind its length; all
   big-endian 32 bits (array_recv in the server's source). Oids are those of pg_type.dat. Pure. */
#include "store/db_postgres_array.h"
#include <endian.h>
#include <string.h>

enum { oid_bool = 16, oid_name = 19, oid_int8 = 20, oid_int2 = 21, oid_int4 = 23, oid_text = 25, oid_json = 114, oid_unknown = 705,
       oid_bpchar = 1042, oid_varchar = 1043 };

static char *put_u32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, 4);
    return p + 4;
}

static char *put_head(char *p, uint32_t element_oid, size_t n)
{
    p = put_u32(p, 1);
    p = put_u32(p, 1);
    p = put_u32(p, element_oid);
    p = put_u32(p, (uint32_t)n);
    return put_u32(p, 1);
}

static void put_i64s(struct buf *out, const int64_t *v, size_t n)
{
    size_t n_bytes = 20 + 12 * n;
    char *p = buf_reserve(out, n_bytes);
    if (!p) return;
    p = put_head(p, oid_int8, n);
    for (size_t i = 0; i < n; i++) {
        uint64_t be = htobe64((uint64_t)v[i]);
        p = put_u32(p, 8);
        memcpy(p, &be, 8);
        p += 8;
    }
    buf_commit(out, n_bytes);
}

static void put_texts(struct buf *out, const struct span *texts, size_t n)
{
    size_t n_bytes = 20 + 4 * n;
    for (size_t i = 0; texts && i < n; i++) n_bytes += texts[i].n;
    char *p = buf_reserve(out, n_bytes);
    if (!p) return;
    p = put_head(p, oid_text, n);
    for (size_t i = 0; i < n; i++) {
        size_t length = texts ? texts[i].n : 0;
        p = put_u32(p, length ? (uint32_t)length : UINT32_MAX);
        if (length) memcpy(p, texts[i].p, length);
        p += length;
    }
    buf_commit(out, n_bytes);
}

void postgres_array(struct buf *out, const struct db_column *column, size_t n_rows)
{
    if (column->type == db_i64)
        put_i64s(out, column->i64s, n_rows);
    else
        put_texts(out, column->type == db_text ? column->texts : NULL, n_rows);
}

bool postgres_integer(unsigned oid, const char *p, int n_bytes, int64_t *out)
{
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;
    if (oid == oid_int8 && n_bytes == 8)
        memcpy(&v8, p, 8), *out = (int64_t)be64toh(v8);
    else if (oid == oid_int4 && n_bytes == 4)
        memcpy(&v4, p, 4), *out = (int32_t)be32toh(v4);
    else if (oid == oid_int2 && n_bytes == 2)
        memcpy(&v2, p, 2), *out = (int16_t)be16toh(v2);
    else if (oid == oid_bool && n_bytes == 1)
        *out = *p != 0;
    else
        return false;
    return true;
}

bool postgres_is_text(unsigned oid)
{
    return oid == oid_text || oid == oid_varchar || oid == oid_bpchar || oid == oid_name || oid == oid_unknown || oid == oid_json;
}
