/* Files that go out: the bytes of a file, its thumbnail, square pictures; and what is known of a file. The core says who may, then the file is opened
   off the loop and leaves by sendfile. Runs on the request's loop. */
#include "dialect/native/call.h"
#include "door/file_out.h"

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

static void refuse(struct request *r, enum fault fault, const char *noun)
{
    problem_respond(r, &(struct problem){ .fault = fault, .detail = noun, .retry_after_s = fault == fault_busy ? 1 : 0 });
}

static void refuse_file(struct request *r, enum fault fault) { refuse(r, fault, "file"); }
static void refuse_thumbnail(struct request *r, enum fault fault) { refuse(r, fault, "thumbnail"); }
static void refuse_avatar(struct request *r, enum fault fault) { refuse(r, fault, "avatar"); }

void encode_download(struct call *a)
{
    const struct file_get_out *out = &a->command->out.file_get;
    response_header(a->r, "Content-Disposition", file_disposition(request_arena(a->r), out->file.name));
    response_header(a->r, "Cache-Control", SPAN("private, no-cache"));
    file_out(a->r, &(struct file_out){ .place = out->place, .type = file_safe_type(a->r, out->file.type), .tag = out->file.sha256, .refused = refuse_file });
}

void encode_thumbnail(struct call *a)
{
    const struct file_get_out *out = &a->command->out.file_get;
    if (!out->file.has_thumbnail) {
        refuse_thumbnail(a->r, fault_not_found);
        return;
    }
    response_header(a->r, "Cache-Control", SPAN("private, max-age=31536000, immutable"));
    file_out(a->r, &(struct file_out){ .place = out->place, .suffix = "thumb", .type = "image/webp", .refused = refuse_thumbnail,
                                       .tag = arena_printf(request_arena(a->r), SPAN_FMT "-thumb", SPAN_ARG(out->file.sha256)) });
}

void encode_avatar(struct call *a)
{
    response_header(a->r, "Cache-Control", SPAN("private, max-age=31536000, immutable"));
    file_out(a->r, &(struct file_out){ .place = a->command->out.avatar_get.place, .suffix = "square", .type = "image/webp", .refused = refuse_avatar,
                                       .tag = request_param(a->r, "token"), .may_make_square = true });
}
