/* Messages by form: said, edited, deleted, their files sent in and out. Runs on the request's loop.

       POST /room/<id>/ ─ origin ─ multipart ──► room_look ─► intake ─► token ─► message_edit │ join ─► file_add ─► message_post ─► 302
                                 └ urlencoded ─► read ─ token ─► room_enter ─► message_edit │ message_post ─► 302 */
#include "dialect/rooms/form.h"
#include "dialect/rooms/visit.h"
#include "door/file_out.h"
#include "door/intake.h"
#include "door/problem.h"

/* ---- Said */

static void said(struct visit *v, struct command *c)
{
    if (c->fault)
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
    else
        visit_redirect_room(v, v->room);
}

static void say(struct visit *v, const struct file_view *files, size_t n)
{
    struct command *c = command_create(command_message_post, v->actor);
    struct file_id *ids = arena_array(c->arena, struct file_id, n + 1);
    for (size_t i = 0; i < n; i++) ids[i] = files[i].id;
    c->in.message_post = (struct message_post_in){ .room = v->room, .text = arena_copy(c->arena, v->text), .files = ids, .n_files = n };
    visit_ask(v, c, said);
}

/* ---- Edited: by the author alone; for others nothing changes, and nothing is said, as it was */

static void edited(struct visit *v, struct command *c)
{
    if (c->fault && c->fault != fault_forbidden)
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
    else
        visit_redirect_room(v, v->room);
}

static void edit(struct visit *v, struct span id)
{
    if (!span_to_i64(span_trim(id), &v->message.v) || v->message.v < 1) {
        visit_refuse(v, fault_not_found, "message", 0);
    } else if (!v->text.n) {
        visit_redirect_room(v, v->room);
    } else if (visit_may(v, limit_change)) {
        struct command *c = command_create(command_message_edit, v->actor);
        c->in.message_edit = (struct message_edit_in){ v->room, v->message, arena_copy(c->arena, v->text) };
        visit_ask(v, c, edited);
    }
}

/* ---- A small form, whole in memory */

static void act(struct visit *v, struct command *c)
{
    (void)c;
    struct span id = visit_field(v, "edit_message_id");
    v->text = span_trim(visit_field(v, id.p ? "edited_content" : "content"));
    if (id.p)
        edit(v, id);
    else if (!v->text.n)
        room_page(v);
    else if (visit_may(v, limit_send))
        say(v, NULL, 0);
}

struct reading { /* in the request's arena; its bytes on the heap until the last word */
    struct visit *v;
    struct buf bytes;
};

static bool on_data(struct request *r, struct span bytes)
{
    struct reading *reading = request_user(r);
    buf_append_span(&reading->bytes, bytes);
    return !reading->bytes.failed;
}

static void on_end(struct request *r, bool whole)
{
    struct reading *reading = request_user(r);
    struct visit *v = reading->v;
    if (whole) v->body = arena_copy(request_arena(r), buf_span(&reading->bytes));
    buf_fini(&reading->bytes);
    if (!whole)
        visit_refuse(v, fault_too_large, "body", 0);
    else if (visit_token_fits(v, visit_field(v, "csrfmiddlewaretoken")) && visit_signed_in(v))
        room_enter(v, act);
}

static void on_gone(struct request *r)
{
    struct reading *reading = request_user(r);
    buf_fini(&reading->bytes);
    respond_empty(r, 204);
}

static const struct body_sink small_form = { on_data, on_end, on_gone };

static void read_small(struct visit *v)
{
    struct reading *reading = arena_new(request_arena(v->r), struct reading);
    reading->v = v;
    buf_init(&reading->bytes, FORM_MAX_BYTES);
    request_set_user(v->r, reading);
    request_receive(v->r, &small_form, FORM_MAX_BYTES);
}

/* ---- A form with a file */

static int64_t file_ceiling(const struct visit *v)
{
    int64_t set = v->door->settings->file_max_bytes;
    return set < ROOMS_FILE_MAX_BYTES ? set : ROOMS_FILE_MAX_BYTES;
}

