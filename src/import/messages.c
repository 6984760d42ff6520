/* Messages of the old system, in the order in which its people saw them. They go behind what a room has here already and keep their own times.

   A text that is too long for one message becomes several in a row. A message that was emptied keeps its place. Replies find what they reply to among what has
   come before; what has not come yet is noted, and found at the end. Files are on the disk before the transaction that names them. One thread. */
#include "import/media.h"
#include "import/text.h"
#include <stdlib.h>

/* A record on its way to becoming messages. */
struct passage {
    const struct old_record *record;
    struct entry *room, *author;
    struct span text;
    struct media media;
    size_t n_parts;
    int64_t id; /* of the first part */
    size_t nth; /* in the portion */
};
struct batch {
    struct import *x;
    struct portion *p;
    struct passage *drafts;
    size_t n, n_messages;
    struct passage *late; /* there already, but a file has come only now */
    size_t n_late;
};

/* ---- What comes */

static size_t count_parts(struct span text)
{
    size_t n = 0;
    for (size_t piece; text.n; n++) piece = text_piece(text), text.p += piece, text.n -= piece;
    return n ? n : 1;
}

static bool has_place(struct batch *b, const struct old_record *r, struct entry *room, struct entry *author)
{
    struct report *report = &b->x->report;
    if (!room) report_skip(report, old_message, r->shown, "its room " SPAN_FMT " does not exist", SPAN_ARG(r->message.room));
    else if (room->is_gone) report_skip(report, old_message, r->shown, "its room " SPAN_FMT " was deleted here", SPAN_ARG(r->message.room));
    else if (!author) report_skip(report, old_message, r->shown, "its author " SPAN_FMT " does not exist", SPAN_ARG(r->message.author));
    return room && !room->is_gone && author;
}

/* Nothing is left out in silence: of a message whose only content is a file that is missing, the file's name remains. */
static void fill(struct batch *b, struct passage *d)
{
    const struct old_record *r = d->record;
    struct report *report = &b->x->report;
    if (r->repaired) report_change(report, old_message, r->shown, "%s", r->repaired);
    d->text = r->message.text;
    if (!d->text.n && media_is_wanted(r) && !d->media.is_there)
        d->text = r->message.file_path.n ? text_base_name(r->message.file_path) : SPAN("(picture)");
    if (!d->text.n && !d->media.is_there && !r->message.link.n && !r->message.is_deleted) report_change(report, old_message, r->shown, "it is empty: only its place is kept");
    d->n_parts = count_parts(d->text);
    if (d->n_parts > 1) report_change(report, old_message, r->shown, "its text is too long for one message: it became %zu in a row", d->n_parts);
    b->n_messages += d->n_parts;
}

/* What either side of a support chat has read in a row, from the beginning. */
static void note_read(struct entry *room, const struct entry *author, const struct old_message *m, int64_t seq)
{
    bool *lags = author->is_agent ? &room->customer_lags : &room->agent_lags;
    int64_t *mark = author->is_agent ? &room->customer_mark : &room->agent_mark;
    if (!m->is_read) *lags = true;
    else if (!*lags && seq) *mark = seq;
}

static enum fault draft_new(struct batch *b, size_t i)
{
    const struct old_record *r = &b->p->records[i];
    struct entry *room = table_find(&b->x->rooms, r->message.room), *author = table_find(&b->x->people, r->message.author);
    if (media_is_wanted(r)) b->x->report.tallies[old_file].n_source++, b->x->report.tallies[old_file].n_read++;
    if (!has_place(b, r, room, author)) {
        if (media_is_wanted(r)) b->x->report.tallies[old_file].n_skipped++;
        return fault_none;
    }
    struct passage *d = &b->drafts[b->n++];
    *d = (struct passage){ .record = r, .room = room, .author = author, .nth = i };
    enum fault fault = media_take(b->x, b->p->arena, r, &d->media);
    if (!fault) fill(b, d);
    return fault;
}

