/* Native HTTP: administration. Every row's command asks for an administrator of the house (command.def). Runs on the request's loop. */
#include "dialect/native/call.h"
#include "door/figures.h"
#include <sys/statvfs.h>

#define ADMIN_PAGE_DEFAULT 50

static void put_text_or_null(struct json_writer *w, const char *name, struct span s)
{
    json_put_string(w, name, s.n ? s : (struct span){ 0 });
}

/* A page of a list: what it is looked for by, where it goes on, how long it is. */
static enum fault take_page(struct call *a, struct span *query_out, int64_t *after_out, size_t *limit_out)
{
    int64_t limit;
    enum fault f = call_query_int(a, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE_DEFAULT, &limit);
    if (!f) f = call_query_int(a, "after", 0, INT64_MAX, 0, after_out);
    if (f) return f;
    *limit_out = (size_t)limit;
    if (query_out) *query_out = call_keep(a, request_query_param(a->r, "query"));
    return fault_none;
}

/* ---- Users */

enum fault decode_users(struct call *a)
{
    struct admin_user_list_in *in = &a->command->in.admin_user_list;
    return take_page(a, &in->query, &in->after.v, &in->limit);
}

/* quota: their own, or null; quota_bytes: what counts. */
static void put_user_fields(struct json_writer *w, const struct user_view *u, int64_t standard_bytes)
{
    const struct account *account = &u->account;
    encode_person_fields(w, &account->person);
    put_text_or_null(w, "email", account->email);
    json_put_bool(w, "email_verified", account->email_verified);
    json_put_bool(w, "site_admin", account->site_admin);
    json_put_bool(w, "deactivated", u->deactivated_us != 0);
    json_put_bool(w, "erased", u->erased_us != 0);
    json_put_time(w, "created_at", account->created_us);
    json_put_time(w, "last_seen", u->last_seen_us);
    json_put_int(w, "n_rooms", u->n_rooms);
    json_put_int(w, "n_sessions", u->n_sessions);
    bool own = account->quota_bytes >= 0;
    json_key(w, "quota");
    if (own) json_int(w, account->quota_bytes);
    else json_null(w);
    json_put_int(w, "quota_bytes", own ? account->quota_bytes : standard_bytes);
    json_put_int(w, "used_bytes", account->used_bytes);
    json_key(w, "owner");
    encode_person_or_null(w, &u->owner);
}

void encode_users(struct call *a)
{
    const struct admin_user_list_out *out = &a->command->out.admin_user_list;
    struct reply reply;
    reply_begin_list(&reply, "users");
    for (size_t i = 0; i < out->n; i++) {
        json_begin_object(&reply.w);
        put_user_fields(&reply.w, &out->users[i], a->door->settings->quota_bytes);
        json_end_object(&reply.w);
    }
    reply_end_page(a, &reply, out->more);
}

enum fault decode_create_user(struct call *a)
{
    struct account_register_in *in = &a->command->in.admin_user_create.as;
    struct body b;
    enum fault f = body_begin(a, &b);
    if (f) return f;
    in->who.username = call_keep(a, json_take_text(&b.fields, "username"));
    in->who.password = call_keep(a, json_take_text_or_null(&b.fields, "password"));
    in->email = call_keep(a, json_take_text_or_null(&b.fields, "email"));
    in->locale = span_of(language_tag(request_language(a->r)));
    in->no_session = true;
    return body_end(a, &b);
}

void encode_created_user(struct call *a)
{
    const struct admin_user_create_out *out = &a->command->out.admin_user_create;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    put_user_fields(&reply.w, &out->user, a->door->settings->quota_bytes);
    put_text_or_null(&reply.w, "link", out->link);
    json_end_object(&reply.w);
    reply_end(a, &reply, 201);
}

/* `quota` may be null: the standard counts again. */
enum fault decode_change_user(struct call *a)
{
    struct admin_user_change_in *in = &a->command->in.admin_user_change;
    struct body b;
    enum fault f = call_path_id(a, "account", &in->id.v);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    in->has_site_admin = json_has(&b.fields, "site_admin"), in->has_deactivated = json_has(&b.fields, "deactivated");
    in->has_quota = json_has(&b.fields, "quota");
    if (in->has_site_admin) in->site_admin = json_take_bool(&b.fields, "site_admin");
    if (in->has_deactivated) in->deactivated = json_take_bool(&b.fields, "deactivated");
    if (in->has_quota) in->quota_bytes = json_take_int_or(&b.fields, "quota", 0, INT64_C(1) << 50, -1);
    return body_end(a, &b);
}

