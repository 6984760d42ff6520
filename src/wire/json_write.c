/* The JSON writer. One thread: the owner of the buffer. Always: after a value or a closing bracket a comma is due, after a key or an opening
   bracket none is; that one bit is right at every depth. */
#include "base/clock.h"
#include "wire/json.h"

/* Marks the bytes of the word that are below 0x20, a quote or a backslash. May mark a byte above a true hit, never misses the first. */
static inline uint64_t special_bytes(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    uint64_t marks = (word - ones * 0x20) | (quote - ones) | (slash - ones);
    return marks & ~word & highs;
}

static size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;
    for (uint64_t word; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        if (special_bytes(word)) break;
    }
    while (i < n && (unsigned char)p[i] >= 0x20 && p[i] != '"' && p[i] != '\\') i++;
    return i;
}

static size_t escape(char *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_forms[] = "btn\0fr"; /* 0x08 to 0x0D; 0x0B has none */
    char letter = c == '"' || c == '\\' ? (char)c : c >= 0x08 && c <= 0x0D ? short_forms[c - 0x08] : 0;
    to[0] = '\\';
    if (letter) {
        to[1] = letter;
        return 2;
    }
    memcpy(to + 1, "u00", 3);
    to[4] = hex[c >> 4], to[5] = hex[c & 15];
    return 6;
}

void json_text(struct buf *out, struct span s)
{
    char *to = buf_reserve(out, s.n + 2);
    if (!to) return;
    *to = '"';
    buf_commit(out, 1);
    for (size_t at = 0; at < s.n;) {
        size_t run = plain_run(s.p + at, s.n - at);
        buf_append(out, s.p + at, run);
        at += run;
        if (at == s.n) break;
        char escaped[6];
        buf_append(out, escaped, escape(escaped, (unsigned char)s.p[at++]));
    }
    buf_append_char(out, '"');
}

static void before_value(struct json_writer *w)
{
    if (w->comma) buf_append_char(w->out, ',');
    w->comma = true;
}

static void open_with(struct json_writer *w, char bracket)
{
    before_value(w);
    buf_append_char(w->out, bracket);
    w->comma = false;
}

static void close_with(struct json_writer *w, char bracket)
{
    buf_append_char(w->out, bracket);
    w->comma = true;
}

void json_begin_object(struct json_writer *w)
{
    open_with(w, '{');
}

void json_end_object(struct json_writer *w)
{
    close_with(w, '}');
}

void json_begin_array(struct json_writer *w)
{
    open_with(w, '[');
}

void json_end_array(struct json_writer *w)
{
    close_with(w, ']');
}

void json_key_n(struct json_writer *w, const char *name, size_t n)
{
    char *to = buf_reserve(w->out, n + 4);
    if (!to) return;
    size_t at = 0;
    if (w->comma) to[at++] = ',';
    to[at++] = '"';
    memcpy(to + at, name, n);
    to[at + n] = '"', to[at + n + 1] = ':';
    buf_commit(w->out, at + n + 2);
    w->comma = false;
}

void json_key_escaped(struct json_writer *w, struct span name)
{
    before_value(w);
    json_text(w->out, name);
    buf_append_char(w->out, ':');
    w->comma = false;
}

void json_string(struct json_writer *w, struct span s)
{
    before_value(w);
    if (s.p) json_text(w->out, s);
    else buf_append(w->out, "null", 4);
}

void json_int(struct json_writer *w, int64_t v)
{
    before_value(w);
    buf_append_i64(w->out, v);
}

void json_bool(struct json_writer *w, bool v)
{
    before_value(w);
    if (v) buf_append(w->out, "true", 4);
    else buf_append(w->out, "false", 5);
}

void json_null(struct json_writer *w)
{
    before_value(w);
    buf_append(w->out, "null", 4);
}

void json_time(struct json_writer *w, int64_t wall_us)
{
    char text[32];
    before_value(w);
    if (!wall_us) {
        buf_append(w->out, "null", 4);
        return;
    }
    size_t n = clock_iso(wall_us, "Z\"", text);
    buf_append_char(w->out, '"');
    buf_append(w->out, text, n);
}

void json_raw(struct json_writer *w, struct span encoded)
{
    before_value(w);
    buf_append_span(w->out, encoded);
}

static void put_unit(char *to, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    to[0] = '\\', to[1] = 'u';
    for (int i = 0; i < 4; i++) to[2 + i] = hex[unit >> (12 - 4 * i) & 15];
}

/* p is valid UTF-8, so its length is told by its first byte. */
static uint32_t take_point(const unsigned char *p, size_t *n_out)
{
    size_t n = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
    uint32_t point = *p & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) point = point << 6 | (p[i] & 0x3Fu);
    *n_out = n;
    return point;
}

void json_append_ascii(struct buf *out, struct span encoded)
{
    for (size_t at = 0, run, n; at < encoded.n; at += n) {
        for (run = at; run < encoded.n && (unsigned char)encoded.p[run] < 0x80;) run++;
        buf_append(out, encoded.p + at, run - at);
        at = run, n = 0;
        if (at == encoded.n) break;
        char escaped[12];
        uint32_t point = take_point((const unsigned char *)encoded.p + at, &n);
        bool pair = point >= 0x10000;
        put_unit(escaped, pair ? 0xD800 + ((point - 0x10000) >> 10) : point);
        if (pair) put_unit(escaped + 6, 0xDC00 + ((point - 0x10000) & 0x3FF));
        buf_append(out, escaped, pair ? 12 : 6);
    }
}
