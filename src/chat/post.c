/* Posting. However many posts a batch brings, the database is asked four things: what do you know about these, store these, move these rooms on
   (and the commit). Everything between is decided here, one post after the other, in the order they came. Runs on the writing lane.

   Always: numbers of a room have no holes; a client key names one message for ever. A second send with the same key and content, in this batch or
   years later, is answered with the first message and causes nothing. once_s makes the key of the text and the time, cut into spans of once_s: so the
   same text of the same span is the same send, and of the span before it is looked for. */
#include "chat/post.h"
#include "base/clock.h"
#include "chat/ask.h"
#include "chat/content.h"
#include "chat/desk_queue.h"
#include "chat/mention.h"
#include "chat/secret.h"

/* One command on its way through the steps. It is out as soon as its fault is set or its answer is a repeat. */
struct post {
    struct ask ask;
    const struct message_post_in *in;
    struct message *message; /* the answer */
    struct post_facts *facts;
    bool fresh; /* will be stored */
};

/* A room of this batch and the number it has reached. */
struct tally {
    struct room_id rooms[POST_SET_MAX];
    int64_t heads[POST_SET_MAX];
    size_t n;
};

struct batch {
    struct chat *chat;
    struct post posts[POST_SET_MAX];
    struct post_facts facts[POST_SET_MAX];
    const struct message *fresh[POST_SET_MAX];
    size_t n, n_facts, n_fresh, n_with_files, n_desk;
    bool calls; /* somebody is mentioned */
    int64_t now_us;
    struct tally tally;
};

/* ---- What can be told without the database */

static enum fault check_form(struct ask *ask, const struct message_post_in *in)
{
    if (id_none(ask->c->actor.account)) return ask_refuse(ask, fault_unauthenticated, "session");
    if (!content_key_fits(in->key)) return ask_refuse(ask, fault_invalid, "key");
    if (in->n_files > FILES_PER_MESSAGE_MAX) return ask_refuse(ask, fault_too_large, "files");
    if (!content_link_fits(in->link_kind, in->link)) return ask_refuse(ask, fault_invalid, "link");
    enum fault fault = content_check_with_files(in->text, in->n_files + (in->link.n > 0));
    return fault ? ask_refuse(ask, fault, "text") : fault_none;
}

static struct span once_key(struct arena *arena, const struct message_post_in *in, int64_t now_us, int spans_ago)
{
    int64_t span = now_us / (in->once_s * 1000000) - spans_ago;
    return arena_printf(arena, "%llx-%.32s", (unsigned long long)span, secret_hash(arena, in->text).p);
}

static struct post_facts question(const struct command *c)
{
    const struct message_post_in *in = &c->in.message_post;
    return (struct post_facts){ .room = in->room, .account = c->actor.account, .session = c->actor.session, .key = in->key,
                                .reply_to = in->reply_to, .arena = c->arena };
}

static void admit(struct batch *b, struct command *c)
{
    struct post *p = &b->posts[b->n++];
    *p = (struct post){ .in = &c->in.message_post, .message = &c->out.message_post.message, .facts = &b->facts[b->n_facts] };
    p->ask = (struct ask){ .chat = b->chat, .store = b->chat->store, .c = c, .arena = c->arena, .now_us = b->now_us };
    if (p->in->once_s && p->in->text.n <= MESSAGE_TEXT_MAX_BYTES) c->in.message_post.key = once_key(c->arena, p->in, b->now_us, 0);
    c->fault = check_form(&p->ask, p->in);
    if (!c->fault) b->facts[b->n_facts++] = question(c);
}

/* ---- What must be decided */

/* Agents who may look at the chat are told why they may not write. */
static enum fault refuse_at_desk(struct post *p)
{
    enum fault fault = desk_look(&p->ask, &p->facts->place);
    return fault ? fault : ask_may(&p->ask, verb_message_post, &p->facts->place, true);
}

static enum fault check_actor(struct post *p)
{
    if (id_none(p->facts->author.id) || !p->facts->session_alive) return ask_refuse(&p->ask, fault_unauthenticated, "session");
    p->ask.account.person = p->facts->author;
    if (id_none(p->facts->place.room) || (p->in->desk_only && p->facts->place.kind != room_desk)) return ask_refuse(&p->ask, fault_not_found, "room");
    enum fault fault = ask_may(&p->ask, verb_message_post, &p->facts->place, true);
    return fault && p->facts->place.kind == room_desk ? refuse_at_desk(p) : fault;
}

static enum fault check_reply(struct post *p)
{
    if (id_none(p->in->reply_to)) return fault_none;
    if (!p->facts->reply_found) return ask_refuse(&p->ask, fault_not_found, "reply_to");
    return p->facts->reply_deleted ? ask_refuse(&p->ask, fault_gone, "reply_to") : fault_none;
}

static enum fault answer_with_stored(struct post *p)
{
    int64_t original;
    enum fault fault = store_message_by_id(p->ask.store, p->in->room, p->facts->earlier, p->ask.arena, p->message, &original);
    if (fault) return fault;
    if (!content_is_same(p->message, original, p->in)) return ask_refuse(&p->ask, fault_conflict, "key");
    p->ask.c->out.message_post.repeat = true;
    return fault_none;
}

