/* Content negotiation. Any thread; owns nothing. */
#include "wire/accept.h"
#include "wire/http_parser.h"

static const char *const tags[language_count] = { "en", "uz", "uk", "ru" };

const char *language_tag(enum language l)
{
    return tags[(unsigned)l < language_count ? l : language_en];
}

/* "q=0.25" as thousandths; 1000 without one, 0 when malformed: what cannot be read is not wanted. */
static int quality(struct span parameters)
{
    while (parameters.p) {
        struct span value, key = span_trim(span_cut(span_cut(parameters, ';', &parameters), '=', &value));
        if (!span_eq_nocase(key, SPAN("q"))) continue;
        value = span_trim(value);
        if (value.n == 0 || value.n > 5 || (value.p[0] != '0' && value.p[0] != '1') || (value.n > 1 && value.p[1] != '.')) return 0;
        int q = (value.p[0] - '0') * 1000;
        for (size_t i = 2, unit = 100; i < value.n; i++, unit /= 10) {
            if (value.p[i] < '0' || value.p[i] > '9') return 0;
            q += (value.p[i] - '0') * (int)unit;
        }
        return q <= 1000 ? q : 0;
    }
    return 1000;
}

static enum language language_of(struct span range)
{
    struct span rest, primary = span_cut(range, '-', &rest);
    for (unsigned l = 0; l < language_count; l++)
        if (span_eq_nocase(primary, span_of(tags[l]))) return (enum language)l;
    return language_count;
}

enum language accept_language(struct span header)
{
    enum language best = language_en;
    int best_quality = 0;
    struct span element;
    while (http_list_next(&header, &element)) {
        struct span parameters, range = span_trim(span_cut(element, ';', &parameters));
        enum language l = language_of(range);
        int q = quality(parameters);
        if (l == language_count || q <= best_quality) continue;
        best = l, best_quality = q;
    }
    return best;
}

enum coding accept_coding(struct span header, bool has_br, bool has_gzip)
{
    int br = -1, gzip = -1, any = 0; /* -1: not named */
    struct span element;
    while (http_list_next(&header, &element)) {
        struct span parameters, name = span_trim(span_cut(element, ';', &parameters));
        int q = quality(parameters);
        if (span_eq_nocase(name, SPAN("br"))) br = q;
        else if (span_eq_nocase(name, SPAN("gzip")) || span_eq_nocase(name, SPAN("x-gzip"))) gzip = q;
        else if (span_eq(name, SPAN("*"))) any = q;
    }
    if (br < 0) br = any;
    if (gzip < 0) gzip = any;
    if (!has_br) br = 0;
    if (!has_gzip) gzip = 0;
    if (br == 0 && gzip == 0) return coding_identity;
    return br >= gzip ? coding_br : coding_gzip;
}
