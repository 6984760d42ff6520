/* Messages after they were posted (post.c): edited, deleted, read back page by page. Runs on a lane. What is already so is no change and no event. */
#include "chat/ask.h"
#include "chat/content.h"
#include "chat/mention.h"

enum { page_max = 1000 };

/* ---- Changing */

/* A message of a room that the asker may read. */
static enum fault find(struct ask *ask, struct room_id room, struct message_id id, struct place *place, struct message *out, int64_t *original_out)
{
    enum fault fault = ask_place(ask, room, verb_room_read, place);
    if (fault) return fault;
    fault = store_message_by_id(ask->store, room, id, ask->arena, out, original_out);
    return fault == fault_not_found ? ask_refuse(ask, fault, "message") : fault;
}

static bool is_own(const struct ask *ask, const struct message *m)
{
    return id_eq(m->author.id, ask->account.person.id);
}

/* Tells everybody how the message is now. */
static enum fault announce_part(struct ask *ask, enum event_kind kind, struct room_id room, struct message_id id, enum message_part part, struct message *out)
{
    struct event e = { .kind = kind, .room = room, .message_id = id, .part = part };
    enum fault fault = store_message_by_id(ask->store, room, id, ask->arena, out, NULL);
    if (fault) return fault;
    e.message = *out;
    return ask_happened(ask, &e);
}

static enum fault announce(struct ask *ask, enum event_kind kind, struct room_id room, struct message_id id, struct message *out)
{
    return announce_part(ask, kind, room, id, message_part_all, out);
}

/* The text of today becomes an earlier one, and whom it called is called no more. */
static enum fault rewrite(struct ask *ask, const struct place *place, const struct message *m, struct span text, int64_t original)
{
    struct message next = *m;
    next.text = text;
    enum fault fault = mention_find(ask, place, text, &next.mentions);
    if (!fault) fault = mention_forget(ask->store, m);
    if (!fault) fault = store_version_keep(ask->store, m);
    if (!fault) fault = store_message_edit(ask->store, m->id, text, next.mentions, original, ask->now_us);
    return fault ? fault : mention_keep(ask->store, &next);
}

enum fault message_edit(struct ask *ask)
{
    const struct message_edit_in *in = &ask->c->in.message_edit;
    struct message *message = &ask->c->out.message_edit.message;
    struct place place;
    int64_t original;
    enum fault fault = find(ask, in->room, in->id, &place, message, &original);
    if (!fault) fault = ask_may(ask, verb_message_edit, &place, is_own(ask, message));
    if (fault) return fault;
    if (message->deleted_us) return ask_refuse(ask, fault_gone, "message");
    fault = content_check_with_files(in->text, message->n_files);
    if (fault) return ask_refuse(ask, fault, "text");
    if (span_eq(message->text, in->text)) return fault_none;
    if (!original) original = content_print(message);
    fault = rewrite(ask, &place, message, in->text, original);
    return fault ? fault : announce(ask, event_message_edited, in->room, in->id, message);
}

/* What goes with the text: earlier ones, mentions. */
static enum fault forget_text(struct ask *ask, const struct message *m)
{
    enum fault fault = store_version_forget(ask->store, m);
    return fault ? fault : mention_forget(ask->store, m);
}

/* file none: all of them. */
static enum fault forget_files(struct ask *ask, const struct message *m, struct file_id file)
{
    int64_t n = 0;
    enum fault fault = m->n_files ? store_file_release(ask->store, m->id, file, &n) : fault_none;
    if (!fault && !n && !id_none(file)) return ask_refuse(ask, fault_not_found, "file");
    return fault || !n ? fault : store_message_set_files(ask->store, m->id, m->n_files - (size_t)n);
}

static enum fault erase(struct ask *ask, const struct message *m, int64_t original)
{
    enum fault fault = forget_text(ask, m);
    if (!fault && m->pinned_us) fault = store_pin_remove(ask->store, m->room, m->id);
    if (!fault) fault = forget_files(ask, m, (struct file_id){ 0 });
    return fault ? fault : store_message_delete(ask->store, m->id, original, ask->now_us);
}

/* What is left is told like an edit. */
static enum fault erase_part(struct ask *ask, struct message *m, int64_t original, bool text, bool files)
{
    enum fault fault = files ? forget_files(ask, m, ask->c->in.message_delete.file) : fault_none;
    if (!fault && text) fault = forget_text(ask, m);
    if (!fault && text) fault = store_message_delete_text(ask->store, m->id, original, ask->now_us);
    else if (!fault) fault = store_message_touch(ask->store, m->id, original, ask->now_us);
    return fault ? fault : announce_part(ask, event_message_edited, m->room, m->id, text ? message_part_text : message_part_files, m);
}

/* What an administrator of the house does in a room where their rank there would not let them stands in the audit log. */
static enum fault note_act(struct ask *ask, const struct place *place, const struct message *m)
{
    if (is_own(ask, m) || !ask->account.site_admin || place->role >= role_moderator) return fault_none;
    return ask_audit(ask, "message_delete", m->author.id, m->room, arena_printf(ask->arena, "%lld", (long long)m->id.v));
}

