/* Uploads that may be continued: tus 1.0 with creation, creation-with-upload, termination, checksum (sha256) and expiration. Runs on the request's loop.

       POST  ─ upload_begin ─► opening ─┐
       PATCH ─ upload_get ─► opening ───┴► receiving ─ end ─► closing ─► 204, to be continued
                                              │ all there          └ all there, sum right: opening again, only to place
                                              └────► placing ─ file_add ─► 201 or 204 with Suhbat-File

   The disk knows how far an upload is; the database knows whose it is and, with a checksum, from where on nothing is proven yet. So an upload goes on after
   a cut, after a kill, and on another loop. Always: one request at a time writes to an upload, the newest: the one before it is answered 423 and its connection
   ends. One that has all its bytes is not disturbed: then the newer gets the 423. The struct lies in the request's arena. */
#include "base/clock.h"
#include "dialect/native/admission.h"
#include "dialect/native/tus.h"
#include <stdlib.h>
#include <time.h>

struct tus {
    struct request *r;
    struct door *door;
    struct identity identity;
    struct file_writer *writer;
    char token[FILES_TOKEN_CHARS + 1];
    struct span name;
    int64_t n_bytes, offset, expires_us;
    unsigned char sum[32];
    bool creates, has_sum, has_body, receives, only_places, orphan;
};

/* ---- Answers */

static void put_version(struct request *r)
{
    response_header(r, "Tus-Resumable", SPAN("1.0.0"));
}

static void put_number(struct request *r, const char *name, int64_t v)
{
    response_header(r, name, arena_printf(request_arena(r), "%lld", (long long)v));
}

static void put_expiry(struct request *r, int64_t expires_us)
{
    char text[40];
    time_t t = (time_t)(expires_us / 1000000);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    response_header(r, "Upload-Expires", span_of(text));
}

static void leave(struct tus *t, bool placed_stays, bool upload_stays)
{
    if (t->writer) file_end(t->writer, placed_stays, upload_stays);
    t->writer = NULL;
}

/* What came so far stays, so that it can go on. */
static void refuse(struct tus *t, enum fault fault, const char *detail)
{
    leave(t, false, true);
    put_version(t->r);
    problem_respond(t->r, &(struct problem){ .fault = fault, .detail = detail, .retry_after_s = fault == fault_busy ? 1 : 0 });
}

/* Statuses of tus that no fault of the house has. */
static void refuse_with(struct tus *t, int status, const char *detail)
{
    struct buf body;
    leave(t, false, true);
    put_version(t->r);
    buf_init(&body, 1024);
    buf_printf(&body, "{\"error\":\"%s\",\"detail\":\"%s\",\"message\":\"%s\",\"retry_after_s\":null}", status == 460 ? "invalid" : "conflict", detail,
               problem_sentence(status == 460 ? fault_invalid : fault_conflict, detail, request_language(t->r)));
    respond(t->r, status, "application/problem+json", buf_span(&body));
    buf_fini(&body);
}

static void succeed(struct tus *t, struct file_id file)
{
    put_version(t->r);
    put_number(t->r, "Upload-Offset", t->offset);
    put_expiry(t->r, t->expires_us);
    if (!id_none(file)) put_number(t->r, "Suhbat-File", file.v);
    if (t->creates) response_header(t->r, "Location", arena_printf(request_arena(t->r), "/api/v1/uploads/%s", t->token));
    respond_empty(t->r, t->creates ? 201 : 204);
}

/* ---- Placing */

static void added(void *user, struct command *c)
{
    struct tus *t = user;
    struct file_id file = c->fault ? (struct file_id){ 0 } : c->out.file_add.files[0].id;
    if (c->fault) {
        refuse(t, c->fault, c->detail);
    } else {
        leave(t, c->out.file_add.kept[0], false);
        succeed(t, file);
    }
    command_destroy(c);
}

static void on_placed(void *user, const struct file_facts *facts)
{
    struct tus *t = user;
    if (facts->fault) {
        refuse(t, facts->fault, facts->fault == fault_too_large ? "disk" : NULL);
        return;
    }
    struct command *c = command_create(command_file_add, t->identity.actor);
    c->in.file_add.n = 1;
    c->in.file_add.upload = arena_copy(c->arena, span_of(t->token));
    intake_item(c->arena, &c->in.file_add.items[0], t->name, facts);
    gate_submit(t->door->gate, c, added, t);
}

/* ---- Receiving */

static void open_writer(struct tus *t);

