/* Part heads. Any thread; owns nothing. */
#include "wire/multipart_head.h"
#include "base/utf8.h"
#include "wire/form.h"

static size_t quoted_length(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\')) i++;
        else if (s.p[i] == '"') return i + 1;
    }
    return 0;
}

int multipart_parameter(struct span *rest, struct span *key_out, struct span *value_out, bool *quoted_out)
{
    struct span s = span_trim(*rest);
    if (s.n == 0) return 0;
    if (s.p[0] != ';') return -1;
    s = span_trim((struct span){ s.p + 1, s.n - 1 });
    if (s.n == 0) {
        *rest = s;
        return 0;
    }
    size_t n_key = 0;
    while (n_key < s.n && s.p[n_key] != '=' && s.p[n_key] != ';') n_key++;
    if (n_key == s.n || s.p[n_key] != '=') return -1;
    *key_out = span_trim((struct span){ s.p, n_key });
    s = span_trim((struct span){ s.p + n_key + 1, s.n - n_key - 1 });
    *quoted_out = s.n && s.p[0] == '"';
    size_t n = *quoted_out ? quoted_length(s) : 0;
    if (*quoted_out && n == 0) return -1;
    while (!*quoted_out && n < s.n && s.p[n] != ';') n++;
    *value_out = *quoted_out ? (struct span){ s.p + 1, n - 2 } : span_trim((struct span){ s.p, n });
    *rest = (struct span){ s.p + n, s.n - n };
    return key_out->n ? 1 : -1;
}

/* Old clients escape a quote with a backslash, browsers write %22; no other byte is escaped by either. */
static struct span unescaped(struct span s, bool quoted, struct arena *arena)
{
    if (!quoted) return s;
    char *to = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\')) i++;
        else if (s.n - i >= 3 && memcmp(s.p + i, "%22", 3) == 0) {
            to[n++] = '"';
            i += 2;
            continue;
        }
        to[n++] = s.p[i];
    }
    return (struct span){ to, n };
}

static bool is_clean_text(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F) return false;
    return utf8_valid(s);
}

/* RFC 8187: UTF-8''percent-encoded. */
static enum fault read_extended(struct span value, struct arena *arena, struct span *out)
{
    struct span rest, charset = span_cut(value, '\'', &rest), text;
    span_cut(rest, '\'', &text);
    if (!text.p || !span_eq_nocase(charset, SPAN("utf-8"))) return fault_invalid;
    return form_decode(text, false, arena, out);
}

static enum fault read_disposition(struct span value, struct arena *arena, struct multipart_head *out)
{
    struct span rest = value, key, text;
    bool quoted, has_name = false, extended = false;
    int got;
    size_t n_kind = 0;
    while (n_kind < rest.n && rest.p[n_kind] != ';') n_kind++;
    if (!span_eq_nocase(span_trim((struct span){ rest.p, n_kind }), SPAN("form-data"))) return fault_invalid;
    rest.p += n_kind, rest.n -= n_kind;
    while ((got = multipart_parameter(&rest, &key, &text, &quoted)) == 1) {
        if (span_eq_nocase(key, SPAN("name"))) {
            if (has_name) return fault_invalid;
            out->name = unescaped(text, quoted, arena), has_name = true;
        } else if (span_eq_nocase(key, SPAN("filename*"))) {
            if (read_extended(text, arena, &out->filename) != fault_none) return fault_invalid;
            extended = true;
        } else if (span_eq_nocase(key, SPAN("filename")) && !extended) {
            out->filename = unescaped(text, quoted, arena);
        }
    }
    return got == 0 && has_name && is_clean_text(out->name) && is_clean_text(out->filename) ? fault_none : fault_invalid;
}

static bool next_line(struct span *rest, struct span *line_out)
{
    if (rest->n == 0) return false;
    struct span line = span_cut(*rest, '\n', rest);
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    *line_out = line;
    return true;
}

enum fault multipart_head_read(struct span head, struct arena *arena, struct multipart_head *out)
{
    struct span line, value;
    bool has_disposition = false;
    *out = (struct multipart_head){ .content_type = SPAN("") };
    while (next_line(&head, &line)) {
        struct span name = span_cut(line, ':', &value);
        if (!value.p || name.n == 0 || memchr(line.p, '\r', line.n) || memchr(line.p, 0, line.n)) return fault_invalid;
        value = span_trim(value);
        if (span_eq_nocase(name, SPAN("content-type"))) out->content_type = value;
        if (!span_eq_nocase(name, SPAN("content-disposition"))) continue;
        if (has_disposition || read_disposition(value, arena, out) != fault_none) return fault_invalid;
        has_disposition = true;
    }
    return has_disposition ? fault_none : fault_invalid;
}
