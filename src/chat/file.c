/* Files: added when their bytes are on the disk, shown to whoever may see their message, let go when nothing shows them. Runs on a lane.
   Always: a row names only bytes that were durable before it was written; bytes are given to the trash in the transaction that took their last
   reference. A file belongs to one message at most, and until then to its owner alone. */
#include "chat/ask.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "chat/avatar.h"

enum { expire_max = 200, trash_max = 200 };

/* ---- Names */

/* Marks and overrides of direction: with them a name can show another ending than it has. */
static bool turns_text(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_unwanted(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || turns_text(c);
}

static size_t decode(const char *p, uint32_t *out)
{
    unsigned char b = (unsigned char)*p;
    size_t n = b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    uint32_t c = n == 1 ? b : b & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) c = c << 6 | ((unsigned char)p[i] & 0x3F);
    *out = c;
    return n;
}

static struct span base_name(struct span name)
{
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/' || name.p[i - 1] == '\\') return span_make(name.p + i, name.n - i);
    return name;
}

/* Too long: the middle goes, the ending stays. */
static struct span shorten(struct arena *arena, struct span name)
{
    if (name.n <= FILE_NAME_MAX_BYTES) return name;
    size_t ending = 0;
    for (size_t i = 1; i <= 16 && i < name.n && !ending; i++)
        if (name.p[name.n - i] == '.') ending = i;
    size_t keep = FILE_NAME_MAX_BYTES - ending;
    while (keep && ((unsigned char)name.p[keep] & 0xC0) == 0x80) keep--;
    return arena_printf(arena, SPAN_FMT SPAN_FMT, (int)keep, name.p, (int)ending, name.p + name.n - ending);
}

struct span file_name_clean(struct arena *arena, struct span name)
{
    if (!utf8_valid(name)) return SPAN("file");
    name = base_name(name);
    char *to = arena_alloc(arena, name.n + 1);
    size_t n = 0, n_char;
    for (size_t i = 0; i < name.n; i += n_char) {
        uint32_t c;
        n_char = decode(name.p + i, &c);
        if (is_unwanted(c)) continue;
        memcpy(to + n, name.p + i, n_char);
        n += n_char;
    }
    struct span clean = span_trim(span_make(to, n));
    while (clean.n && (clean.p[clean.n - 1] == '.' || clean.p[clean.n - 1] == ' ')) clean.n--;
    if (!clean.n) return SPAN("file");
    return shorten(arena, clean);
}

/* ---- Adding */

/* What has begun counts as if it were there. */
static enum fault check_room(struct ask *ask, int64_t n_bytes, bool counts_uploads, int64_t *left_out)
{
    int64_t used, quota, n_uploads = 0, uploads_bytes = 0;
    struct account_id who = ask->account.person.id;
    enum fault fault = store_file_usage(ask->store, who, &used, &quota);
    if (!fault && counts_uploads) fault = store_upload_sum(ask->store, who, &n_uploads, &uploads_bytes);
    if (fault) return fault;
    if (n_bytes < 0 || n_bytes > ask->chat->rules->file_max_bytes) return ask_refuse(ask, fault_too_large, "file");
    if (quota < 0) quota = ask->chat->rules->quota_bytes;
    *left_out = quota - used - uploads_bytes;
    if (n_bytes > *left_out) return ask_refuse(ask, fault_too_large, "quota");
    return counts_uploads && n_uploads >= UPLOADS_PER_ACCOUNT_MAX ? ask_refuse(ask, fault_too_large, "uploads") : fault_none;
}

enum fault file_room(struct ask *ask)
{
    return check_room(ask, ask->c->in.file_room.n_bytes, true, &ask->c->out.file_room.left_bytes);
}

static enum fault add(struct ask *ask, const struct file_item *item, struct file_view *view, bool *kept)
{
    int64_t blob;
    const struct blob *b = &item->blob;
    *view = (struct file_view){ .name = file_name_clean(ask->arena, item->name), .type = b->type, .blurhash = b->blurhash, .sha256 = b->sha256,
                                .n_bytes = b->n_bytes, .width = b->width, .height = b->height, .has_thumbnail = b->has_thumbnail };
    int64_t left_bytes;
    enum fault fault = check_room(ask, b->n_bytes, false, &left_bytes);
    if (!fault) fault = store_blob_take(ask->store, b, &blob, kept);
    return fault ? fault : store_file_insert(ask->store, ask->account.person.id, blob, view->name, b->n_bytes, ask->now_us, &view->id);
}