/* Its message is here. Is its file? */
static enum fault draft_late(struct batch *b, size_t i)
{
    const struct old_record *r = &b->p->records[i];
    struct entry *author = table_find(&b->x->people, r->message.author), *room = table_find(&b->x->rooms, r->message.room);
    int64_t known = 0;
    if (author && room) note_read(room, author, &r->message, 0);
    if (!media_is_wanted(r)) return fault_none;
    struct tally *t = &b->x->report.tallies[old_file];
    t->n_source++, t->n_read++;
    enum fault fault = store_import_find(b->x->store, b->x->source, import_file, &b->p->ids[i], 1, &known, NULL);
    if (known) t->n_there++;
    if (fault || known || !author || !room) return fault;
    struct passage *d = &b->late[b->n_late];
    *d = (struct passage){ .record = r, .room = room, .author = author, .id = b->p->known[i], .nth = i };
    fault = media_take(b->x, b->p->arena, r, &d->media);
    b->n_late += d->media.is_there;
    return fault;
}

static enum fault draft_all(struct batch *b)
{
    struct tally *t = &b->x->report.tallies[old_message];
    bool remembers = b->x->wish->kind == import_rooms || b->x->wish->kind == import_receipts; /* where messages are named by others */
    enum fault fault = fault_none;
    for (size_t i = 0; i < b->p->n && !fault; i++) {
        t->n_there += b->p->known[i] != 0;
        fault = b->p->known[i] ? draft_late(b, i) : draft_new(b, i);
        if (import_is_dry(b->x) && remembers) table_put(&b->x->seen, b->p->records[i].key, 1);
    }
    return fault;
}

/* ---- What is replied to */

static enum fault wait_for(struct batch *b, const struct passage *d)
{
    struct span reply_to = d->record->message.reply_to;
    if (import_is_dry(b->x)) return table_put(&b->x->waiting, reply_to, 1), fault_none;
    struct span old = arena_printf(b->p->arena, SPAN_FMT "/%lld", SPAN_ARG(reply_to), (long long)d->id);
    return store_import_put_once(b->x->store, b->x->source, import_reply, old, d->id);
}

/* A reply stays in its room: quoted elsewhere a message would be read by strangers. */
static int64_t keep_in_room(struct batch *b, const struct passage *d, int64_t message, int64_t room)
{
    if (room == d->room->id) return message;
    report_change(&b->x->report, old_message, d->record->shown, "replies to message " SPAN_FMT " of another room: kept without the reply",
                  SPAN_ARG(d->record->message.reply_to));
    return 0;
}

/* replies: by draft; 0: none, or it waits. */
static enum fault find_replies(struct batch *b, int64_t *replies)
{
    struct span keys[portion_max];
    int64_t known[portion_max] = { 0 }, rooms[portion_max] = { 0 };
    struct table here = { 0 };
    for (size_t i = 0; i < b->n; i++) {
        table_put(&here, b->drafts[i].record->key, b->drafts[i].id)->head = b->drafts[i].room->id;
        keys[i] = b->drafts[i].record->message.reply_to;
    }
    enum fault fault = b->x->source ? store_import_find(b->x->store, b->x->source, import_message, keys, b->n, known, NULL) : fault_none;
    if (!fault) fault = store_import_rooms_of(b->x->store, known, b->n, rooms);
    for (size_t i = 0; i < b->n && !fault; i++) {
        struct entry *e = keys[i].n ? table_find(&here, keys[i]) : NULL;
        if (e) replies[i] = keep_in_room(b, &b->drafts[i], e->id, e->head);
        else if (known[i]) replies[i] = keep_in_room(b, &b->drafts[i], known[i], rooms[i]);
        else if (keys[i].n) fault = wait_for(b, &b->drafts[i]);
    }
    table_fini(&here);
    return fault;
}

/* ---- What is written */

static enum fault give_ids(struct batch *b, struct message_id *ids)
{
    enum fault fault = store_import_message_ids(b->x->store, b->n_messages, ids);
    for (size_t i = 0, at = 0; i < b->n && !fault; at += b->drafts[i++].n_parts) b->drafts[i].id = ids[at].v;
    return fault;
}

