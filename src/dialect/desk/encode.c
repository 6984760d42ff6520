/* Nouns to the old desk's JSON. Pure: borrows everything. */
#include "dialect/desk/encode.h"
#include "base/clock.h"
#include "dialect/desk/files.h"
#include <inttypes.h>
#include <stdio.h>

bool desk_is_customer(const struct person *p)
{
    return desk_customer_id(p->username).n > 0;
}

struct span desk_person_id(const struct person *p)
{
    struct span id = desk_customer_id(p->username);
    return id.n ? id : p->username;
}

struct span desk_person_name(const struct person *p)
{
    return p->name.n ? p->name : desk_person_id(p);
}

void desk_encode_hex(struct json_writer *w, const char *name, int64_t id)
{
    char hex[25];
    snprintf(hex, sizeof hex, "%024" PRIx64, (uint64_t)id);
    if (name) json_key(w, name);
    json_string(w, span_make(hex, 24));
}

/* D-03: milliseconds. 0 is null. */
static void put_time(struct json_writer *w, const char *name, int64_t us)
{
    char iso[32];
    json_key(w, name);
    if (!us) {
        json_null(w);
        return;
    }
    clock_iso(us, "", iso);
    iso[23] = 'Z';
    json_string(w, span_make(iso, 24));
}

static void put_person(struct json_writer *w, const char *id, const char *name, const struct person *p)
{
    if (id_none(p->id)) {
        json_put_null(w, id), json_put_null(w, name);
        return;
    }
    json_put_string(w, id, desk_person_id(p));
    json_put_string(w, name, desk_person_name(p));
}

static const char *status_of(enum desk_state state)
{
    switch (state) {
    case desk_active:
    case desk_locked: return "active";
    case desk_closed: return "closed";
    case desk_no_chat:
    case desk_waiting:
    case desk_state_count: break;
    }
    return "waiting";
}

/* D-04 */
static void put_ours(struct json_writer *w, const struct desk_view *v)
{
    struct span rest = v->tags;
    json_put_bool(w, "userVerified", span_starts(v->customer.username, SPAN("~=")));
    json_put_int(w, "queuePosition", v->position);
    json_key(w, "waitSeconds");
    if (v->wait_s < 0) json_null(w);
    else json_int(w, v->wait_s);
    json_key(w, "tags");
    json_begin_array(w);
    while (rest.n) json_string(w, span_cut(rest, ',', &rest));
    json_end_array(w);
    json_put_id(w, "rating", v->rating);
    put_time(w, "closedAt", v->closed_us);
}

void desk_encode_chat(struct json_writer *w, const struct desk_view *v)
{
    json_begin_object(w);
    desk_encode_hex(w, "_id", v->room.v);
    json_put_string(w, "userId", v->customer_id);
    json_put_string(w, "userName", desk_person_name(&v->customer));
    put_person(w, "assignedAdminId", "assignedAdminName", &v->agent);
    json_put_string(w, "status", span_of(status_of(v->state)));
    put_time(w, "lastMessageAt", v->last_us);
    json_put_string(w, "lastMessage", v->last_text.n ? v->last_text : SPAN(""));
    json_put_int(w, "unreadCount", v->unread);
    json_put_bool(w, "userOnline", v->online);
    json_put_bool(w, "isLocked", v->state == desk_locked);
    put_person(w, "lockedByAdminId", "lockedByAdminName", &v->locked_by);
    put_time(w, "createdAt", v->created_us);
    put_time(w, "updatedAt", v->updated_us);
    json_put_int(w, "__v", 0);
    put_ours(w, v);
    json_end_object(w);
}

static void put_file(struct json_writer *w, const struct message *m, struct token_key *key)
{
    const struct file_view *f = m->n_files ? &m->files[0] : NULL;
    enum link_sort kind = f ? (span_starts(f->type, SPAN("image/")) ? link_image : link_file) : m->link_kind;
    json_put_string(w, "messageType", kind == link_image ? SPAN("image") : kind == link_file ? SPAN("file") : SPAN("text"));
    json_key(w, "fileUrl");
    if (f) {
        char address[DESK_FILE_ADDRESS_MAX_BYTES];
        json_string(w, span_make(address, desk_file_address(key, m->room, f, address)));
    } else if (m->link.n) {
        json_string(w, m->link);
    } else {
        json_null(w);
    }
}

void desk_encode_message(struct json_writer *w, const struct message *m, struct desk_marks marks, struct token_key *key)
{
    bool by_customer = desk_is_customer(&m->author);
    bool is_read = m->seq <= (by_customer ? marks.agent_read : marks.customer_read);
    json_begin_object(w);
    desk_encode_hex(w, "_id", m->id.v);
    desk_encode_hex(w, "chatId", m->room.v);
    json_put_string(w, "senderId", desk_person_id(&m->author));
    json_put_string(w, "senderType", by_customer ? SPAN("user") : SPAN("admin"));
    json_put_string(w, "senderName", desk_person_name(&m->author));
    json_put_string(w, "content", m->text.n ? m->text : SPAN(""));
    put_file(w, m, key);
    json_put_bool(w, "isRead", is_read);
    put_time(w, "readAt", !is_read ? 0 : by_customer ? marks.agent_read_us : marks.customer_read_us);
    put_time(w, "createdAt", m->created_us);
    put_time(w, "updatedAt", m->edited_us ? m->edited_us : m->created_us);
    json_put_int(w, "__v", 0);
    json_key(w, "clientKey");
    json_string(w, m->key.n ? m->key : (struct span){ 0 });
    json_end_object(w);
}
