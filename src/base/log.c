/* Log lines. Any thread: a line is built on the caller's stack and leaves in one write(2), so lines never mix. Owns the two settings,
   written once at start. Always: a line is at most line_max_bytes and well-formed; what does not fit is left out, never cut open. */
#include "base/log.h"
#include "base/clock.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

enum { line_max_bytes = 4096, text_max_bytes = 1024, tail_bytes = 4 }; /* tail: closing quote, brace, newline */

struct line {
    size_t n;
    char p[line_max_bytes];
};

static _Atomic int least_level = log_info;
static _Atomic int chosen_format = log_logfmt;

void log_setup(enum log_level least, enum log_format format)
{
    least_level = (int)least;
    chosen_format = (int)format;
}

static size_t room_in(const struct line *l)
{
    return l->n < line_max_bytes - tail_bytes ? line_max_bytes - tail_bytes - l->n : 0;
}

static bool put(struct line *l, const char *p, size_t n)
{
    if (n > room_in(l)) return false;
    memcpy(l->p + l->n, p, n);
    l->n += n;
    return true;
}

static void put_tail(struct line *l, const char *closing)
{
    size_t n = strlen(closing);
    memcpy(l->p + l->n, closing, n);
    l->n += n;
}

static bool put_number(struct line *l, int64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0) digits[--at] = '-';
    return put(l, digits + at, sizeof digits - at);
}

static bool put_escaped(struct line *l, unsigned char c, bool valid)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') return put(l, (char[]){ '\\', (char)c }, 2);
    if (c == '\n') return put(l, "\\n", 2);
    if (c < 0x20 || c == 0x7F) return put(l, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
    if (c >= 0x80 && !valid) return put(l, "?", 1);
    return put(l, (char[]){ (char)c }, 1);
}

static void put_quoted(struct line *l, struct span text)
{
    bool valid = utf8_valid(text);
    size_t n = text.n > text_max_bytes ? text_max_bytes : text.n;
    if (n > room_in(l) / 6) n = room_in(l) / 6;
    while (valid && n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80) n--;
    if (!put(l, "\"", 1)) return;
    for (size_t i = 0; i < n; i++)
        if (!put_escaped(l, (unsigned char)text.p[i], valid)) break;
    put_tail(l, "\"");
}

static bool is_plain_word(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return false;
    }
    return text.n > 0 && text.n <= text_max_bytes;
}

static void put_field(struct line *l, bool json, const struct log_field *f)
{
    size_t n_key = strlen(f->key);
    if (n_key + 40 > room_in(l)) return;
    put(l, json ? ",\"" : " ", json ? 2 : 1);
    put(l, f->key, n_key);
    put(l, json ? "\":" : "=", json ? 2 : 1);
    if (!f->is_text) put_number(l, f->number);
    else if (!json && is_plain_word(f->text) && put(l, f->text.p, f->text.n)) return;
    else put_quoted(l, f->text);
}

static void put_head(struct line *l, bool json, enum log_level level, const char *event)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    char time[32];
    size_t n_time = clock_iso(clock_wall_us(), "Z", time);
    put(l, json ? "{\"time\":\"" : "time=", json ? 9 : 5);
    put(l, time, n_time);
    if (json) put(l, "\"", 1);
    put_field(l, json, &(struct log_field){ .key = "level", .is_text = true, .text = span_of(names[level & 3]) });
    put_field(l, json, &(struct log_field){ .key = "event", .is_text = true, .text = span_of(event) });
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n_fields)
{
    if ((int)level < least_level) return;
    bool json = chosen_format == log_json;
    struct line l;
    l.n = 0;
    put_head(&l, json, level, event);
    for (size_t i = 0; i < n_fields; i++) put_field(&l, json, &fields[i]);
    put_tail(&l, json ? "}\n" : "\n");
    int kept_errno = errno;
    ssize_t ignored = write(STDERR_FILENO, l.p, l.n);
    (void)ignored;
    errno = kept_errno;
}