enum fault message_delete(struct ask *ask)
{
    const struct message_delete_in *in = &ask->c->in.message_delete;
    struct message message;
    struct place place;
    int64_t original;
    enum fault fault = find(ask, in->room, in->id, &place, &message, &original);
    if (!fault) fault = ask_may(ask, verb_message_delete, &place, is_own(ask, &message));
    if (fault || message.deleted_us) return fault;
    fault = note_act(ask, &place, &message);
    if (fault) return fault;
    if (!original) original = content_print(&message);
    bool text_goes = in->part != message_part_files, files_go = in->part != message_part_text;
    bool some_files = !id_none(in->file) && message.n_files > 1, files_stay = message.n_files && (!files_go || some_files);
    if (!text_goes && !message.n_files) return id_none(in->file) ? fault_none : ask_refuse(ask, fault_not_found, "file");
    if ((!text_goes && message.text.n) || files_stay) return erase_part(ask, &message, original, text_goes && message.text.n, files_go);
    if (!id_none(in->file) && !id_eq(message.files[0].id, in->file)) return ask_refuse(ask, fault_not_found, "file");
    fault = erase(ask, &message, original);
    return fault ? fault : announce(ask, event_message_deleted, in->room, in->id, &message);
}

/* ---- Reading back */

enum fault message_get(struct ask *ask)
{
    const struct message_get_in *in = &ask->c->in.message_get;
    struct message_get_out *out = &ask->c->out.message_get;
    struct place place = { 0 };
    struct room_id room = in->room;
    enum fault fault = id_none(room) ? store_message_room(ask->store, in->id, &room) : fault_none;
    if (fault) return fault == fault_not_found ? ask_refuse(ask, fault, "message") : fault;
    fault = find(ask, room, in->id, &place, &out->message, NULL);
    out->role = (int)place.role;
    if (fault == fault_not_found && id_none(in->room)) ask->c->detail = "message"; /* which room it is in is not told */
    return fault;
}

enum fault message_versions(struct ask *ask)
{
    const struct message_versions_in *in = &ask->c->in.message_versions;
    struct message_versions_out *out = &ask->c->out.message_versions;
    struct message message;
    struct place place;
    enum fault fault = find(ask, in->room, in->id, &place, &message, NULL);
    if (!fault) fault = ask_may(ask, verb_message_versions, &place, false);
    if (fault) return fault;
    if (message.deleted_us) return ask_refuse(ask, fault_gone, "message");
    struct message_version *versions;
    fault = store_version_list(ask->store, in->id, ask->arena, &versions, &out->n);
    if (fault) return fault;
    out->versions = arena_array(ask->arena, struct message_version, out->n + 1);
    if (out->n) memcpy(out->versions, versions, out->n * sizeof *versions);
    out->versions[out->n++] = (struct message_version){ message.text, message.edited_us ? message.edited_us : message.created_us };
    return fault_none;
}

/* Both halves of a page around a number: the message of that number, or the next one, is the first of the later half. */
static enum fault read_around(struct ask *ask, const struct message_history_in *in, struct message_history_out *out)
{
    struct message_page older, newer;
    size_t n_older = in->limit / 2;
    enum fault fault = store_message_after(ask->store, in->room, in->around - 1, in->limit - n_older, SIZE_MAX, ask->arena, &newer);
    if (!fault) fault = store_message_before(ask->store, in->room, in->around, n_older, ask->arena, &older);
    if (fault) return fault;
    out->messages = arena_array(ask->arena, struct message, older.n + newer.n + 1);
    if (older.n) memcpy(out->messages, older.messages, older.n * sizeof *older.messages);
    if (newer.n) memcpy(out->messages + older.n, newer.messages, newer.n * sizeof *newer.messages);
    out->n = older.n + newer.n, out->more = older.more, out->more_after = newer.more, out->is_around = true;
    return fault_none;
}

static enum fault read_page(struct ask *ask, const struct message_history_in *in, struct message_history_out *out)
{
    struct message_page page;
    int64_t before = in->before ? in->before : INT64_MAX, after = in->after == HISTORY_FROM_START ? 0 : in->after;
    enum fault fault = in->after ? store_message_after(ask->store, in->room, after, in->limit, SIZE_MAX, ask->arena, &page)
                                 : store_message_before(ask->store, in->room, before, in->limit, ask->arena, &page);
    if (!fault) out->messages = page.messages, out->n = page.n, out->more = page.more;
    return fault;
}

static enum fault tell_reads(struct ask *ask, struct message_history_out *out)
{
    int64_t *seqs;
    size_t n_seqs, k = 0;
    if (!out->n) return fault_none;
    const struct message *first = &out->messages[0], *last = &out->messages[out->n - 1];
    enum fault fault = store_reader_read(ask->store, first->room, first->seq, last->seq, ask->arena, &seqs, &n_seqs);
    out->read = arena_array(ask->arena, bool, out->n);
    for (size_t i = 0; !fault && i < out->n; i++) {
        while (k < n_seqs && seqs[k] < out->messages[i].seq) k++;
        out->read[i] = k < n_seqs && seqs[k] == out->messages[i].seq;
    }
    return fault;
}

enum fault message_history(struct ask *ask)
{
    const struct message_history_in *in = &ask->c->in.message_history;
    struct message_history_out *out = &ask->c->out.message_history;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    if (in->limit < 1 || in->limit > page_max) return ask_refuse(ask, fault_invalid, "limit");
    if (in->before < 0) return ask_refuse(ask, fault_invalid, "before");
    if (in->after < HISTORY_FROM_START || (in->after && in->before)) return ask_refuse(ask, fault_invalid, "after");
    if (in->around < 0 || (in->around && (in->after || in->before))) return ask_refuse(ask, fault_invalid, "around");
    out->head = place.head;
    fault = in->around ? read_around(ask, in, out) : read_page(ask, in, out);
    return fault || !in->reads ? fault : tell_reads(ask, out);
}
