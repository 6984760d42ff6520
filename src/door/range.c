/* Ranges and entity tags. Any thread; owns nothing. */
#include "door/range.h"

enum { ranges_max = 16 };

struct piece {
    int64_t first, last; /* inclusive */
};

static bool is_number(struct span s, int64_t *out)
{
    if (!s.n || s.n > 18) return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return span_to_i64(s, out);
}

/* 1: a piece, 0: it lies behind the end, -1: malformed. */
static int read_piece(struct span text, int64_t size, struct piece *out)
{
    struct span end, begin = span_cut(text, '-', &end);
    int64_t n;
    if (!end.p) return -1;
    if (!begin.n) {
        if (!is_number(end, &n)) return -1;
        *out = (struct piece){ n < size ? size - n : 0, size - 1 };
        return n > 0 && size > 0;
    }
    if (!is_number(begin, &out->first)) return -1;
    out->last = size - 1;
    if (end.n && (!is_number(end, &n) || n < out->first)) return -1;
    if (end.n && n < out->last) out->last = n;
    return out->first < size;
}

/* Grows whole by a piece that overlaps or touches it. */
static bool join(struct piece *whole, struct piece p)
{
    if (p.first > whole->last + 1 || p.last + 1 < whole->first) return false;
    if (p.first < whole->first) whole->first = p.first;
    if (p.last > whole->last) whole->last = p.last;
    return true;
}

enum range_verdict range_read(struct span header, int64_t size, int64_t *at_out, int64_t *n_out)
{
    struct span rest, unit = span_cut(header, '=', &rest);
    struct piece whole = { 0, -1 };
    int n = 0, n_good = 0;
    *at_out = 0, *n_out = size;
    if (!rest.p || !span_eq_nocase(span_trim(unit), SPAN("bytes"))) return range_whole;
    do {
        struct piece p;
        struct span text = span_trim(span_cut(rest, ',', &rest));
        if (!text.n) continue;
        int got = n++ < ranges_max ? read_piece(text, size, &p) : -1;
        if (got < 0) return range_whole;
        if (got && n_good++ && !join(&whole, p)) return range_whole;
        if (n_good == 1 && got) whole = p;
    } while (rest.p);
    if (!n) return range_whole;
    if (!n_good) return range_unsatisfiable;
    *at_out = whole.first, *n_out = whole.last - whole.first + 1;
    return range_part;
}

bool etag_listed(struct span list, struct span etag, bool strong)
{
    while (list.n) {
        struct span one = span_trim(span_cut(list, ',', &list));
        bool weak = span_starts(one, SPAN("W/"));
        if (weak) one.p += 2, one.n -= 2;
        if (span_eq(one, SPAN("*")) && !strong) return true;
        if (span_eq(one, etag) && !(strong && weak)) return true;
    }
    return false;
}
