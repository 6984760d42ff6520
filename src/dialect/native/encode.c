/* Native JSON. Pure: any thread, borrows what it reads. encode_event runs for every event and kind of reader on the hot path. */
#include "dialect/native/encode.h"
#include "base/clock.h"

static void put_text_or_null(struct json_writer *w, const char *name, struct span s)
{
    json_put_string(w, name, s.n ? s : (struct span){ 0 });
}

static void put_text(struct json_writer *w, const char *name, struct span s)
{
    json_put_string(w, name, s.p ? s : SPAN(""));
}

const char *encode_role(enum member_role role)
{
    switch (role) {
    case role_member: return "member";
    case role_moderator: return "moderator";
    case role_admin: return "admin";
    case role_owner: return "owner";
    case role_none: break;
    }
    return NULL;
}

const char *encode_kind(enum room_kind kind)
{
    switch (kind) {
    case room_lobby: return "lobby";
    case room_group: return "group";
    case room_direct: return "direct";
    case room_guild: return "guild";
    case room_channel: return "channel";
    case room_desk: return "desk";
    }
    return "group";
}

void encode_person_fields(struct json_writer *w, const struct person *p)
{
    json_put_int(w, "id", p->id.v);
    put_text(w, "username", p->username);
    put_text_or_null(w, "name", p->name);
    put_text_or_null(w, "avatar", p->avatar);
    json_put_bool(w, "bot", p->bot);
}

void encode_person(struct json_writer *w, const struct person *p)
{
    json_begin_object(w);
    encode_person_fields(w, p);
    json_end_object(w);
}

void encode_person_or_null(struct json_writer *w, const struct person *p)
{
    if (id_none(p->id))
        json_null(w);
    else
        encode_person(w, p);
}

static void put_person(struct json_writer *w, const char *name, const struct person *p)
{
    json_key(w, name);
    encode_person_or_null(w, p);
}

void encode_account(struct json_writer *w, const struct account *a)
{
    json_begin_object(w);
    encode_person_fields(w, &a->person);
    json_put_bool(w, "site_admin", a->site_admin);
    json_put_time(w, "created_at", a->created_us);
    put_text_or_null(w, "email", a->email);
    json_put_bool(w, "email_verified", a->email_verified);
    put_text(w, "about", a->about);
    put_text_or_null(w, "locale", a->locale);
    json_put_bool(w, "hide_read", a->hide_read);
    json_put_bool(w, "hide_last_seen", a->hide_last_seen);
    json_put_int(w, "quota_bytes", a->quota_bytes);
    json_put_int(w, "used_bytes", a->used_bytes);
    json_end_object(w);
}

void encode_session(struct json_writer *w, const struct session_view *s, struct session_id current)
{
    json_begin_object(w);
    json_put_int(w, "id", s->id.v);
    json_put_time(w, "created_at", s->created_us);
    json_put_time(w, "last_used_at", s->used_us);
    put_text_or_null(w, "agent", s->agent);
    put_text_or_null(w, "address", s->address);
    json_put_bool(w, "current", id_eq(s->id, current));
    json_end_object(w);
}