static void proven(void *user, struct command *c)
{
    struct tus *t = user;
    enum fault fault = c->fault;
    const char *detail = c->detail;
    command_destroy(c);
    if (fault) {
        refuse(t, fault, detail);
    } else if (t->offset == t->n_bytes) {
        t->only_places = true;
        open_writer(t);
    } else {
        succeed(t, (struct file_id){ 0 });
    }
}

static void disproven(void *user, struct command *c)
{
    command_destroy(c);
    refuse_with(user, 460, "checksum");
}

static void doubt(struct tus *t, int64_t from, void (*done)(void *user, struct command *c))
{
    struct command *c = command_create(command_upload_doubt, t->identity.actor);
    c->in.upload_doubt = (struct upload_doubt_in){ arena_copy(c->arena, span_of(t->token)), from };
    gate_submit(t->door->gate, c, done, t);
}

static void on_closed(void *user, enum fault fault, int64_t n_bytes)
{
    struct tus *t = user;
    t->writer = NULL;
    if (t->orphan) {
        respond_empty(t->r, 204);
        return;
    }
    if (fault && fault != fault_invalid) {
        refuse(t, fault, fault == fault_too_large ? "disk" : NULL);
        return;
    }
    t->offset = n_bytes;
    if (t->has_sum)
        doubt(t, -1, fault ? disproven : proven);
    else
        succeed(t, (struct file_id){ 0 });
}

static bool on_data(struct request *r, struct span bytes)
{
    struct tus *t = request_user(r);
    t->offset += (int64_t)bytes.n;
    if (!file_write(t->writer, bytes)) request_pause(r);
    return true;
}

static void settle(struct tus *t)
{
    if (t->offset == t->n_bytes && !t->has_sum)
        file_place(t->writer);
    else
        file_close(t->writer, t->has_sum ? t->sum : NULL);
}

static void on_end(struct request *r, bool whole)
{
    struct tus *t = request_user(r);
    (void)whole;
    t->receives = false;
    settle(t);
}

/* Cut off: what came is kept, durable, and the client asks how much it was. */
static void on_gone(struct request *r)
{
    struct tus *t = request_user(r);
    t->receives = false;
    if (!t->writer) {
        respond_empty(r, 204);
    } else if (t->has_sum) {
        leave(t, false, true);
        respond_empty(r, 204);
    } else {
        t->orphan = true;
        file_close(t->writer, NULL);
    }
}

static const struct body_sink sink = { on_data, on_end, on_gone };

static void receive(struct tus *t)
{
    if (request_is_orphan(t->r)) {
        leave(t, false, true);
        respond_empty(t->r, 204);
    } else if (t->has_body) {
        t->receives = true;
        request_receive(t->r, &sink, (uint64_t)(t->n_bytes - t->offset));
    } else {
        settle(t);
    }
}

static void doubted(void *user, struct command *c)
{
    struct tus *t = user;
    enum fault fault = c->fault;
    const char *detail = c->detail;
    command_destroy(c);
    if (fault)
        refuse(t, fault, detail);
    else
        receive(t);
}

static void on_opened(void *user, enum fault fault, int64_t n_bytes)
{
    struct tus *t = user;
    if (fault == fault_conflict) {
        refuse_with(t, 423, "upload");
    } else if (fault) {
        refuse(t, fault, fault == fault_busy ? "uploads" : "upload");
    } else if (t->only_places) {
        file_place(t->writer);
    } else if (n_bytes < t->offset || (n_bytes > t->offset && !t->orphan)) {
        refuse(t, fault_conflict, "upload_offset");
    } else {
        if (n_bytes > t->offset) file_trim(t->writer, t->offset);
        t->orphan = false;
        if (t->has_sum && t->has_body) doubt(t, t->offset, doubted);
        else receive(t);
    }
}

static void on_drained(void *user)
{
    struct tus *t = user;
    request_resume(t->r);
}

/* Who only waits for more bytes may wait for ever: the newer one knows better. What is on the disk by then counts. */
static bool on_taken(void *user)
{
    struct tus *t = user;
    if (!t->receives) return false;
    t->receives = false;
    refuse_with(t, 423, "upload");
    return true;
}

static const struct file_writer_events writer_events = { on_opened, on_drained, on_placed, on_closed, on_taken };

static void open_writer(struct tus *t)
{
    t->writer = file_open(t->door->files, t->door->loop, span_of(t->token), false, t->identity.actor.account.v, &writer_events, t);
}

/* ---- Requests */