static void refuse_size(struct visit *v)
{
    visit_html(v, 400, arena_printf(request_arena(v->r), "Fayl hajmi %lldMB dan katta bo'lishi mumkin emas", (long long)(file_ceiling(v) >> 20)).p);
}

static void form_kept(struct intake *in, const struct file_add_out *out)
{
    say(intake_user(in), out->files, intake_n_files(in));
}

static void form_refused(struct intake *in, enum fault fault, const char *detail, int64_t retry_after_s)
{
    struct visit *v = intake_user(in);
    if (fault == fault_unauthenticated)
        visit_login_first(v);
    else if (fault == fault_too_large && detail && strcmp(detail, "file") == 0)
        refuse_size(v);
    else
        visit_refuse(v, fault, detail, retry_after_s);
}

static void form_joined(void *user, struct command *c)
{
    struct intake *in = user;
    struct visit *v = intake_user(in);
    if (c->fault && c->fault != fault_forbidden) {
        intake_drop(in);
        visit_refuse(v, c->fault, c->detail, c->retry_after_s);
    } else {
        intake_keep(in);
    }
    command_destroy(c);
}

static void keep(struct visit *v, struct intake *in)
{
    if (v->must_join)
        gate_submit(v->door->gate, room_join(v), form_joined, in);
    else
        intake_keep(in);
}

/* The token may stand behind the file, so it is only now that it is looked at. */
static void form_received(struct intake *in)
{
    struct visit *v = intake_user(in);
    struct arena *arena = request_arena(v->r);
    struct span id = intake_field(in, "edit_message_id"), token = arena_copy(arena, intake_field(in, "csrfmiddlewaretoken"));
    v->text = arena_copy(arena, span_trim(intake_field(in, id.p ? "edited_content" : "content")));
    if (id.p) id = arena_copy(arena, id);
    bool says = !id.p && (v->text.n || intake_n_files(in)), fits = visit_proves(v, token);
    if (says && fits) {
        keep(v, in);
        return;
    }
    intake_drop(in);
    if (!visit_token_fits(v, token)) return;
    if (id.p)
        edit(v, id);
    else
        room_page(v);
}

static const struct intake_events form_events = { form_received, form_kept, form_refused };

static void read_form(struct visit *v, struct command *c)
{
    (void)c;
    struct intake_rules rules = { .events = &form_events, .user = v, .n_files_max = FILES_PER_MESSAGE_MAX, .file_max_bytes = file_ceiling(v), .may_be_none = true };
    if (request_is_orphan(v->r))
        respond_empty(v->r, 204);
    else
        intake_form(v->r, v->actor, &rules);
}

static bool is_multipart(struct request *r)
{
    struct span rest, type = span_trim(span_cut(request_header(r, "content-type"), ';', &rest));
    return span_eq_nocase(type, SPAN("multipart/form-data"));
}

static void post_room(struct request *r)
{
    struct visit *v = visit_begin(r);
    if (!visit_origin_fits(v)) return;
    if (!is_multipart(r))
        read_small(v);
    else if (!visit_signed_in(v) || !visit_may(v, limit_send))
        return;
    else if (request_declared_bytes(r) > file_ceiling(v) + (int64_t)INTAKE_FIELDS_MAX_BYTES)
        refuse_size(v); /* before the bytes come, not after */
    else
        room_look(v, read_form);
}

/* ---- Deleted */

static void content_deleted(struct visit *v, struct command *c)
{
    if (c->fault == fault_none || c->fault == fault_gone)
        visit_redirect_room(v, v->room);
    else
        visit_redirect(v, SPAN("/"));
}

static bool part_of(struct span type, enum message_part *out)
{
    static const char *const names[] = { [message_part_all] = "all", [message_part_text] = "text", [message_part_files] = "file" };
    for (int i = 0; i < 3; i++) {
        if (!span_eq(type, span_of(names[i]))) continue;
        *out = (enum message_part)i;
        return true;
    }
    return false;
}