enum fault file_add(struct ask *ask)
{
    const struct file_add_in *in = &ask->c->in.file_add;
    struct file_add_out *out = &ask->c->out.file_add;
    enum fault fault = in->n && in->n <= FILES_PER_MESSAGE_MAX ? fault_none : ask_refuse(ask, fault_invalid, "files");
    for (size_t i = 0; i < in->n && !fault; i++) fault = add(ask, &in->items[i], &out->files[i], &out->kept[i]);
    if (fault || !in->upload.n) return fault;
    fault = store_upload_done(ask->store, ask->account.person.id, in->upload, out->files[0].id);
    return fault == fault_not_found ? ask_refuse(ask, fault, "upload") : fault;
}

/* ---- Seeing and letting go */

static enum fault find(struct ask *ask, struct file_id id, struct file_record *out)
{
    struct place place;
    enum fault fault = store_file_by_id(ask->store, id, ask->arena, out);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "file");
    if (fault) return fault;
    if (id_none(out->room)) return id_eq(out->owner, ask->account.person.id) ? fault_none : ask_refuse(ask, fault_not_found, "file");
    fault = ask_place(ask, out->room, verb_room_read, &place);
    return fault == fault_not_found ? ask_refuse(ask, fault, "file") : fault;
}

enum fault file_get(struct ask *ask)
{
    struct file_record record;
    enum fault fault = find(ask, ask->c->in.file_get.id, &record);
    ask->c->out.file_get = (struct file_get_out){ record.view, record.place, record.room };
    return fault;
}

enum fault file_shown(struct ask *ask)
{
    const struct file_shown_in *in = &ask->c->in.file_shown;
    struct file_record record;
    enum fault fault = store_file_by_id(ask->store, in->id, ask->arena, &record);
    if (!fault && (id_none(in->room) || !id_eq(record.room, in->room))) fault = fault_not_found;
    ask->c->out.file_shown = (struct file_shown_out){ record.view, record.place };
    return fault == fault_not_found ? ask_refuse(ask, fault, "file") : fault;
}

static enum fault find_waiting(struct ask *ask, struct file_id id, struct file_record *out)
{
    enum fault fault = find(ask, id, out);
    if (fault) return fault;
    if (!id_eq(out->owner, ask->account.person.id)) return ask_refuse(ask, fault_forbidden, "author");
    return id_none(out->message) ? fault_none : ask_refuse(ask, fault_conflict, "file");
}

enum fault file_delete(struct ask *ask)
{
    struct file_record record;
    enum fault fault = find_waiting(ask, ask->c->in.file_delete.id, &record);
    return fault ? fault : store_file_delete(ask->store, &record);
}

/* ---- Uploads that may be continued */

enum fault upload_begin(struct ask *ask)
{
    const struct upload_begin_in *in = &ask->c->in.upload_begin;
    struct upload_view *u = &ask->c->out.upload_begin.upload;
    char *token = arena_alloc(ask->arena, UPLOAD_TOKEN_CHARS + 1);
    int64_t left_bytes;
    enum fault fault = check_room(ask, in->n_bytes, true, &left_bytes);
    if (fault) return fault;
    rand_token(token, UPLOAD_TOKEN_CHARS);
    *u = (struct upload_view){ .token = span_make(token, UPLOAD_TOKEN_CHARS), .name = file_name_clean(ask->arena, in->name), .n_bytes = in->n_bytes,
                               .doubt_from = -1, .expires_us = ask->now_us + ask->chat->rules->file_waits_s * 1000000 };
    return store_upload_insert(ask->store, ask->account.person.id, u, ask->now_us);
}

static enum fault blame_upload(struct ask *ask, enum fault fault)
{
    return fault == fault_not_found ? ask_refuse(ask, fault, "upload") : fault;
}

