/* Searching, and keeping the index. Runs on a reading lane, the index on a lane of its own.

   The index proposes, the messages decide: every candidate is read as it is now, its room checked against the asker's memberships, its text folded and
   compared. So an index that runs behind or holds too much finds too little or costs time, but never shows what it should not. */
#include "base/fold.h"
#include "base/utf8.h"
#include "chat/ask.h"

enum { portion_max = 1000, rooms_max = 4096, people_max = 50, first_look = 64, look_max = 1024, looked_at_max = 20000 };

/* ---- Messages */

struct hunt {
    struct ask *ask;
    const struct search_messages_in *in;
    struct search_query query;
    struct search_groups groups;
    struct account_id member; /* none: a public room that was named */
    struct search_messages_out *out;
    struct message_id below;
    size_t n_looked_at;
    bool exhausted;
};

static enum fault bound_to_own_rooms(struct hunt *h, struct room_id guild, struct search_bounds *bounds)
{
    struct ask *ask = h->ask;
    struct room_id *rooms;
    enum fault fault = store_search_rooms(ask->store, ask->account.person.id, guild, rooms_max, ask->arena, &rooms, &bounds->n_rooms);
    bounds->rooms = rooms;
    return fault;
}

static enum fault bound_to_rooms(struct hunt *h, struct search_bounds *bounds)
{
    struct place place;
    if (id_none(h->in->room)) return bound_to_own_rooms(h, h->in->room, bounds);
    enum fault fault = ask_place(h->ask, h->in->room, verb_room_read, &place);
    if (fault) return fault;
    if (place.kind == room_guild) return bound_to_own_rooms(h, h->in->room, bounds);
    if (place.role == role_none) h->member = (struct account_id){ 0 };
    bounds->rooms = &h->in->room, bounds->n_rooms = 1;
    return fault_none;
}