static enum fault link_all(struct batch *b)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < b->n && !fault; i++) {
        const struct old_message *m = &b->drafts[i].record->message;
        struct message linked = { .id = { b->drafts[i].id }, .link_kind = m->link_kind, .link = m->link };
        if (m->link.n) fault = store_message_set_link(b->x->store, &linked, b->p->arena);
    }
    return fault;
}

static void cut(struct batch *b, const struct passage *d, int64_t reply_to, const struct message_id *ids, struct message *messages)
{
    struct span rest = d->text;
    int64_t at_us = import_time(b->x, d->record->message.created_us);
    bool is_empty = !d->text.n && !d->media.is_there && !d->record->message.link.n;
    for (size_t k = 0; k < d->n_parts; k++) {
        size_t n = text_piece(rest);
        messages[k] = (struct message){ .id = ids[k], .room = { d->room->id }, .seq = ++d->room->head, .author.id = { d->author->id },
                                        .text = span_make(rest.p, n), .created_us = at_us, .deleted_us = is_empty ? at_us : 0 };
        if (k == 0) messages[k].reply_to.v = reply_to, messages[k].n_files = d->media.is_there;
        rest.p += n, rest.n -= n;
    }
    note_read(d->room, d->author, &d->record->message, messages[d->n_parts - 1].seq);
}

static enum fault attach(struct import *x, const struct passage *d, int64_t *file_out)
{
    const struct file_facts *f = &d->media.facts;
    struct blob blob = { .place = span_of(f->name), .sha256 = span_of(f->sha256), .type = span_of(f->type), .blurhash = span_of(f->blurhash),
                         .n_bytes = f->n_bytes, .width = f->width, .height = f->height, .has_thumbnail = f->has_thumbnail };
    struct file_id file;
    int64_t id;
    bool kept;
    enum fault fault = store_blob_take(x->store, &blob, &id, &kept);
    if (!fault) fault = store_file_insert(x->store, (struct account_id){ d->author->id }, id, d->media.name, f->n_bytes, x->now_us, &file);
    if (!fault) fault = store_file_attach(x->store, &file, 1, (struct room_id){ d->room->id }, (struct message_id){ d->id });
    *file_out = fault ? 0 : file.v;
    return fault;
}

static enum fault attach_all(struct batch *b, const struct passage *drafts, size_t n, bool sets_count, int64_t *n_out)
{
    enum fault fault = fault_none;
    struct import *x = b->x;
    for (size_t i = 0; i < n && !fault; i++) {
        const struct passage *d = &drafts[i];
        int64_t file, one = 1;
        if (!d->media.is_there) continue;
        fault = attach(x, d, &file);
        if (!fault && sets_count) fault = store_message_set_files(x->store, (struct message_id){ d->id }, 1);
        if (!fault) fault = store_import_put(x->store, x->source, import_file, &b->p->ids[d->nth], &file, &one, 1);
        *n_out += !fault;
    }
    return fault;
}

static enum fault note(struct batch *b)
{
    struct span old[portion_max];
    int64_t ids[portion_max], parts[portion_max];
    for (size_t i = 0; i < b->n; i++) old[i] = b->p->ids[b->drafts[i].nth], ids[i] = b->drafts[i].id, parts[i] = (int64_t)b->drafts[i].n_parts;
    return store_import_put(b->x->store, b->x->source, import_message, old, ids, parts, b->n);
}

/* The rooms of the batch, each once. */
static size_t rooms_of(const struct batch *b, struct entry **rooms)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct entry *room = b->drafts[i].room;
        if (!room->in_batch) rooms[n++] = room;
        room->in_batch = true;
    }
    for (size_t i = 0; i < n; i++) rooms[i]->in_batch = false;
    return n;
}

