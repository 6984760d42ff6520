/* A mail as RFC 5322 and MIME want it: the subject as encoded words (RFC 2047), the text as base64 of UTF-8, so that no line of ours is ever too long
   and none of theirs can become a header. Pure but for the insert; runs on the writing lane. */
#include "chat/mail.h"
#include "base/buf.h"
#include "base/rand.h"
#include "base/utf8.h"
#include <openssl/evp.h>
#include <time.h>

enum { address_max_bytes = 254, word_bytes = 42, line_bytes = 57, mail_max_bytes = 64 << 10 };

bool mail_is_set(const struct ask *ask)
{
    return ask->chat->rules->mail_from.n > 0;
}

static bool address_is_safe(struct span a)
{
    if (a.n == 0 || a.n > address_max_bytes || !memchr(a.p, '@', a.n)) return false;
    for (size_t i = 0; i < a.n; i++)
        if ((unsigned char)a.p[i] <= ' ' || (unsigned char)a.p[i] >= 127 || strchr("<>,;\"\\", a.p[i])) return false;
    return true;
}

static void put_base64(struct buf *out, const char *p, size_t n)
{
    char text[80];
    int length = EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)p, (int)n);
    buf_append(out, text, (size_t)length);
}

/* As many bytes as fit and do not cut a character. */
static size_t word_length(struct span s)
{
    size_t n = s.n < word_bytes ? s.n : word_bytes;
    while (n < s.n && n > 1 && ((unsigned char)s.p[n] & 0xc0) == 0x80) n--;
    return n;
}

static void put_subject(struct buf *out, struct span subject)
{
    buf_append_cstr(out, "Subject:");
    while (subject.n) {
        size_t n = word_length(subject);
        buf_append_cstr(out, " =?UTF-8?B?");
        put_base64(out, subject.p, n);
        buf_append_cstr(out, "?=\r\n");
        subject.p += n, subject.n -= n;
    }
}

static void put_date(struct buf *out, int64_t now_us)
{
    time_t s = (time_t)(now_us / 1000000);
    struct tm tm;
    char text[64];
    gmtime_r(&s, &tm);
    size_t n = strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S +0000\r\n", &tm);
    buf_append(out, text, n);
}

static void put_heads(struct buf *out, const struct ask *ask, struct span to)
{
    struct span from = ask->chat->rules->mail_from;
    const char *at = memchr(from.p, '@', from.n);
    char id[23];
    rand_token(id, sizeof id - 1);
    put_date(out, ask->now_us);
    buf_printf(out, "From: <" SPAN_FMT ">\r\nTo: <" SPAN_FMT ">\r\n", SPAN_ARG(from), SPAN_ARG(to));
    buf_printf(out, "Message-ID: <%s%.*s>\r\n", id, at ? (int)(from.p + from.n - at) : 7, at ? at : "@suhbat");
    buf_append_cstr(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n");
}

/* Mail has lines that end with CRLF, also inside the base64. */
static void put_text(struct buf *out, struct arena *arena, struct span text)
{
    char *crlf = arena_alloc(arena, 2 * text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n') crlf[n++] = '\r';
        if (text.p[i] != '\r') crlf[n++] = text.p[i];
    }
    for (size_t at = 0; at < n; at += line_bytes) {
        put_base64(out, crlf + at, n - at < line_bytes ? n - at : line_bytes);
        buf_append_cstr(out, "\r\n");
    }
}

static enum fault put(struct ask *ask, struct span to, struct buf *mail)
{
    struct parcel parcel = { .kind = parcel_mail, .address = to, .body = buf_span(mail), .due_us = ask->now_us, .created_us = ask->now_us,
                             .expires_us = ask->now_us + PARCEL_MAIL_LIFE_S * INT64_C(1000000) };
    return mail->failed ? fault_too_large : store_parcel_insert(ask->store, &parcel);
}

enum fault mail_put(struct ask *ask, struct span to, struct span subject, struct span text)
{
    if (!mail_is_set(ask)) return fault_unavailable;
    if (!address_is_safe(to)) return fault_invalid;
    if (subject.n > MAIL_SUBJECT_MAX_BYTES || text.n > MAIL_TEXT_MAX_BYTES) return fault_too_large;
    struct buf mail;
    buf_init(&mail, mail_max_bytes);
    put_subject(&mail, subject);
    put_heads(&mail, ask, to);
    put_text(&mail, ask->arena, text);
    enum fault fault = put(ask, to, &mail);
    buf_fini(&mail);
    return fault;
}