void encode_changed_user(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    put_user_fields(&reply.w, &a->command->out.admin_user_change.user, a->door->settings->quota_bytes);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

enum fault decode_admin_reset(struct call *a)
{
    return call_path_id(a, "account", &a->command->in.admin_reset.id.v);
}

void encode_admin_reset(struct call *a)
{
    const struct admin_reset_out *out = &a->command->out.admin_reset;
    struct reply reply;
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_string(&reply.w, "link", out->link);
    json_put_time(&reply.w, "expires_at", out->expires_us);
    json_end_object(&reply.w);
    reply_end(a, &reply, 201);
}

enum fault decode_admin_sessions(struct call *a)
{
    return call_path_id(a, "account", &a->command->in.admin_session_list.id.v);
}

void encode_admin_sessions(struct call *a)
{
    const struct admin_session_list_out *out = &a->command->out.admin_session_list;
    struct reply reply;
    reply_begin_list(&reply, "sessions");
    for (size_t i = 0; i < out->n; i++) encode_session(&reply.w, &out->sessions[i], a->identity.actor.session);
    reply_end_page(a, &reply, false);
}

enum fault decode_admin_end(struct call *a)
{
    return call_path_id(a, "account", &a->command->in.admin_session_end.id.v);
}

/* ---- Rooms */

enum fault decode_admin_rooms(struct call *a)
{
    struct admin_room_list_in *in = &a->command->in.admin_room_list;
    return take_page(a, &in->query, &in->after.v, &in->limit);
}

static void put_last(struct json_writer *w, const struct admin_room_view *room)
{
    json_key(w, "last");
    if (!room->last_us) {
        json_null(w);
        return;
    }
    json_begin_object(w);
    json_put_string(w, "text", room->last_text.n ? room->last_text : SPAN(""));
    json_put_bool(w, "has_file", room->last_has_file);
    json_put_bool(w, "deleted", room->last_deleted);
    json_put_time(w, "at", room->last_us);
    json_key(w, "author");
    encode_person_or_null(w, &room->last_author);
    json_end_object(w);
}

void encode_admin_rooms(struct call *a)
{
    const struct admin_room_list_out *out = &a->command->out.admin_room_list;
    struct reply reply;
    reply_begin_list(&reply, "rooms");
    for (size_t i = 0; i < out->n; i++) {
        const struct admin_room_view *room = &out->rooms[i];
        json_begin_object(&reply.w);
        json_put_int(&reply.w, "id", room->id.v);
        json_put_string(&reply.w, "kind", span_of(encode_kind(room->kind)));
        json_put_id(&reply.w, "guild", room->guild.v);
        put_text_or_null(&reply.w, "name", room->name);
        json_put_bool(&reply.w, "public", room->public);
        json_put_int(&reply.w, "n_members", room->n_members);
        json_put_int(&reply.w, "n_messages", room->n_messages);
        json_put_time(&reply.w, "created_at", room->created_us);
        put_last(&reply.w, room);
        json_end_object(&reply.w);
    }
    reply_end_page(a, &reply, out->more);
}

/* ---- The house itself */

static void put_disk(struct json_writer *w, const char *dir)
{
    struct statvfs disk;
    bool known = dir && statvfs(dir, &disk) == 0;
    json_put_int(w, "disk_free_bytes", known ? (int64_t)(disk.f_bavail * disk.f_frsize) : 0);
    json_put_int(w, "disk_total_bytes", known ? (int64_t)(disk.f_blocks * disk.f_frsize) : 0);
}

void encode_admin_figures(struct call *a)
{
    const struct admin_figures_out *out = &a->command->out.admin_figures;
    struct figures_now now;
    struct reply reply;
    figures_now(a->door, &now);
    reply_begin(&reply);
    json_begin_object(&reply.w);
    json_put_string(&reply.w, "version", SPAN(SUHBAT_VERSION));
    json_put_int(&reply.w, "uptime_s", now.uptime_s);
    json_put_int(&reply.w, "n_connections", now.n_connections);
    json_put_int(&reply.w, "n_sockets", now.n_websockets);
    json_put_int(&reply.w, "n_online", now.n_online);
    json_put_int(&reply.w, "memory_bytes", now.memory_bytes);
    json_put_int(&reply.w, "n_accounts", out->n_accounts);
    json_put_int(&reply.w, "n_rooms", out->n_rooms);
    json_put_int(&reply.w, "n_messages", out->n_messages);
    json_put_int(&reply.w, "n_sessions", out->n_sessions);
    json_put_int(&reply.w, "n_reports", out->n_reports);
    json_put_int(&reply.w, "database_bytes", out->database_bytes);
    put_disk(&reply.w, a->door->settings->data_dir);
    json_end_object(&reply.w);
    reply_end(a, &reply, 200);
}

void encode_admin_settings(struct call *a)
{
    const struct door_settings *settings = a->door->settings;
    struct reply reply;
    reply_begin_list(&reply, "settings");
    for (size_t i = 0; i < settings->n_shown; i++) {
        const struct door_setting *s = &settings->shown[i];
        json_begin_object(&reply.w);
        json_put_string(&reply.w, "name", span_of(s->name));
        json_put_string(&reply.w, "value", span_of(s->value));
        json_put_string(&reply.w, "source", span_of(s->source));
        json_put_bool(&reply.w, "secret", s->secret);
        json_end_object(&reply.w);
    }
    reply_end_page(a, &reply, false);
}

/* ---- Reports and the audit log */

static bool state_of(struct span word, enum report_state *out)
{
    *out = span_eq(word, SPAN("open")) ? report_open : report_closed;
    return *out == report_open || span_eq(word, SPAN("closed"));
}

enum fault decode_reports(struct call *a)
{
    struct report_list_in *in = &a->command->in.report_list;
    struct span state = request_query_param(a->r, "state");
    if (state.n && !state_of(state, &in->state)) {
        a->detail = "state";
        return fault_invalid;
    }
    return take_page(a, NULL, &in->after, &in->limit);
}

static void put_report(struct json_writer *w, const struct report_view *r)
{
    json_begin_object(w);
    json_put_int(w, "id", r->id);
    json_put_string(w, "state", r->state == report_open ? SPAN("open") : SPAN("closed"));
    json_key(w, "by"), encode_person_or_null(w, &r->by);
    json_key(w, "room");
    json_begin_object(w);
    json_put_int(w, "id", r->room.v);
    put_text_or_null(w, "name", r->room_name);
    json_end_object(w);
    json_key(w, "message");
    json_begin_object(w);
    json_put_int(w, "id", r->message);
    json_put_id(w, "seq", r->seq);
    json_put_string(w, "text", r->text.n ? r->text : SPAN(""));
    json_key(w, "author"), encode_person_or_null(w, &r->subject);
    json_end_object(w);
    json_put_string(w, "reason", r->reason.n ? r->reason : SPAN(""));
    json_put_time(w, "created_at", r->created_us);
    json_put_time(w, "closed_at", r->closed_us);
    json_key(w, "closed_by"), encode_person_or_null(w, &r->closed_by);
    put_text_or_null(w, "note", r->note);
    json_end_object(w);
}

void encode_reports(struct call *a)
{
    const struct report_list_out *out = &a->command->out.report_list;
    struct reply reply;
    reply_begin_list(&reply, "reports");
    for (size_t i = 0; i < out->n; i++) put_report(&reply.w, &out->reports[i]);
    reply_end_page(a, &reply, out->more);
}

enum fault decode_settle(struct call *a)
{
    struct report_settle_in *in = &a->command->in.report_settle;
    struct body b;
    enum fault f = call_path_id(a, "report", &in->id);
    if (!f) f = body_begin(a, &b);
    if (f) return f;
    if (!state_of(json_take_text(&b.fields, "state"), &in->state)) json_bad(&b.fields, "state");
    in->note = call_keep(a, json_take_text_or_null(&b.fields, "note"));
    return body_end(a, &b);
}

void encode_settled(struct call *a)
{
    struct reply reply;
    reply_begin(&reply);
    put_report(&reply.w, &a->command->out.report_settle.report);
    reply_end(a, &reply, 200);
}

enum fault decode_audit(struct call *a)
{
    struct audit_list_in *in = &a->command->in.audit_list;
    return take_page(a, NULL, &in->after, &in->limit);
}

void encode_audit(struct call *a)
{
    const struct audit_list_out *out = &a->command->out.audit_list;
    struct reply reply;
    reply_begin_list(&reply, "entries");
    for (size_t i = 0; i < out->n; i++) {
        const struct audit_view *e = &out->entries[i];
        json_begin_object(&reply.w);
        json_put_int(&reply.w, "id", e->id);
        json_put_time(&reply.w, "at", e->at_us);
        json_key(&reply.w, "who"), encode_person_or_null(&reply.w, &e->by);
        json_put_string(&reply.w, "what", e->action);
        json_key(&reply.w, "whom"), encode_person_or_null(&reply.w, &e->account);
        json_put_id(&reply.w, "room", e->room.v);
        put_text_or_null(&reply.w, "detail", e->detail);
        put_text_or_null(&reply.w, "from", e->source == audit_command_line ? SPAN("command line") : e->address);
        json_end_object(&reply.w);
    }
    reply_end_page(a, &reply, out->more);
}
