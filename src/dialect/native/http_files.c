/* Files that go out: the bytes of a file, its thumbnail, square pictures; and what is known of a file. The core says who may, then the file is opened
   off the loop and leaves by sendfile. Runs on the request's loop. */
#include "dialect/native/call.h"
#include "dialect/native/range.h"
#include "files/files.h"

enum fault decode_file(struct call *a)
{
    return call_path_id(a, "file", &a->command->in.file_get.id.v);
}

enum fault decode_file_delete(struct call *a)
{
    return call_path_id(a, "file", &a->command->in.file_delete.id.v);
}

enum fault decode_avatar(struct call *a)
{
    a->command->in.avatar_get.token = call_keep(a, request_param(a->r, "token"));
    return fault_none;
}

enum fault decode_set_avatar(struct call *a)
{
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    a->command->in.avatar_set.file.v = json_take_id(&b.fields, "file");
    return body_end(a, &b);
}

void encode_set_avatar(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    encode_person(&reply.w, &a->command->out.avatar_set.person);
    reply_end(a, &reply, 200);
}

void encode_file_info(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    encode_file(&reply.w, &a->command->out.file_get.file);
    reply_end(a, &reply, 200);
}

/* ---- Bytes */

struct sending { /* in the request's arena */
    struct request *r;
    struct door *door;
    const char *type;
    struct span etag, place;
    const char *noun; /* for refusals */
    bool may_make;    /* a square picture that is not made yet */
};

/* Everything else could be given to a page as its own script, style or frame. */
static const char *safe_type(struct request *r, struct span type)
{
    static const char *const safe[] = { "image/jpeg", "image/png", "image/webp", "image/gif" };
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (span_eq(type, span_of(safe[i]))) return safe[i];
    bool media = (span_starts(type, SPAN("audio/")) || span_starts(type, SPAN("video/"))) && !memchr(type.p, '\r', type.n) && !memchr(type.p, '\n', type.n);
    return media ? arena_copy(request_arena(r), type).p : "application/octet-stream";
}

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
}

/* RFC 6266 with RFC 8187: an ASCII shadow of the name, and the name itself. */
static struct span disposition(struct arena *arena, struct span name)
{
    static const char digits[] = "0123456789ABCDEF";
    char *plain = arena_alloc(arena, name.n + 1), *encoded = arena_alloc(arena, 3 * name.n + 1);
    size_t n_plain = 0, n = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < 0x80) plain[n_plain++] = c < 0x20 || c == '"' || c == '\\' || c == '%' || c == 0x7F ? '_' : (char)c;
        else if (c >= 0xC0) plain[n_plain++] = '_';
        if (c && is_plain(c)) encoded[n++] = (char)c;
        else encoded[n++] = '%', encoded[n++] = digits[c >> 4], encoded[n++] = digits[c & 15];
    }
    return arena_printf(arena, "attachment; filename=\"%.*s\"; filename*=UTF-8''%.*s", (int)n_plain, plain, (int)n, encoded);
}

static void put_headers(struct sending *s)
{
    response_header(s->r, "ETag", s->etag);
    response_header(s->r, "Accept-Ranges", SPAN("bytes"));
    response_header(s->r, "Content-Security-Policy", SPAN("sandbox; default-src 'none'"));
    response_header(s->r, "Cross-Origin-Resource-Policy", SPAN("same-origin"));
}

static void warmed(void *user) { file_warmed(user); }

static void warm(void *user, struct file_warming *w)
{
    struct door *door = user;
    file_warm(door->files, door->loop, w->fd, w->at, w->n, warmed, w);
}

static void send_part(struct sending *s, int fd, int64_t size)
{
    struct file_body body = { .fd = fd, .at = 0, .n = size, .warm = warm, .user = s->door };
    struct span range = request_header(s->r, "range"), if_range = request_header(s->r, "if-range");
    if (if_range.p && !etag_listed(if_range, s->etag, true)) range = (struct span){ 0 };
    switch (range_read(range, size, &body.at, &body.n)) {
    case range_whole: respond_file(s->r, 200, s->type, body); return;
    case range_part:
        response_header(s->r, "Content-Range", arena_printf(request_arena(s->r), "bytes %lld-%lld/%lld", (long long)body.at,
                                                             (long long)(body.at + body.n - 1), (long long)size));
        respond_file(s->r, 206, s->type, body);
        return;
    case range_unsatisfiable: break;
    }
    response_header(s->r, "Content-Range", arena_printf(request_arena(s->r), "bytes */%lld", (long long)size));
    body.n = 0;
    respond_file(s->r, 416, s->type, body);
}

static void opened(void *user, int fd, int64_t size, enum fault fault)
{
    struct sending *s = user;
    if (fault == fault_not_found && s->may_make) {
        s->may_make = false;
        file_square(s->door->files, s->door->loop, s->place, opened, s);
    } else if (fault) {
        problem_respond(s->r, &(struct problem){ .fault = fault, .detail = s->noun, .retry_after_s = fault == fault_busy ? 1 : 0 });
    } else {
        put_headers(s);
        send_part(s, fd, size);
    }
}

static bool is_known(struct sending *s)
{
    struct span known = request_header(s->r, "if-none-match");
    if (!known.p || !etag_listed(known, s->etag, false)) return false;
    put_headers(s);
    respond_empty(s->r, 304);
    return true;
}

static struct sending *begin(struct call *a, struct span place, const char *type, struct span tag, const char *noun)
{
    struct arena *arena = request_arena(a->r);
    struct sending *s = arena_new(arena, struct sending);
    *s = (struct sending){ .r = a->r, .door = a->door, .type = type, .place = arena_copy(arena, place), .noun = noun };
    s->etag = arena_printf(arena, "\"" SPAN_FMT "\"", SPAN_ARG(tag));
    return s;
}

void encode_download(struct call *a)
{
    const struct file_get_out *out = &a->command->out.file_get;
    struct sending *s = begin(a, out->place, safe_type(a->r, out->file.type), out->file.sha256, "file");
    response_header(a->r, "Content-Disposition", disposition(request_arena(a->r), out->file.name));
    response_header(a->r, "Cache-Control", SPAN("private, no-cache"));
    if (!is_known(s)) file_read(a->door->files, a->door->loop, s->place, NULL, opened, s);
}

void encode_thumbnail(struct call *a)
{
    const struct file_get_out *out = &a->command->out.file_get;
    if (!out->file.has_thumbnail) {
        problem_respond(a->r, &(struct problem){ .fault = fault_not_found, .detail = "thumbnail" });
        return;
    }
    struct sending *s = begin(a, out->place, "image/webp", arena_printf(request_arena(a->r), SPAN_FMT "-thumb", SPAN_ARG(out->file.sha256)), "thumbnail");
    response_header(a->r, "Cache-Control", SPAN("private, max-age=31536000, immutable"));
    if (!is_known(s)) file_read(a->door->files, a->door->loop, s->place, "thumb", opened, s);
}

void encode_avatar(struct call *a)
{
    struct sending *s = begin(a, a->command->out.avatar_get.place, "image/webp", request_param(a->r, "token"), "avatar");
    s->may_make = true;
    response_header(a->r, "Cache-Control", SPAN("private, max-age=31536000, immutable"));
    if (!is_known(s)) file_read(a->door->files, a->door->loop, s->place, "square", opened, s);
}