static struct tus *begin(struct request *r, enum limit limit)
{
    struct identity identity;
    if (!upload_admit(r, limit, &identity)) return NULL;
    if (!span_eq(request_header(r, "tus-resumable"), SPAN("1.0.0"))) {
        response_header(r, "Tus-Version", SPAN("1.0.0"));
        put_version(r);
        respond_empty(r, 412);
        return NULL;
    }
    struct tus *t = arena_new(request_arena(r), struct tus);
    t->r = r, t->door = request_door(r), t->identity = identity;
    request_set_user(r, t);
    return t;
}

static bool header_number(struct request *r, const char *name, int64_t *out)
{
    struct span text = request_header(r, name);
    return text.p && span_to_i64(text, out) && *out >= 0;
}

/* False: refused. */
static bool take_body_headers(struct tus *t)
{
    struct span sum = request_header(t->r, "upload-checksum");
    int64_t declared = request_declared_bytes(t->r);
    t->has_body = span_eq(request_header(t->r, "content-type"), SPAN("application/offset+octet-stream")) && declared != 0;
    t->has_sum = sum.p != NULL && t->has_body;
    if (sum.p && tus_checksum(sum, t->sum) != fault_none) {
        refuse(t, fault_invalid, "upload_checksum");
        return false;
    }
    if (declared <= t->n_bytes - t->offset) return true;
    refuse(t, fault_too_large, "upload_length");
    return false;
}

static void begun(void *user, struct command *c)
{
    struct tus *t = user;
    const struct upload_view *u = &c->out.upload_begin.upload;
    enum fault fault = c->fault;
    const char *detail = c->detail;
    if (!fault) {
        memcpy(t->token, u->token.p, FILES_TOKEN_CHARS);
        t->name = arena_copy(request_arena(t->r), u->name);
        t->expires_us = u->expires_us;
    }
    command_destroy(c);
    if (fault)
        refuse(t, fault, detail);
    else if (!t->has_body && t->n_bytes)
        succeed(t, (struct file_id){ 0 }); /* the disk hears of it with the first byte */
    else
        open_writer(t);
}

static void handle_create(struct request *r)
{
    struct tus *t = begin(r, limit_upload);
    struct span name = { 0 };
    if (!t) return;
    t->creates = true;
    if (!header_number(r, "upload-length", &t->n_bytes)) {
        refuse(t, fault_invalid, "upload_length");
        return;
    }
    if (t->n_bytes > t->door->settings->file_max_bytes) {
        refuse(t, fault_too_large, "file");
        return;
    }
    if (tus_file_name(request_arena(r), request_header(r, "upload-metadata"), &name) != fault_none) {
        refuse(t, fault_invalid, "upload_metadata");
        return;
    }
    if (!take_body_headers(t)) return;
    struct command *c = command_create(command_upload_begin, t->identity.actor);
    c->in.upload_begin = (struct upload_begin_in){ arena_copy(c->arena, name), t->n_bytes };
    gate_submit(t->door->gate, c, begun, t);
}

static struct command *wish(struct tus *t, enum command_kind kind)
{
    struct command *c = command_create(kind, t->identity.actor);
    struct span token = arena_copy(c->arena, request_param(t->r, "token"));
    if (kind == command_upload_get) c->in.upload_get.token = token;
    else c->in.upload_drop.token = token;
    return c;
}

/* False: refused. The offset that counts: the client's must be the same. orphan marks, until opening, that what lies behind it is unproven. */
static bool take_upload(struct tus *t, struct command *c)
{
    const struct upload_view *u = &c->out.upload_get.upload;
    int64_t doubt_from = u->doubt_from;
    enum fault fault = c->fault;
    const char *detail = c->detail;
    if (!fault) {
        memcpy(t->token, u->token.p, FILES_TOKEN_CHARS);
        t->name = arena_copy(request_arena(t->r), u->name);
        t->n_bytes = u->n_bytes, t->expires_us = u->expires_us;
    }
    struct file_id file = u->file.id;
    command_destroy(c);
    if (fault) {
        refuse(t, fault, detail);
    } else if (!header_number(t->r, "upload-offset", &t->offset)) {
        refuse(t, fault_invalid, "upload_offset");
    } else if (!id_none(file)) {
        if (t->offset == t->n_bytes) succeed(t, file);
        else refuse(t, fault_conflict, "upload_offset");
    } else if (doubt_from >= 0 && doubt_from != t->offset) {
        refuse(t, fault_conflict, "upload_offset");
    } else if (t->offset > t->n_bytes) {
        refuse(t, fault_conflict, "upload_offset");
    } else {
        t->orphan = doubt_from >= 0;
        return take_body_headers(t);
    }
    return false;
}