static enum fault prepare(struct hunt *h)
{
    struct ask *ask = h->ask;
    const struct search_messages_in *in = h->in;
    struct search_bounds bounds = { .from = in->from, .before_us = in->before_us, .after_us = in->after_us, .has = in->has };
    if (in->limit < 1 || in->limit > SEARCH_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    if (in->in_files) bounds.has |= search_has_file;
    enum fault fault = search_query_parse(ask->arena, in->query, &h->query);
    if (fault) return ask_refuse(ask, fault, "query");
    fault = bound_to_rooms(h, &bounds);
    if (!fault) search_groups(ask->arena, &h->query, &bounds, &h->groups);
    h->exhausted = bounds.n_rooms == 0;
    return fault;
}

static bool fits(struct hunt *h, const struct search_hit *hit, struct span files)
{
    const struct search_messages_in *in = h->in;
    const struct message *m = &hit->message;
    if ((in->before_us && m->created_us >= in->before_us) || (in->after_us && m->created_us < in->after_us)) return false;
    if (!id_none(in->room) && !id_eq(m->room, in->room) && !id_eq(hit->guild, in->room)) return false;
    if (!id_none(in->from) && !id_eq(m->author.id, in->from)) return false;
    struct span text = in->in_files ? files : arena_printf(h->ask->arena, SPAN_FMT "\n" SPAN_FMT, SPAN_ARG(m->text), SPAN_ARG(files));
    return search_query_fits(&h->query, fold_words(h->ask->arena, text));
}

/* A page is full one hit early: that one tells that there is more. */
static void take(struct hunt *h, const struct search_hit *hit)
{
    if (h->out->n < h->in->limit) h->out->hits[h->out->n++] = *hit;
    else h->out->below = h->out->hits[h->out->n - 1].message.id, h->exhausted = true;
}

static enum fault look(struct hunt *h, size_t max)
{
    struct ask *ask = h->ask;
    struct message_id *ids;
    struct search_hit *hits;
    struct span *files;
    size_t n_ids, n_hits;
    enum fault fault = store_search_find(ask->store, &h->groups, h->below, max, ask->arena, &ids, &n_ids);
    if (!fault) fault = store_search_hits(ask->store, ids, n_ids, h->member, ask->arena, &hits, &files, &n_hits);
    if (fault) return fault;
    for (size_t i = 0; i < n_hits && !h->exhausted; i++)
        if (fits(h, &hits[i], files[i])) take(h, &hits[i]);
    h->n_looked_at += n_ids;
    if (n_ids < max) h->exhausted = true;
    else h->below = ids[n_ids - 1];
    return fault_none;
}

enum fault search_messages(struct ask *ask)
{
    const struct search_messages_in *in = &ask->c->in.search_messages;
    struct hunt h = { .ask = ask, .in = in, .out = &ask->c->out.search_messages, .member = ask->account.person.id, .below = in->below };
    enum fault fault = prepare(&h);
    if (id_none(h.below)) h.below.v = INT64_MAX;
    h.out->hits = arena_array(ask->arena, struct search_hit, SEARCH_PAGE_MAX);
    for (size_t n = first_look; !fault && !h.exhausted && h.n_looked_at < looked_at_max; n = n * 4 < look_max ? n * 4 : look_max) fault = look(&h, n);
    if (!fault && !h.exhausted) h.out->below = h.below;
    return fault;
}

/* ---- Rooms and people */

enum fault search_rooms(struct ask *ask)
{
    const struct search_rooms_in *in = &ask->c->in.search_rooms;
    struct search_rooms_out *out = &ask->c->out.search_rooms;
    struct search_query query;
    struct room_view *lists[2];
    size_t n[2];
    if (in->limit < 1 || in->limit > SEARCH_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    enum fault fault = search_query_parse(ask->arena, in->query, &query);
    if (fault || query.n_words == 0) return ask_refuse(ask, fault ? fault : fault_invalid, "query");
    fault = store_room_list(ask->store, ask->account.person.id, rooms_max, ask->arena, &lists[0], &n[0]);
    if (!fault) fault = store_room_list_public(ask->store, ask->account.person.id, rooms_max, ask->arena, &lists[1], &n[1]);
    if (fault) return fault;
    out->rooms = arena_array(ask->arena, struct room_view, in->limit);
    for (int l = 0; l < 2; l++) {
        for (size_t i = 0; i < n[l] && out->n < in->limit; i++) {
            const struct room_view *r = &lists[l][i];
            if (l == 1 && r->role != role_none) continue;
            struct span name = r->name.n ? r->name : r->peer.username;
            if (search_query_fits(&query, fold_words(ask->arena, name))) out->rooms[out->n++] = *r;
        }
    }
    return fault_none;
}

enum fault search_people(struct ask *ask)
{
    const struct search_people_in *in = &ask->c->in.search_people;
    struct search_people_out *out = &ask->c->out.search_people;
    if (in->limit < 1 || in->limit > people_max) return ask_refuse(ask, fault_invalid, "limit");
    struct span folded = in->query.n <= SEARCH_QUERY_MAX_BYTES ? utf8_fold(ask->arena, span_trim(in->query)) : (struct span){ 0 };
    if (!folded.n) return ask_refuse(ask, fault_invalid, "query");
    return store_search_people(ask->store, folded, in->limit, ask->arena, &out->people, &out->n);
}

/* ---- The index */

static struct search_filing filing_of(struct ask *ask, const struct search_entry *entry)
{
    struct buf terms;
    buf_init(&terms, SEARCH_TERMS_MAX_BYTES);
    search_terms(&terms, ask->arena, entry);
    struct search_filing filing = { entry->id, arena_copy(ask->arena, buf_span(&terms)) };
    buf_fini(&terms);
    return filing;
}

enum fault search_index(struct ask *ask)
{
    struct search_index_out *out = &ask->c->out.search_index;
    struct search_portion portion;
    enum fault fault = store_search_next(ask->store, SEARCH_INDEX_VERSION, portion_max, ask->now_us, ask->arena, &portion);
    if (fault) return fault;
    struct search_filing *old = arena_array(ask->arena, struct search_filing, portion.n + 1), *new = arena_array(ask->arena, struct search_filing, portion.n + 1);
    size_t n_old = 0, n_new = 0;
    for (size_t i = 0; i < portion.n; i++) {
        const struct search_change *change = &portion.changes[i];
        if (!id_none(change->was.id)) old[n_old++] = filing_of(ask, &change->was);
        if (!id_none(change->now.id)) new[n_new++] = filing_of(ask, &change->now);
    }
    fault = store_search_unfile(ask->store, old, n_old);
    if (!fault) fault = store_search_file(ask->store, new, n_new);
    if (!fault) fault = store_search_done(ask->store, SEARCH_INDEX_VERSION, &portion);
    *out = (struct search_index_out){ .more = portion.more, .n_changes = portion.n, .n_forgettable = portion.n_forgettable, .forget = portion.log };
    return fault;
}

enum fault search_forget(struct ask *ask)
{
    return store_search_forget(ask->store, ask->c->in.search_forget.log);
}
