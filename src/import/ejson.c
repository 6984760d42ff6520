/* Extended JSON. Pure. */
#include "import/ejson.h"
#include "import/text.h"
#include <stdio.h>

json_value *ejson_member(json_value *object, const char *name)
{
    struct json_fields f = json_fields(object);
    json_value *v = json_take_any(&f, name);
    return json_is_null(v) ? NULL : v;
}

bool ejson_id(json_value *v, struct span *hex_out)
{
    struct span text;
    json_value *inside = ejson_member(v, "$oid");
    if (!json_as_text(inside ? inside : v, &text) || text.n != 24 || strspn(text.p, "0123456789abcdefABCDEF") != 24) return false;
    *hex_out = text;
    return true;
}

/* "3.0" and "3", no exponents. */
static bool whole(struct span text, int64_t *out)
{
    struct span fraction, digits = span_cut(text, '.', &fraction);
    for (size_t i = 0; i < fraction.n; i++)
        if (fraction.p[i] != '0') return false;
    return span_to_i64(digits, out);
}

bool ejson_int(json_value *v, int64_t *out)
{
    static const char *const names[] = { "$numberInt", "$numberLong", "$numberDouble" };
    struct span text;
    if (json_as_int(v, INT64_MIN, INT64_MAX, out)) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_value *inside = ejson_member(v, names[i]);
        if (inside) return json_as_text(inside, &text) && whole(text, out);
    }
    return false;
}

bool ejson_time(json_value *v, int64_t *us_out)
{
    struct span text;
    int64_t ms;
    json_value *inside = ejson_member(v, "$date");
    if (json_as_text(inside ? inside : v, &text)) return text_time(text, us_out);
    if (!inside || !ejson_int(inside, &ms) || ms < -INT64_C(62135596800000) || ms > INT64_C(253402300799999)) return false;
    *us_out = ms * 1000;
    return true;
}

bool ejson_text(json_value *v, char scratch[24], struct span *out)
{
    int64_t n;
    if (json_as_text(v, out)) return true;
    if (!ejson_int(v, &n)) return false;
    *out = span_make(scratch, (size_t)snprintf(scratch, 24, "%lld", (long long)n));
    return true;
}