enum fault upload_get(struct ask *ask)
{
    struct upload_view *u = &ask->c->out.upload_get.upload;
    enum fault fault = store_upload_get(ask->store, ask->account.person.id, ask->c->in.upload_get.token, ask->arena, u);
    return fault || u->expires_us > ask->now_us ? blame_upload(ask, fault) : ask_refuse(ask, fault_gone, "upload");
}

enum fault upload_doubt(struct ask *ask)
{
    const struct upload_doubt_in *in = &ask->c->in.upload_doubt;
    return blame_upload(ask, store_upload_doubt(ask->store, ask->account.person.id, in->token, in->from));
}

enum fault upload_drop(struct ask *ask)
{
    return blame_upload(ask, store_upload_delete(ask->store, ask->account.person.id, ask->c->in.upload_drop.token));
}

/* ---- Square pictures */

enum fault avatar_get(struct ask *ask)
{
    enum fault fault = store_avatar_place(ask->store, ask->c->in.avatar_get.token, ask->arena, &ask->c->out.avatar_get.place);
    return fault == fault_not_found ? ask_refuse(ask, fault, "avatar") : fault;
}

enum fault avatar_of_file(struct ask *ask, struct file_id file, struct span *token_out)
{
    struct file_record record;
    char *token = arena_alloc(ask->arena, AVATAR_TOKEN_CHARS + 1);
    enum fault fault = find_waiting(ask, file, &record);
    if (fault) return fault;
    if (!record.view.has_thumbnail) return ask_refuse(ask, fault_invalid, "file");
    rand_token(token, AVATAR_TOKEN_CHARS);
    *token_out = span_make(token, AVATAR_TOKEN_CHARS);
    return store_avatar_from_file(ask->store, &record, *token_out);
}

enum fault avatar_release(struct ask *ask, struct span token)
{
    return token.n ? store_avatar_release(ask->store, token) : fault_none;
}

enum fault avatar_set(struct ask *ask)
{
    struct person *me = &ask->account.person;
    struct file_id file = ask->c->in.avatar_set.file;
    struct span before = me->avatar, token = { 0 };
    enum fault fault = id_none(file) ? fault_none : avatar_of_file(ask, file, &token);
    if (!fault) fault = store_account_set_avatar(ask->store, me->id, token);
    if (!fault) fault = avatar_release(ask, before);
    if (fault) return fault;
    me->avatar = token;
    ask->c->out.avatar_set.person = *me;
    return ask_person_changed(ask, me);
}

/* ---- Keeping house */

enum fault file_expire(struct ask *ask)
{
    struct file_expire_out *out = &ask->c->out.file_expire;
    int64_t n;
    enum fault fault = store_file_release_waiting(ask->store, ask->now_us - ask->chat->rules->file_waits_s * 1000000, expire_max, &n);
    return fault ? fault : store_upload_expire(ask->store, ask->now_us, expire_max, ask->arena, &out->tokens, &out->n);
}

enum fault file_trash(struct ask *ask)
{
    return store_trash_list(ask->store, trash_max, ask->arena, &ask->c->out.file_trash.names, &ask->c->out.file_trash.n);
}

enum fault file_trashed(struct ask *ask)
{
    return store_trash_forget(ask->store, ask->c->in.file_trashed.names, ask->c->in.file_trashed.n);
}

enum fault file_orphans(struct ask *ask)
{
    const struct file_orphans_in *in = &ask->c->in.file_orphans;
    struct file_orphans_out *out = &ask->c->out.file_orphans;
    enum fault fault = fault_none;
    bool known;
    out->placed = arena_array(ask->arena, bool, in->n_placed + 1);
    out->tokens = arena_array(ask->arena, bool, in->n_tokens + 1);
    for (size_t i = 0; i < in->n_placed && !fault; i++) fault = store_blob_known(ask->store, in->placed[i], &known), out->placed[i] = !known;
    for (size_t i = 0; i < in->n_tokens && !fault; i++) fault = store_upload_known(ask->store, in->tokens[i], &known), out->tokens[i] = !known;
    return fault;
}