/* The fresh post of this batch with the same author, room and key. */
static const struct post *twin_of(const struct batch *b, const struct post *p)
{
    if (!p->in->key.n) return NULL;
    for (const struct post *q = b->posts; q < p; q++)
        if (q->fresh && id_eq(q->in->room, p->in->room) && id_eq(q->message->author.id, p->facts->author.id) && span_eq(q->in->key, p->in->key))
            return q;
    return NULL;
}

/* The message in the command's own words, for the other command of a twin may be gone sooner. */
static struct message as_sent(const struct post *p, struct message_id id, int64_t seq)
{
    const struct post_facts *f = p->facts;
    return (struct message){ .id = id, .room = p->in->room, .seq = seq, .author = f->author, .text = p->in->text, .key = p->in->key,
                             .reply_to = p->in->reply_to, .reply_author = f->reply_author, .reply_text = f->reply_text,
                             .reply_seq = f->reply_seq, .reply_has_file = f->reply_has_file, .created_us = p->ask.now_us,
                                .link_kind = p->in->link_kind, .link = p->in->link };
}

static struct file_view *copy_files(struct arena *arena, const struct message *m)
{
    struct file_view *files = m->n_files ? arena_array(arena, struct file_view, m->n_files) : NULL;
    for (size_t i = 0; i < m->n_files; i++) {
        files[i] = m->files[i];
        files[i].name = arena_copy(arena, files[i].name), files[i].type = arena_copy(arena, files[i].type);
        files[i].blurhash = arena_copy(arena, files[i].blurhash), files[i].sha256 = arena_copy(arena, files[i].sha256);
    }
    return files;
}

static enum fault answer_with_twin(struct post *p, const struct post *twin)
{
    if (!content_is_same(twin->message, 0, p->in)) return ask_refuse(&p->ask, fault_conflict, "key");
    *p->message = as_sent(p, twin->message->id, twin->message->seq);
    p->message->mentions = arena_copy(p->ask.arena, twin->message->mentions);
    p->message->files = copy_files(p->ask.arena, twin->message), p->message->n_files = twin->message->n_files;
    p->ask.c->out.message_post.repeat = true;
    return fault_none;
}

/* When the author spoke in this room last: in this batch, or before. */
static int64_t spoke_us(const struct batch *b, const struct post *p)
{
    for (const struct post *q = b->posts; q < p; q++)
        if (q->fresh && id_eq(q->in->room, p->in->room) && id_eq(q->message->author.id, p->facts->author.id)) return p->ask.now_us;
    return p->facts->posted_us;
}

static int64_t next_number(struct tally *t, const struct place *place)
{
    size_t i = 0;
    while (i < t->n && !id_eq(t->rooms[i], place->room)) i++;
    if (i == t->n) t->rooms[t->n] = place->room, t->heads[t->n++] = place->head;
    return ++t->heads[i];
}

/* Only for fresh ones: a repeat is answered whatever the room has become. */
static enum fault check_curbs(const struct batch *b, struct post *p)
{
    const struct place *place = &p->facts->place;
    if (place->blocked) return ask_refuse(&p->ask, fault_forbidden, "blocked");
    if (place->kind != room_desk && p->in->link.n) return ask_refuse(&p->ask, fault_invalid, "link");
    if (!place->read_only && !place->slow_s) return fault_none;
    if (place->kind == room_desk) return ask_refuse(&p->ask, fault_forbidden, "closed");
    if (ask_may(&p->ask, verb_message_post_always, place, true) == fault_none) return fault_none;
    if (place->read_only) return ask_refuse(&p->ask, fault_forbidden, "read_only");
    int64_t again_us = spoke_us(b, p) + place->slow_s * 1000000;
    p->ask.c->detail = NULL;
    if (again_us <= p->ask.now_us) return fault_none;
    p->ask.c->retry_after_s = (again_us - p->ask.now_us + 999999) / 1000000;
    return ask_refuse(&p->ask, fault_limited, "slow_s");
}

/* All of them or none: the look locks them, so what follows cannot fail for want of one. */
static enum fault attach(struct post *p, struct file_view *views)
{
    size_t n = p->in->n_files, found;
    enum fault fault = store_file_waiting(p->ask.store, p->facts->author.id, p->in->files, n, p->ask.arena, views, &found);
    if (!fault && found < n) return ask_refuse(&p->ask, fault_not_found, "files");
    return fault ? fault : store_file_attach(p->ask.store, p->in->files, n, p->in->room, p->facts->next);
}

static enum fault write_down(struct batch *b, struct post *p)
{
    enum fault fault = check_curbs(b, p);
    if (!fault) fault = check_reply(p);
    if (fault) return fault;
    struct span mentions;
    fault = mention_find(&p->ask, &p->facts->place, p->in->text, &mentions);
    struct file_view *views = p->in->n_files ? arena_array(p->ask.arena, struct file_view, p->in->n_files) : NULL;
    if (!fault && views) fault = attach(p, views);
    if (fault) return fault;
    *p->message = as_sent(p, p->facts->next, next_number(&b->tally, &p->facts->place));
    p->message->mentions = mentions;
    p->message->files = views, p->message->n_files = p->in->n_files;
    b->n_with_files += p->in->n_files > 0;
    b->n_desk += p->facts->place.kind == room_desk;
    p->fresh = true;
    b->fresh[b->n_fresh++] = p->message;
    b->calls = b->calls || mentions.n;
    return fault_none;
}