static void content_found(struct visit *v, struct command *c)
{
    if (c->fault) {
        visit_redirect(v, SPAN("/"));
        return;
    }
    v->room = c->out.message_get.message.room;
    if (!part_of(request_param(v->r, "type"), &v->part)) {
        visit_redirect_room(v, v->room);
        return;
    }
    struct command *next = command_create(command_message_delete, v->actor);
    next->in.message_delete = (struct message_delete_in){ .room = v->room, .id = v->message, .part = v->part };
    visit_ask(v, next, content_deleted);
}

static struct command *find_message(struct visit *v)
{
    struct command *c = command_create(command_message_get, v->actor);
    c->in.message_get.id = v->message;
    return c;
}

static void post_delete_content(struct request *r)
{
    struct visit *v = visit_form(r);
    if (!v || !visit_signed_in(v) || !visit_may(v, limit_change)) return;
    if (room_param(r, "message", &v->message.v))
        visit_redirect(v, SPAN("/"));
    else
        visit_ask(v, find_message(v), content_found);
}

static void get_delete_content(struct request *r)
{
    struct visit *v = visit_member(r);
    if (v) visit_redirect(v, SPAN("/"));
}

/* ---- Downloads */

#define NO_FILE "Fayl topilmadi"

static void unreadable(struct request *r, enum fault fault)
{
    bool gone = fault == fault_not_found;
    respond(r, gone ? 404 : 503, "text/html; charset=utf-8", gone ? SPAN(NO_FILE) : span_of(problem_sentence(fault, NULL, language_uz)));
}

static void send_file(struct visit *v, struct command *c)
{
    const struct file_get_out *out = &c->out.file_get;
    struct request *r = v->r;
    if (c->fault) {
        visit_html(v, 404, NO_FILE);
        return;
    }
    struct arena *arena = request_arena(r);
    struct span name = file_name_encoded(arena, out->file.name);
    visit_headers(v);
    response_header(r, "Content-Disposition", arena_printf(arena, "attachment; filename*=UTF-8''" SPAN_FMT, SPAN_ARG(name)));
    response_header(r, "Content-Security-Policy", SPAN("default-src 'none'; sandbox"));
    response_header(r, "X-Download-Options", SPAN("noopen"));
    response_header(r, "X-Permitted-Cross-Domain-Policies", SPAN("none"));
    file_out(r, &(struct file_out){ .place = arena_copy(arena, out->place), .type = file_safe_type(r, out->file.type),
                                    .tag = arena_copy(arena, out->file.sha256), .refused = unreadable });
}

/* ?file=<id>: one of several (ours). */
static struct file_id chosen(struct visit *v, const struct message *m)
{
    int64_t wanted = 0;
    if (!m->n_files) return (struct file_id){ 0 };
    if (!span_to_i64(request_query_param(v->r, "file"), &wanted)) return m->files[0].id;
    for (size_t i = 0; i < m->n_files; i++)
        if (m->files[i].id.v == wanted) return m->files[i].id;
    return (struct file_id){ 0 };
}

static void file_found(struct visit *v, struct command *c)
{
    const struct message_get_out *out = &c->out.message_get;
    struct file_id file = c->fault ? (struct file_id){ 0 } : chosen(v, &out->message);
    bool may = !c->fault && (out->role != role_none || id_eq(out->message.author.id, v->actor.account));
    if (!c->fault && !may) {
        visit_html(v, 403, "Ruxsat yo'q");
    } else if (id_none(file)) {
        visit_html(v, 404, NO_FILE);
    } else {
        struct command *next = command_create(command_file_get, v->actor);
        next->in.file_get.id = file;
        visit_ask(v, next, send_file);
    }
}

static void get_download(struct request *r)
{
    struct visit *v = visit_member(r);
    if (!v || !visit_may(v, limit_ask)) return;
    if (room_param(r, "message", &v->message.v) || !v->door->files)
        visit_html(v, 404, NO_FILE);
    else
        visit_ask(v, find_message(v), file_found);
}

static const struct route rows[] = {
    { "POST", "/room/{room:int}/", post_room, 0, route_streams },
    { "GET", "/delete-content/{message:int}/{type}/", get_delete_content },
    { "POST", "/delete-content/{message:int}/{type}/", post_delete_content },
    { "GET", "/download/{message:int}/", get_download },
};

void message_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