static void got(void *user, struct command *c)
{
    struct tus *t = user;
    if (take_upload(t, c)) open_writer(t);
}

static void handle_patch(struct request *r)
{
    struct tus *t = begin(r, limit_change);
    if (!t) return;
    if (!span_eq(request_header(r, "content-type"), SPAN("application/offset+octet-stream")))
        refuse(t, fault_invalid, "content_type");
    else
        gate_submit(t->door->gate, wish(t, command_upload_get), got, t);
}

/* ---- Looking */

struct looking {
    struct tus *t;
    struct command *command; /* owns */
};

static void put_view(struct tus *t, const struct upload_view *u)
{
    struct buf body;
    buf_init(&body, 1 << 16);
    struct json_writer w = json_writer(&body);
    json_begin_object(&w);
    json_put_int(&w, "offset", t->offset);
    json_put_int(&w, "size", u->n_bytes);
    json_key(&w, "file");
    encode_file_or_null(&w, &u->file);
    json_end_object(&w);
    respond(t->r, 200, "application/json", buf_span(&body));
    buf_fini(&body);
}

/* With the answer the request ends, and all that lives in its arena. */
static void sized(void *user, int fd, int64_t n_bytes, enum fault fault)
{
    struct looking *l = user;
    struct tus *t = l->t;
    struct command *c = l->command;
    const struct upload_view *u = &c->out.upload_get.upload;
    (void)fd;
    t->offset = !id_none(u->file.id) ? u->n_bytes : u->doubt_from >= 0 && u->doubt_from < n_bytes ? u->doubt_from : n_bytes;
    put_version(t->r);
    put_number(t->r, "Upload-Offset", t->offset);
    put_number(t->r, "Upload-Length", u->n_bytes);
    put_expiry(t->r, u->expires_us);
    if (!id_none(u->file.id)) put_number(t->r, "Suhbat-File", u->file.id.v);
    if (fault)
        problem_respond(t->r, &(struct problem){ .fault = fault });
    else if (span_eq(request_method(t->r), SPAN("HEAD")))
        respond_empty(t->r, 200);
    else
        put_view(t, u);
    command_destroy(c);
}

static void looked(void *user, struct command *c)
{
    struct looking *l = user;
    if (c->fault) {
        refuse(l->t, c->fault, c->detail);
        command_destroy(c);
        return;
    }
    l->command = c;
    file_upload_size(l->t->door->files, l->t->door->loop, c->out.upload_get.upload.token, sized, l);
}

static void handle_look(struct request *r)
{
    struct identity identity;
    if (!upload_admit(r, limit_ask, &identity)) return;
    struct looking *l = arena_new(request_arena(r), struct looking);
    struct tus *t = l->t = arena_new(request_arena(r), struct tus);
    t->r = r, t->door = request_door(r), t->identity = identity;
    gate_submit(t->door->gate, wish(t, command_upload_get), looked, l);
}

static void dropped(void *user, struct command *c)
{
    struct tus *t = user;
    if (c->fault) {
        refuse(t, c->fault, c->detail);
    } else {
        files_unlink(t->door->files, t->door->loop, NULL, 0, &c->in.upload_drop.token, 1, NULL, NULL);
        put_version(t->r);
        respond_empty(t->r, 204);
    }
    command_destroy(c);
}

static void handle_drop(struct request *r)
{
    struct tus *t = begin(r, limit_change);
    if (t) gate_submit(t->door->gate, wish(t, command_upload_drop), dropped, t);
}

static void handle_options(struct request *r)
{
    struct door *door = request_door(r);
    put_version(r);
    response_header(r, "Tus-Version", SPAN("1.0.0"));
    response_header(r, "Tus-Extension", SPAN("creation,creation-with-upload,termination,checksum,expiration"));
    response_header(r, "Tus-Checksum-Algorithm", SPAN("sha256"));
    put_number(r, "Tus-Max-Size", door->settings->file_max_bytes);
    respond_empty(r, 204);
}

static const struct route rows[] = {
    { "OPTIONS", "/api/v1/uploads", handle_options, 0, 0 },
    { "OPTIONS", "/api/v1/uploads/{token}", handle_options, 0, 0 },
    { "POST", "/api/v1/uploads", handle_create, 0, route_streams },
    { "PATCH", "/api/v1/uploads/{token}", handle_patch, 0, route_streams },
    { "GET", "/api/v1/uploads/{token}", handle_look, 0, 0 },
    { "DELETE", "/api/v1/uploads/{token}", handle_drop, 0, 0 },
};

void tus_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