/* Across the border between two spans of time. */
static enum fault look_for_earlier(struct post *p)
{
    const struct message_post_in *in = p->in;
    struct span key = once_key(p->ask.arena, in, p->ask.now_us, 1);
    enum fault fault = store_message_keyed(p->ask.store, in->room, p->facts->author.id, key, p->ask.now_us - in->once_s * 1000000, &p->facts->earlier);
    return fault == fault_not_found ? fault_none : fault;
}

static enum fault decide(struct batch *b, struct post *p)
{
    enum fault fault = check_actor(p);
    if (!fault && p->in->once_s && id_none(p->facts->earlier)) fault = look_for_earlier(p);
    if (fault) return fault;
    if (!id_none(p->facts->earlier)) return answer_with_stored(p);
    const struct post *twin = twin_of(b, p);
    return twin ? answer_with_twin(p, twin) : write_down(b, p);
}

/* ---- What is written and told */

static enum fault note_slow(struct batch *b)
{
    struct room_id rooms[POST_SET_MAX];
    struct account_id authors[POST_SET_MAX];
    int64_t at_us[POST_SET_MAX];
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct post *p = &b->posts[i];
        if (!p->fresh || !p->facts->place.slow_s) continue;
        rooms[n] = p->in->room, authors[n] = p->facts->author.id, at_us[n++] = b->now_us;
    }
    return n ? store_member_posted(b->chat->store, rooms, authors, at_us, n) : fault_none;
}

static enum fault store_mentions(struct batch *b)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < b->n_fresh && !fault; i++) {
        if (!b->fresh[i]->mentions.n) continue;
        fault = store_message_set_mentions(b->chat->store, b->fresh[i]);
        if (!fault) fault = mention_keep(b->chat->store, b->fresh[i]);
    }
    return fault;
}

static enum fault store_links(struct batch *b)
{
    enum fault fault = fault_none;
    for (size_t i = 0; i < b->n && !fault; i++)
        if (b->posts[i].fresh && b->posts[i].message->link.n) fault = store_message_set_link(b->chat->store, b->posts[i].message, b->posts[i].ask.arena);
    return fault;
}

static enum fault store_fresh(struct batch *b)
{
    if (!b->n_fresh) return fault_none;
    enum fault fault = store_message_insert(b->chat->store, b->fresh, b->n_fresh);
    for (size_t i = 0; i < b->n_fresh && b->n_with_files && !fault; i++)
        if (b->fresh[i]->n_files) fault = store_message_set_files(b->chat->store, b->fresh[i]->id, b->fresh[i]->n_files);
    if (!fault && b->calls) fault = store_mentions(b);
    if (!fault && b->n_desk) fault = store_links(b);
    if (!fault) fault = store_room_posted(b->chat->store, b->tally.rooms, b->tally.heads, b->tally.n);
    return fault ? fault : note_slow(b);
}

static enum fault tell(struct batch *b, struct post *p)
{
    struct event posted = { .kind = event_message_posted, .room = p->in->room, .seq = p->message->seq, .at_us = b->now_us,
                            .by = p->facts->author, .message = *p->message };
    enum fault fault = chat_tell(b->chat, &posted);
    return fault || p->facts->place.kind != room_desk ? fault : desk_posted(&p->ask, p->message);
}

static bool concerns_all(enum fault fault)
{
    return fault == fault_unavailable || fault == fault_uncertain || fault == fault_internal;
}

static enum fault carry_out(struct batch *b)
{
    enum fault fault = b->n_facts ? store_message_post_facts(b->chat->store, b->facts, b->n_facts, b->now_us) : fault_none;
    for (size_t i = 0; i < b->n && !fault; i++) {
        struct command *c = b->posts[i].ask.c;
        if (!c->fault) c->fault = decide(b, &b->posts[i]);
        if (concerns_all(c->fault)) fault = c->fault;
    }
    if (!fault) fault = store_fresh(b);
    for (size_t i = 0; i < b->n && !fault; i++)
        if (b->posts[i].fresh) fault = tell(b, &b->posts[i]);
    return fault;
}

enum fault post_many(struct chat *chat, struct command *const *commands, size_t n)
{
    struct batch b;
    b.chat = chat, b.now_us = clock_wall_us(), b.n = b.n_facts = b.n_fresh = b.n_with_files = b.n_desk = b.tally.n = 0, b.calls = false;
    for (size_t i = 0; i < n; i++) admit(&b, commands[i]);
    return carry_out(&b);
}

enum fault message_post(struct ask *ask)
{
    enum fault fault = post_many(ask->chat, &ask->c, 1);
    return fault ? fault : ask->c->fault;
}