static void encode_reactions(struct json_writer *w, const struct message *m)
{
    json_begin_array(w);
    for (size_t i = 0; i < m->n_reactions; i++) {
        const struct reaction_view *r = &m->reactions[i];
        json_begin_object(w);
        put_text(w, "emoji", r->emoji);
        json_put_int(w, "count", r->count);
        json_key(w, "by");
        json_begin_array(w);
        for (size_t k = 0; k < r->n_by; k++) json_int(w, r->by[k].v);
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
}

/* More than fit are kept as too many: the core says what is wrong with them. */
void take_files(struct json_fields *f, struct arena *arena, struct message_post_in *in)
{
    struct json_walk walk = json_walk(json_take_array_or_null(f, "files"));
    struct file_id *ids = walk.n ? arena_array(arena, struct file_id, FILES_PER_MESSAGE_MAX) : NULL;
    for (json_value *v; (v = json_walk_next(&walk)); in->n_files++) {
        int64_t id;
        if (!json_as_id(v, &id)) json_bad(f, "files");
        else if (in->n_files < FILES_PER_MESSAGE_MAX) ids[in->n_files].v = id;
    }
    in->files = ids;
}

void encode_file(struct json_writer *w, const struct file_view *f)
{
    json_begin_object(w);
    json_put_int(w, "id", f->id.v);
    put_text(w, "name", f->name);
    json_put_int(w, "size", f->n_bytes);
    put_text(w, "type", f->type);
    json_put_id(w, "width", f->width);
    json_put_id(w, "height", f->height);
    put_text_or_null(w, "blurhash", f->blurhash);
    json_put_bool(w, "has_thumbnail", f->has_thumbnail);
    put_text(w, "sha256", f->sha256);
    json_put_string(w, "state", SPAN("ready"));
    json_end_object(w);
}

void encode_file_or_null(struct json_writer *w, const struct file_view *f)
{
    if (id_none(f->id))
        json_null(w);
    else
        encode_file(w, f);
}

static void encode_quote(struct json_writer *w, const struct message *m)
{
    if (id_none(m->reply_to)) {
        json_null(w);
        return;
    }
    json_begin_object(w);
    json_put_int(w, "id", m->reply_to.v);
    put_person(w, "author", &m->reply_author);
    put_text(w, "text", m->reply_text);
    json_put_int(w, "seq", m->reply_seq);
    json_put_bool(w, "has_file", m->reply_has_file);
    json_end_object(w);
}

/* Kept as they are written: ids with commas between, a 0 in front when everyone is called. */
static void encode_mentions(struct json_writer *w, const struct message *m)
{
    struct span ids = m->mentions;
    bool everyone = ids.n && ids.p[0] == '0';
    if (everyone) span_cut(ids, ',', &ids);
    json_key(w, "mentions");
    json_begin_array(w);
    if (ids.n) json_raw(w, ids);
    json_end_array(w);
    json_put_bool(w, "mentions_everyone", everyone);
}

/* Who it comes from when it is no person; its author answers for it. */
static void encode_webhook(struct json_writer *w, const struct message *m)
{
    if (!m->hook_name.n) {
        json_null(w);
        return;
    }
    json_begin_object(w);
    put_text(w, "name", m->hook_name);
    json_put_null(w, "avatar");
    json_end_object(w);
}

/* A file that lies elsewhere, as support chats may name one. */
static void encode_link(struct json_writer *w, const struct message *m)
{
    if (!m->link.n) {
        json_null(w);
        return;
    }
    json_begin_object(w);
    json_put_string(w, "kind", m->link_kind == link_image ? SPAN("image") : SPAN("file"));
    json_put_string(w, "url", m->link);
    json_end_object(w);
}

void encode_message(struct json_writer *w, const struct message *m)
{
    bool deleted = m->deleted_us != 0;
    json_begin_object(w);
    json_put_int(w, "id", m->id.v);
    json_put_int(w, "room", m->room.v);
    json_put_int(w, "seq", m->seq);
    put_person(w, "author", &m->author);
    put_text(w, "text", deleted ? SPAN("") : m->text);
    put_text_or_null(w, "key", m->key);
    json_key(w, "reply_to");
    encode_quote(w, m);
    json_put_time(w, "created_at", m->created_us);
    json_put_time(w, "edited_at", m->edited_us);
    json_put_bool(w, "deleted", deleted);
    json_key(w, "reactions");
    encode_reactions(w, m);
    json_key(w, "files");
    json_begin_array(w);
    for (size_t i = 0; i < m->n_files; i++) encode_file(w, &m->files[i]);
    json_end_array(w);
    encode_mentions(w, m);
    json_put_bool(w, "pinned", m->pinned_us != 0);
    json_put_int(w, "n_versions", m->n_versions);
    json_key(w, "webhook");
    encode_webhook(w, m);
    json_key(w, "link");
    encode_link(w, m);
    json_end_object(w);
}

void encode_draft(struct json_writer *w, const struct draft *d)
{
    if (!d->updated_us) {
        json_null(w);
        return;
    }
    json_begin_object(w);
    put_text(w, "text", d->text);
    json_put_id(w, "reply_to", d->reply_to.v);
    json_put_time(w, "updated_at", d->updated_us);
    json_end_object(w);
}

const char *encode_level(enum notify_level level)
{
    static const char *const words[] = { NULL, "all", "mentions", "none" };
    return words[level];
}

void encode_notify(struct json_writer *w, enum notify_level level, int64_t until_us)
{
    bool over = until_us && until_us <= clock_wall_us();
    json_begin_object(w);
    json_put_string(w, "level", span_of(over ? NULL : encode_level(level)));
    json_put_time(w, "until", over ? 0 : until_us);
    json_end_object(w);
}

void encode_room(struct json_writer *w, const struct room_view *room, bool last_shown)
{
    json_begin_object(w);
    json_put_int(w, "id", room->id.v);
    json_put_string(w, "kind", span_of(encode_kind(room->kind)));
    put_text_or_null(w, "name", room->name);
    json_put_bool(w, "public", room->public);
    json_put_string(w, "role", span_of(encode_role(room->role)));
    json_put_int(w, "head", room->head);
    json_put_int(w, "read", room->read);
    json_put_int(w, "unread", room->unread);
    json_put_int(w, "n_members", room->n_members);
    json_put_time(w, "created_at", room->created_us);
    json_key(w, "last");
    if (room->last && last_shown && room->role != role_none)
        encode_message(w, room->last);
    else
        json_null(w);
    put_person(w, "peer", &room->peer);
    json_put_int(w, "mentions", room->mentions);
    json_put_int(w, "read_by_all", room->read_by_all);
    json_put_int(w, "n_pins", room->n_pins);
    json_key(w, "draft");
    encode_draft(w, &room->draft);
    json_put_id(w, "guild", room->guild.v);
    json_put_int(w, "position", room->position);
    put_text_or_null(w, "topic", room->topic);
    put_text_or_null(w, "icon", room->icon);
    json_put_bool(w, "read_only", room->read_only);
    json_put_int(w, "slow_s", room->slow_s);
    json_put_bool(w, "blocked", room->blocked);
    json_put_time(w, "muted_until", room->muted_until_us);
    json_key(w, "notify");
    encode_notify(w, (enum notify_level)room->notify_level, room->notify_until_us);
    json_end_object(w);
}

void encode_face(struct json_writer *w, const struct room_face *face)
{
    json_begin_object(w);
    json_put_int(w, "id", face->id.v);
    json_put_string(w, "kind", span_of(encode_kind(face->kind)));
    json_put_id(w, "guild", face->guild.v);
    put_text_or_null(w, "name", face->name);
    json_put_bool(w, "public", face->public);
    json_put_int(w, "position", face->position);
    put_text_or_null(w, "topic", face->topic);
    put_text_or_null(w, "icon", face->icon);
    json_put_bool(w, "read_only", face->read_only);
    json_put_int(w, "slow_s", face->slow_s);
    json_put_int(w, "n_members", face->n_members);
    json_put_time(w, "created_at", face->created_us);
    json_end_object(w);
}

void encode_room_invite(struct json_writer *w, const struct room_invite *invite)
{
    json_begin_object(w);
    put_text(w, "code", invite->code);
    put_person(w, "by", &invite->by);
    json_put_id(w, "n_uses", invite->n_uses);
    json_put_int(w, "n_used", invite->n_used);
    json_put_time(w, "expires_at", invite->expires_us);
    json_put_time(w, "created_at", invite->created_us);
    json_end_object(w);
}

void encode_ban(struct json_writer *w, const struct ban *ban)
{
    json_begin_object(w);
    put_person(w, "account", &ban->person);
    put_person(w, "by", &ban->by);
    put_text_or_null(w, "reason", ban->reason);
    json_put_time(w, "at", ban->at_us);
    json_end_object(w);
}

void encode_room_name(struct json_writer *w, const struct search_hit *hit)
{
    json_begin_object(w);
    json_put_int(w, "id", hit->message.room.v);
    json_put_string(w, "kind", span_of(encode_kind(hit->room_kind)));
    put_text_or_null(w, "name", hit->room_name);
    json_put_id(w, "guild", hit->guild.v);
    json_end_object(w);
}

void encode_member(struct json_writer *w, const struct member_view *m, bool read_shown, bool online)
{
    json_begin_object(w);
    put_person(w, "account", &m->person);
    json_put_string(w, "role", span_of(encode_role(m->role)));
    json_put_time(w, "joined_at", m->joined_us);
    if (read_shown && !m->read_hidden)
        json_put_int(w, "read", m->read);
    else
        json_put_null(w, "read");
    json_put_time(w, "muted_until", m->muted_until_us);
    json_put_bool(w, "online", online && !m->presence_hidden);
    json_end_object(w);
}

void encode_presence(struct json_writer *w, struct account_id account, enum presence status, int64_t last_seen_us)
{
    json_put_int(w, "account", account.v);
    json_put_bool(w, "online", status != presence_offline);
    json_put_string(w, "status", span_of(presence_word(status)));
    json_put_time(w, "last_seen", status == presence_offline ? last_seen_us : 0);
}

static void event_begin(struct json_writer *w, const struct event *e)
{
    json_begin_object(w);
    json_put_string(w, "t", span_of(event_name(e->kind)));
    if (e->kind == event_presence || e->kind == event_person_changed) return;
    json_put_id(w, "room", e->room.v);
    if (!event_is_lasting(e->kind)) return;
    json_put_id(w, "seq", e->seq);
    json_put_time(w, "at", e->at_us);
}

static void put_message(struct json_writer *w, const struct event *e)
{
    json_key(w, "message");
    encode_message(w, &e->message);
}

static void put_reaction(struct json_writer *w, const struct event *e)
{
    json_put_int(w, "message_id", e->message_id.v);
    put_text(w, "emoji", e->emoji);
    put_person(w, "by", &e->by);
}

static void put_member(struct json_writer *w, const struct event *e)
{
    put_person(w, "member", &e->subject);
    if (e->kind != event_member_left) json_put_string(w, "role", span_of(encode_role(e->role)));
    if (e->kind == event_member_changed) json_put_time(w, "muted_until", e->until_us);
    put_person(w, "by", &e->by);
}

static void put_change(struct json_writer *w, const struct room_face *face)
{
    put_text_or_null(w, "name", face->name);
    put_text_or_null(w, "topic", face->topic);
    put_text_or_null(w, "icon", face->icon);
    json_put_bool(w, "public", face->public);
    json_put_bool(w, "read_only", face->read_only);
    json_put_int(w, "slow_s", face->slow_s);
}

static void put_draft(struct json_writer *w, const struct event *e)
{
    const struct message *m = &e->message;
    json_key(w, "draft");
    encode_draft(w, &(struct draft){ m->text, m->reply_to, m->edited_us });
}

/* long because: exhaustive, a case for every kind of event */
bool encode_event(struct json_writer *w, const struct event *e)
{
    switch (e->kind) {
    case event_person_changed:
        event_begin(w, e), put_person(w, "person", &e->subject);
        break;
    case event_session_revoked:
    case event_person_noticed:
    case event_desk_said:
    case event_message_read: /* read_by_all says it */
    case event_message_repeated: /* its op is answered */
    case event_kind_count:
        return false;
    case event_desk_told:
    case event_desk_message:
    case event_desk_status:
    case event_desk_agent_changed:
    case event_desk_moved:
    case event_desk_noted:
        encode_desk_event(w, e);
        return true;
    case event_message_posted:
    case event_message_edited:
        event_begin(w, e), put_message(w, e);
        break;
    case event_message_deleted:
        event_begin(w, e), put_message(w, e), put_person(w, "by", &e->by);
        break;
    case event_reaction_added:
    case event_reaction_removed:
        event_begin(w, e), put_reaction(w, e);
        break;
    case event_room_read:
        event_begin(w, e), put_person(w, "by", &e->by), json_put_int(w, "read", e->read);
        break;
    case event_member_joined:
    case event_member_left:
    case event_member_changed:
        event_begin(w, e), put_member(w, e);
        break;
    case event_room_changed:
        event_begin(w, e), put_change(w, e->face), put_person(w, "by", &e->by);
        break;
    case event_channel_added:
    case event_channel_changed:
    case event_channel_removed:
        event_begin(w, e), json_key(w, "channel"), encode_face(w, e->face), put_person(w, "by", &e->by);
        break;
    case event_room_removed:
        event_begin(w, e);
        break;
    case event_message_pinned:
    case event_message_unpinned:
        event_begin(w, e), json_put_int(w, "message_id", e->message_id.v), put_person(w, "by", &e->by);
        break;
    case event_read_by_all:
        event_begin(w, e), json_put_int(w, "read", e->read);
        break;
    case event_draft_changed:
        event_begin(w, e), put_draft(w, e);
        break;
    case event_block_changed:
        event_begin(w, e), json_put_int(w, "account", e->subject.id.v), json_put_bool(w, "on", e->on);
        break;
    case event_presence:
        event_begin(w, e), encode_presence(w, e->subject.id, e->status, e->at_us);
        break;
    case event_typing:
        event_begin(w, e), put_person(w, "by", &e->by), json_put_bool(w, "on", e->on);
        break;
    }
    json_end_object(w);
    return true;
}