/* Locks the rooms, and remembers once how far each was. */
static enum fault open_rooms(struct batch *b, struct entry **rooms, size_t n)
{
    struct room_id ids[portion_max];
    for (size_t i = 0; i < n; i++) ids[i].v = rooms[i]->id;
    enum fault fault = n ? store_room_lock(b->x->store, ids, n, false) : fault_none;
    for (size_t i = 0; i < n && !fault; i++) {
        if (rooms[i]->is_touched) continue;
        rooms[i]->is_touched = true;
        fault = store_import_put_once(b->x->store, b->x->source, import_settling, arena_printf(b->p->arena, "%lld", (long long)rooms[i]->id), rooms[i]->head);
    }
    return fault;
}

static enum fault move_rooms(struct batch *b, struct entry **rooms, size_t n)
{
    struct room_id ids[portion_max];
    int64_t heads[portion_max];
    for (size_t i = 0; i < n; i++) ids[i].v = rooms[i]->id, heads[i] = rooms[i]->head;
    return n ? store_room_posted(b->x->store, ids, heads, n) : fault_none;
}

static enum fault insert(struct batch *b, const struct message_id *ids, const int64_t *replies)
{
    struct message *messages = arena_array(b->p->arena, struct message, b->n_messages + 1);
    enum fault fault = fault_none;
    for (size_t i = 0, at = 0; i < b->n; at += b->drafts[i++].n_parts) cut(b, &b->drafts[i], replies[i], ids + at, messages + at);
    for (size_t at = 0; at < b->n_messages && !fault; at += IMPORT_BULK_MAX) {
        size_t left = b->n_messages - at;
        fault = store_import_messages(b->x->store, messages + at, left < IMPORT_BULK_MAX ? left : IMPORT_BULK_MAX);
    }
    return fault;
}

static enum fault write_batch(struct batch *b, int64_t *n_files)
{
    struct entry *rooms[portion_max];
    struct message_id *ids = arena_array(b->p->arena, struct message_id, b->n_messages + 1);
    int64_t replies[portion_max] = { 0 };
    size_t n_rooms = rooms_of(b, rooms);
    enum fault fault = open_rooms(b, rooms, n_rooms);
    if (!fault) fault = give_ids(b, ids);
    if (!fault) fault = find_replies(b, replies);
    if (!fault) fault = insert(b, ids, replies);
    if (!fault) fault = move_rooms(b, rooms, n_rooms);
    if (!fault) fault = note(b);
    if (!fault) fault = link_all(b);
    if (!fault) fault = attach_all(b, b->drafts, b->n, false, n_files);
    return fault ? fault : attach_all(b, b->late, b->n_late, true, n_files);
}

static void count_dry(struct batch *b, int64_t *n_files)
{
    int64_t replies[portion_max] = { 0 };
    for (size_t i = 0; i < b->n; i++) b->drafts[i].id = --b->x->made_up, *n_files += b->drafts[i].media.is_there;
    *n_files += (int64_t)b->n_late;
    (void)!find_replies(b, replies);
}

static enum fault write_portion(struct import *x, struct portion *p)
{
    struct batch b = { .x = x, .p = p, .drafts = arena_array(p->arena, struct passage, p->n + 1), .late = arena_array(p->arena, struct passage, p->n + 1) };
    int64_t n_files = 0;
    enum fault fault = draft_all(&b);
    if (fault) return fault;
    if (import_is_dry(x)) {
        count_dry(&b, &n_files);
    } else if (b.n || b.n_late) {
        fault = import_begin(x);
        if (!fault) fault = import_end(x, write_batch(&b, &n_files));
    }
    if (fault) return fault;
    x->report.tallies[old_message].n_new += (int64_t)b.n, x->report.tallies[old_file].n_new += n_files;
    return fault_none;
}

enum fault import_messages(struct import *x)
{
    struct portion p;
    enum fault fault = fault_none;
    do {
        fault = portion_read(x, old_message, import_message, &p);
        if (!fault) fault = write_portion(x, &p);
        portion_drop(&p);
    } while (!fault && p.more);
    return fault;
}
