/* Files at this door. In: the body is the bytes of one file, which then goes with a message by its address. Out: an address that stands in a message is
   signed, because pictures on a page carry no proof; the old desk's addresses were open to whoever had them, too (D-92). Runs on the request's loop.

       upload:   /api/messages/files/{id}/{name}                    only its owner may say it, in a message
       message:  /api/messages/files/{id}.{room}.{signature}/{name} */
#include "dialect/desk/files.h"
#include "dialect/desk/call.h"
#include "dialect/desk/encode.h"
#include "door/file_out.h"
#include "door/intake.h"
#include "wire/form.h"
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>

#define SIGNATURE_BYTES 16

static void sign(const struct token_key *key, int64_t file, int64_t room, char hex_out[2 * SIGNATURE_BYTES + 1])
{
    char text[64];
    unsigned char mac[TOKEN_MAC_BYTES];
    int n = snprintf(text, sizeof text, "%" PRId64 ".%" PRId64, file, room);
    token_mac(key, "desk file", span_make(text, (size_t)n), mac);
    for (int i = 0; i < SIGNATURE_BYTES; i++) snprintf(hex_out + 2 * i, 3, "%02x", mac[i]);
}

/* At most so many bytes, cut between characters. */
static struct span shortened(struct span name)
{
    size_t n = name.n < DESK_FILE_NAME_SHOWN_BYTES ? name.n : DESK_FILE_NAME_SHOWN_BYTES;
    while (n < name.n && n && ((unsigned char)name.p[n] & 0xC0) == 0x80) n--;
    return span_make(name.p, n);
}

size_t desk_file_address(const struct token_key *key, struct room_id room, const struct file_view *f, char out[DESK_FILE_ADDRESS_MAX_BYTES])
{
    char signature[2 * SIGNATURE_BYTES + 1];
    struct buf address = { .p = out, .cap = DESK_FILE_ADDRESS_MAX_BYTES, .max = DESK_FILE_ADDRESS_MAX_BYTES };
    sign(key, f->id.v, room.v, signature);
    buf_printf(&address, DESK_FILES_PATH "%" PRId64 ".%" PRId64 ".%s/", f->id.v, room.v, signature);
    form_encode(&address, shortened(f->name));
    return address.n;
}

bool desk_file_of_url(struct span url, struct file_id *out)
{
    struct span rest, path = SPAN(DESK_FILES_PATH);
    if (!span_starts(url, path)) return false;
    return span_to_i64(span_cut(span_make(url.p + path.n, url.n - path.n), '/', &rest), &out->v) && out->v > 0 && rest.n;
}

/* ---- In */

static void refused(struct intake *in, enum fault fault, const char *detail, int64_t retry_after_s)
{
    desk_answer_fault(intake_request(in), fault, detail, retry_after_s);
}

static void kept(struct intake *in, const struct file_add_out *added)
{
    const struct file_view *f = &added->files[0];
    struct buf body;
    buf_init(&body, 16384);
    struct json_writer w = json_writer(&body);
    struct span url = arena_printf(request_arena(intake_request(in)), DESK_FILES_PATH "%" PRId64 "/" SPAN_FMT, f->id.v,
                                   SPAN_ARG(file_name_encoded(request_arena(intake_request(in)), shortened(f->name))));
    json_begin_object(&w);
    json_put_bool(&w, "success", true);
    json_key(&w, "file");
    json_begin_object(&w);
    json_put_string(&w, "fileUrl", url);
    json_put_string(&w, "name", f->name);
    json_put_int(&w, "size", f->n_bytes);
    json_put_string(&w, "type", f->type);
    json_end_object(&w);
    json_end_object(&w);
    desk_answer(intake_request(in), 200, buf_span(&body));
    buf_fini(&body);
}

static const struct intake_events events = { .kept = kept, .refused = refused };

static void take(struct desk_call *call)
{
    static const struct intake_rules rules = { .events = &events, .n_files_max = 1 };
    if (!desk_call_may(call, limit_upload)) return;
    intake_raw(call->r, call->who.actor, &rules, call->text);
}

static void post_file(struct request *r)
{
    struct desk_call *call = desk_call_begin_without_body(r);
    call->text = request_query_param(r, "name");
    call->next = take;
    if (!call->text.n)
        desk_answer_fault(r, fault_invalid, "name", 0);
    else if (!call->door->files)
        desk_answer_fault(r, fault_busy, NULL, 0);
    else
        desk_identify(call);
}

/* ---- Out */

static void gone(struct request *r, enum fault fault)
{
    if (fault == fault_not_found) desk_refuse(r, 404, "Fayl topilmadi");
    else desk_answer_fault(r, fault, NULL, 0);
}

static void shown(void *user, struct command *c)
{
    struct request *r = user;
    const struct file_shown_out *out = &c->out.file_shown;
    bool small = request_query_param(r, "thumbnail").n && out->file.has_thumbnail;
    if (c->fault) {
        gone(r, c->fault);
        command_destroy(c);
        return;
    }
    struct arena *arena = request_arena(r);
    struct span type = file_safe_type(r, out->file.type) ? span_of(file_safe_type(r, out->file.type)) : SPAN("");
    response_header(r, "Cross-Origin-Resource-Policy", SPAN("cross-origin"));
    response_header(r, "Cache-Control", SPAN("private, max-age=86400"));
    if (!small && !span_starts(type, SPAN("image/"))) response_header(r, "Content-Disposition", file_disposition(arena, out->file.name));
    struct file_out what = { .place = arena_copy(arena, out->place), .type = small ? "image/webp" : arena_copy(arena, type).p, .refused = gone,
                             .suffix = small ? "thumb" : NULL, .tag = arena_printf(arena, SPAN_FMT "%s", SPAN_ARG(out->file.sha256), small ? "-thumb" : "") };
    command_destroy(c);
    file_out(r, &what);
}

/* {id}.{room}.{signature} */
static bool read_address(const struct token_key *key, struct span text, struct file_id *file, struct room_id *room)
{
    char wanted[2 * SIGNATURE_BYTES + 1];
    struct span rest, signature, id = span_cut(text, '.', &rest);
    if (!span_to_i64(id, &file->v) || !span_to_i64(span_cut(rest, '.', &signature), &room->v) || signature.n != 2 * SIGNATURE_BYTES) return false;
    sign(key, file->v, room->v, wanted);
    return CRYPTO_memcmp(wanted, signature.p, signature.n) == 0;
}

static void get_file(struct request *r)
{
    struct door *door = request_door(r);
    struct command *c = command_create(command_file_shown, (struct actor){ 0 });
    if (door->files && read_address(door->settings->key, request_param(r, "address"), &c->in.file_shown.id, &c->in.file_shown.room)) {
        gate_submit(door->gate, c, shown, r);
        return;
    }
    command_destroy(c);
    gone(r, fault_not_found);
}

static const struct route rows[] = {
    { "POST", "/api/messages/files", post_file, 0, route_streams },
    { "GET", "/api/messages/files/{address}/{name}", get_file },
};

void desk_files_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
