/* See file_out.h. */
#include "door/file_out.h"
#include "door/range.h"
#include "files/files.h"

struct sending { /* in the request's arena */
    struct request *r;
    struct door *door;
    struct file_out what;
    struct span etag;
};

const char *file_safe_type(struct request *r, struct span type)
{
    static const char *const safe[] = { "image/jpeg", "image/png", "image/webp", "image/gif" };
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (span_eq(type, span_of(safe[i]))) return safe[i];
    bool media = (span_starts(type, SPAN("audio/")) || span_starts(type, SPAN("video/"))) && !memchr(type.p, '\r', type.n) && !memchr(type.p, '\n', type.n);
    return media ? arena_copy(request_arena(r), type).p : "application/octet-stream";
}

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("-._~", c));
}

struct span file_name_encoded(struct arena *arena, struct span name)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = arena_alloc(arena, 3 * name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (is_plain(c)) encoded[n++] = (char)c;
        else encoded[n++] = '%', encoded[n++] = digits[c >> 4], encoded[n++] = digits[c & 15];
    }
    return span_make(encoded, n);
}

struct span file_disposition(struct arena *arena, struct span name)
{
    struct span encoded = file_name_encoded(arena, name);
    char *plain = arena_alloc(arena, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < 0x80) plain[n++] = c < 0x20 || c == '"' || c == '\\' || c == '%' || c == 0x7F ? '_' : (char)c;
        else if (c >= 0xC0) plain[n++] = '_';
    }
    return arena_printf(arena, "attachment; filename=\"%.*s\"; filename*=UTF-8''" SPAN_FMT, (int)n, plain, SPAN_ARG(encoded));
}

static void put_header(struct request *r, const char *name, const char *lower_case_name, struct span value)
{
    if (!response_has_header(r, lower_case_name)) response_header(r, name, value);
}

static void put_headers(struct sending *s)
{
    if (s->etag.n) {
        response_header(s->r, "ETag", s->etag);
        response_header(s->r, "Accept-Ranges", SPAN("bytes"));
    }
    put_header(s->r, "Content-Security-Policy", "content-security-policy", SPAN("sandbox; default-src 'none'"));
    put_header(s->r, "Cross-Origin-Resource-Policy", "cross-origin-resource-policy", SPAN("same-origin"));
}

static void warmed(void *user)
{
    file_warmed(user);
}

static void warm(void *user, struct file_warming *w)
{
    struct door *door = user;
    file_warm(door->files, door->loop, w->fd, w->at, w->n, warmed, w);
}

static void send_part(struct sending *s, int fd, int64_t size)
{
    struct file_body body = { .fd = fd, .at = 0, .n = size, .warm = warm, .user = s->door };
    struct span range = request_header(s->r, "range"), if_range = request_header(s->r, "if-range");
    if (!s->etag.n || (if_range.p && !etag_listed(if_range, s->etag, true))) range = (struct span){ 0 };
    switch (range_read(range, size, &body.at, &body.n)) {
    case range_whole: respond_file(s->r, 200, s->what.type, body); return;
    case range_part:
        response_header(s->r, "Content-Range", arena_printf(request_arena(s->r), "bytes %lld-%lld/%lld", (long long)body.at,
                                                             (long long)(body.at + body.n - 1), (long long)size));
        respond_file(s->r, 206, s->what.type, body);
        return;
    case range_unsatisfiable: break;
    }
    response_header(s->r, "Content-Range", arena_printf(request_arena(s->r), "bytes */%lld", (long long)size));
    body.n = 0;
    respond_file(s->r, 416, s->what.type, body);
}

static void opened(void *user, int fd, int64_t size, enum fault fault)
{
    struct sending *s = user;
    if (fault == fault_not_found && s->what.may_make_square) {
        s->what.may_make_square = false;
        file_square(s->door->files, s->door->loop, s->what.place, opened, s);
    } else if (fault) {
        s->what.refused(s->r, fault);
    } else {
        put_headers(s);
        send_part(s, fd, size);
    }
}

static bool is_known(struct sending *s)
{
    struct span known = request_header(s->r, "if-none-match");
    if (!s->etag.n || !known.p || !etag_listed(known, s->etag, false)) return false;
    put_headers(s);
    respond_empty(s->r, 304);
    return true;
}

void file_out(struct request *r, const struct file_out *what)
{
    struct arena *arena = request_arena(r);
    struct sending *s = arena_new(arena, struct sending);
    *s = (struct sending){ .r = r, .door = request_door(r), .what = *what };
    s->what.place = arena_copy(arena, what->place);
    if (what->tag.n) s->etag = arena_printf(arena, "\"" SPAN_FMT "\"", SPAN_ARG(what->tag));
    if (!s->door->files)
        what->refused(r, fault_unavailable);
    else if (!is_known(s))
        file_read(s->door->files, s->door->loop, s->what.place, what->suffix, opened, s);
}
