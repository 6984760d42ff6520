/* Reads an export of the support desk: chats and messages, a JSON object a line (chats.json and messages.json of one directory, as mongoexport writes them).

   The old system kept no users: customers and agents are whoever stands in a chat or wrote a message. Both files are mapped and looked through once when they
   are opened: an index of lines sorted by time, and the people. One thread. */
#include "import/ejson.h"
#include "import/record.h"
#include "import/table.h"
#include "import/text.h"
#include "chat/content.h"
#include "chat/secret.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { line_max_bytes = 17 << 20 }; /* a document has at most 16 MiB */

struct line {
    int64_t at_us;
    size_t offset, n_bytes;
    size_t number; /* from 1 */
};
struct collection {
    struct span bytes; /* mapped */
    struct line *lines;
    size_t n;
};
struct somebody {
    bool is_agent;
    struct span id, name;
    int64_t created_us;
};
struct reader {
    struct collection chats, messages;
    struct arena *arena; /* of the people */
    struct table known;  /* keys of people */
    struct somebody *people;
    size_t n_people, cap_people, at;
    enum old_noun noun;
};

/* ---- Lines */

struct parsed {
    struct json json;
    bool well, repaired;
};

/* Bytes that are no UTF-8 are replaced before they are looked at: the parser takes none. */
static void parse(struct arena *arena, const struct collection *c, const struct line *l, struct parsed *out)
{
    out->repaired = false;
    struct span text = text_clean(arena, span_make(c->bytes.p + l->offset, l->n_bytes), &out->repaired);
    out->well = json_parse(&out->json, text, line_max_bytes) == fault_none;
}

static void done(struct parsed *p)
{
    if (p->well) json_done(&p->json);
}

static struct span text_of(struct arena *arena, struct parsed *p, const char *name)
{
    struct span text;
    char scratch[24];
    return ejson_text(ejson_member(p->json.root, name), scratch, &text) ? arena_copy(arena, text) : SPAN("");
}

static struct span id_of(struct arena *arena, struct parsed *p, const char *name)
{
    struct span hex;
    return ejson_id(ejson_member(p->json.root, name), &hex) ? arena_copy(arena, hex) : SPAN("");
}

static int64_t time_of(struct parsed *p, const char *name)
{
    int64_t us;
    return ejson_time(ejson_member(p->json.root, name), &us) && us > 0 ? us : 0;
}

static bool flag_of(struct parsed *p, const char *name)
{
    bool flag;
    return json_as_bool(ejson_member(p->json.root, name), &flag) && flag;
}

/* ---- People */

/* "u:17" a customer, "a:17" an agent. */
static struct span key_of(struct arena *arena, bool is_agent, struct span id)
{
    return arena_printf(arena, "%c:" SPAN_FMT, is_agent ? 'a' : 'u', SPAN_ARG(id));
}

static void meet(struct reader *r, struct arena *arena, bool is_agent, struct span id, struct span name, int64_t at_us)
{
    if (!id.n) return;
    struct span key = key_of(arena, is_agent, id);
    if (table_find(&r->known, key)) return;
    table_put(&r->known, key, 1);
    if (r->n_people == r->cap_people) {
        r->cap_people = r->cap_people ? 2 * r->cap_people : 64;
        r->people = realloc(r->people, r->cap_people * sizeof *r->people);
        if (!r->people) abort();
    }
    r->people[r->n_people++] = (struct somebody){ is_agent, arena_copy(r->arena, id), arena_copy(r->arena, name), at_us };
}

static void meet_all_of_chat(struct reader *r, struct arena *arena, struct parsed *p, int64_t at_us)
{
    meet(r, arena, false, text_of(arena, p, "userId"), text_of(arena, p, "userName"), at_us);
    meet(r, arena, true, text_of(arena, p, "assignedAdminId"), text_of(arena, p, "assignedAdminName"), at_us);
    meet(r, arena, true, text_of(arena, p, "lockedByAdminId"), text_of(arena, p, "lockedByAdminName"), at_us);
}

static void meet_author(struct reader *r, struct arena *arena, struct parsed *p, int64_t at_us)
{
    struct span type = text_of(arena, p, "senderType");
    if (span_eq(type, SPAN("user")) || span_eq(type, SPAN("admin")))
        meet(r, arena, span_eq(type, SPAN("admin")), text_of(arena, p, "senderId"), text_of(arena, p, "senderName"), at_us);
}

/* ---- Opening */

static int by_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->at_us != y->at_us) return x->at_us < y->at_us ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void add_line(struct collection *c, struct line line)
{
    if ((c->n & (c->n - 1)) == 0) {
        c->lines = realloc(c->lines, (c->n ? 2 * c->n : 1) * sizeof *c->lines);
        if (!c->lines) abort();
    }
    c->lines[c->n++] = line;
}

/* A line without a time stands behind the one before it. */
static void look_at(struct reader *r, struct collection *c, struct line line)
{
    struct arena *arena = arena_create(4096, 128 << 20);
    struct parsed p;
    if (!arena) abort();
    parse(arena, c, &line, &p);
    int64_t at_us = p.well ? time_of(&p, "createdAt") : 0;
    line.at_us = at_us ? at_us : c->n ? c->lines[c->n - 1].at_us : 0;
    if (p.well && c == &r->chats) meet_all_of_chat(r, arena, &p, line.at_us);
    else if (p.well) meet_author(r, arena, &p, line.at_us);
    done(&p);
    arena_destroy(arena);
    add_line(c, line);
}

static bool index_lines(struct reader *r, struct collection *c)
{
    size_t number = 0;
    for (size_t at = 0; at < c->bytes.n;) {
        const char *end = memchr(c->bytes.p + at, '\n', c->bytes.n - at);
        size_t n = end ? (size_t)(end - (c->bytes.p + at)) : c->bytes.n - at;
        struct span line = span_trim(span_make(c->bytes.p + at, n));
        number++;
        if (number == 1 && line.n && line.p[0] == '[') return false;
        if (line.n) look_at(r, c, (struct line){ .offset = (size_t)(line.p - c->bytes.p), .n_bytes = line.n, .number = number });
        at += n + 1;
    }
    if (c->n) qsort(c->lines, c->n, sizeof *c->lines, by_time);
    return true;
}

static bool map(const char *path, struct collection *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool fits = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    void *p = fits && st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    close(fd);
    if (p == MAP_FAILED || !fits) return false;
    out->bytes = span_make(p, fits ? (size_t)st.st_size : 0);
    return true;
}

static bool open_collection(struct reader *r, const char *dir, const char *name, struct collection *out, struct arena *arena, struct span *why_out)
{
    static const char *const endings[] = { "json", "jsonl", "ndjson" };
    bool found = false;
    for (size_t i = 0; i < 3 && !found; i++) found = map(arena_printf(arena, "%s/%s.%s", dir, name, endings[i]).p, out);
    if (!found) *why_out = arena_printf(arena, "there is no %s/%s.json (or .jsonl)", dir, name);
    else if (!index_lines(r, out)) *why_out = arena_printf(arena, "%s is one array: export it with an object a line (mongoexport without --jsonArray)", name), found = false;
    return found;
}

static void desk_close(struct reader *r)
{
    struct collection *both[] = { &r->chats, &r->messages };
    for (int i = 0; i < 2; i++) {
        if (both[i]->bytes.p) munmap((void *)both[i]->bytes.p, both[i]->bytes.n);
        free(both[i]->lines);
    }
    table_fini(&r->known);
    free(r->people);
    arena_destroy(r->arena);
    free(r);
}

static enum fault desk_open_source(const char *source, struct reader **out, struct span *why_out, struct arena *arena)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r || !(r->arena = arena_create(1 << 16, (size_t)1 << 30))) abort();
    *out = r;
    if (open_collection(r, source, "chats", &r->chats, arena, why_out) && open_collection(r, source, "messages", &r->messages, arena, why_out)) return fault_none;
    desk_close(r);
    *out = NULL;
    return fault_invalid;
}

/* The id of the oldest chat: made once, in the whole world. */
static enum fault desk_print(struct reader *r, struct arena *arena, struct span *out)
{
    *out = SPAN("");
    for (size_t i = 0; i < r->chats.n && !out->n; i++) {
        struct parsed p;
        parse(arena, &r->chats, &r->chats.lines[i], &p);
        if (p.well) *out = id_of(arena, &p, "_id");
        done(&p);
    }
    return fault_none;
}

/* ---- Records */

static enum fault desk_begin(struct reader *r, enum old_noun noun, int64_t *n_out)
{
    r->noun = noun, r->at = 0;
    size_t n = noun == old_person ? r->n_people : noun == old_room ? r->chats.n : noun == old_message ? r->messages.n : 0;
    *n_out = (int64_t)n;
    return fault_none;
}

static bool next_person(struct reader *r, struct arena *arena, struct old_record *out)
{
    if (r->at == r->n_people) return false;
    const struct somebody *s = &r->people[r->at++];
    out->key = key_of(arena, s->is_agent, s->id);
    out->id = arena_printf(arena, "%c-%llx", s->is_agent ? 'a' : 'u', (unsigned long long)secret_print(s->id, 0));
    out->shown = out->key;
    out->person = (struct old_person){ .username = arena_copy(arena, s->id), .name = arena_copy(arena, s->name),
                                       .kind = s->is_agent ? old_agent : old_customer, .created_us = s->created_us };
    return true;
}

/* A lock belongs to whoever the chat is assigned to; states that cannot be are made to be, and told. */
static void take_state(struct parsed *p, struct arena *arena, struct old_record *out)
{
    struct old_desk *d = &out->room.desk;
    struct span status = text_of(arena, p, "status"), agent = text_of(arena, p, "assignedAdminId");
    if (agent.n) d->agent = key_of(arena, true, agent);
    if (span_eq(status, SPAN("closed"))) d->state = desk_closed;
    else if (!span_eq(status, SPAN("active")) && !span_eq(status, SPAN("waiting"))) out->broken = "its status is none of waiting, active, closed";
    else if (!agent.n) d->state = desk_waiting;
    else d->state = flag_of(p, "isLocked") ? desk_locked : desk_active;
    if (span_eq(status, SPAN("active")) && !agent.n) out->repaired = "it is active without an agent: it waits again";
    if (d->state == desk_active && span_eq(status, SPAN("waiting"))) out->repaired = "it waits, but has an agent: it is active";
}

static void take_chat(struct parsed *p, struct arena *arena, struct old_record *out)
{
    struct span user = text_of(arena, p, "userId");
    out->id = out->key = id_of(arena, p, "_id");
    if (!out->id.n) out->broken = "it has no _id of 24 hex digits";
    else if (!user.n) out->broken = "it has no userId";
    if (out->broken) return;
    out->shown = out->id;
    out->room = (struct old_room){ .kind = room_desk, .owner = key_of(arena, false, user), .name = text_of(arena, p, "userName"), .created_us = time_of(p, "createdAt") };
    out->room.desk.updated_us = time_of(p, "updatedAt"), out->room.desk.last_us = time_of(p, "lastMessageAt");
    take_state(p, arena, out);
}

/* What cannot be a link here is said in the text. */
static void take_link(struct parsed *p, struct arena *arena, struct old_record *out)
{
    struct old_message *m = &out->message;
    struct span url = text_of(arena, p, "fileUrl"), type = text_of(arena, p, "messageType");
    if (!url.n) return;
    m->link = url, m->link_kind = span_eq(type, SPAN("image")) ? link_image : link_file;
    if (content_link_fits(m->link_kind, url)) return;
    m->text = m->text.n ? arena_printf(arena, SPAN_FMT "\n" SPAN_FMT, SPAN_ARG(m->text), SPAN_ARG(url)) : url;
    m->link = SPAN(""), m->link_kind = link_none;
    out->repaired = "its fileUrl is no address: it stands in the text";
}

static void take_message(struct parsed *p, struct arena *arena, struct old_record *out)
{
    struct span type = text_of(arena, p, "senderType"), sender = text_of(arena, p, "senderId");
    bool is_agent = span_eq(type, SPAN("admin"));
    out->id = out->key = id_of(arena, p, "_id");
    if (!out->id.n) out->broken = "it has no _id of 24 hex digits";
    else if (!is_agent && !span_eq(type, SPAN("user"))) out->broken = "its senderType is neither user nor admin";
    else if (!sender.n) out->broken = "it has no senderId";
    if (out->id.n) out->shown = out->id;
    if (out->broken) return;
    out->message = (struct old_message){ .room = id_of(arena, p, "chatId"), .author = key_of(arena, is_agent, sender), .text = text_of(arena, p, "content"),
                                         .created_us = time_of(p, "createdAt"), .is_read = flag_of(p, "isRead") };
    if (!out->message.room.n) out->message.room = SPAN("(none)");
    if (!out->message.created_us) out->repaired = "its time cannot be read: it has that of the record before it";
    take_link(p, arena, out);
}

static bool desk_next(struct reader *r, struct arena *arena, struct old_record *out)
{
    const struct collection *c = r->noun == old_room ? &r->chats : &r->messages;
    struct parsed p;
    *out = (struct old_record){ 0 };
    if (r->noun == old_person) return next_person(r, arena, out);
    if ((r->noun != old_room && r->noun != old_message) || r->at == c->n) return false;
    const struct line *l = &c->lines[r->at++];
    out->shown = arena_printf(arena, "of line %zu", l->number);
    parse(arena, c, l, &p);
    if (!p.well) out->broken = "the line is no JSON object, or longer than a document can be";
    else if (r->noun == old_room) take_chat(&p, arena, out);
    else take_message(&p, arena, out);
    if (p.repaired && !out->broken) out->repaired = "bytes that are no UTF-8 were replaced by U+FFFD";
    done(&p);
    return true;
}

static enum fault desk_end(struct reader *r)
{
    (void)r;
    return fault_none;
}

static const char *desk_error(const struct reader *r)
{
    (void)r;
    return "";
}

const struct reader_class reader_desk = { .kind = "004", .open = desk_open_source, .close = desk_close, .print = desk_print, .begin = desk_begin,
                                          .next = desk_next, .end = desk_end, .error = desk_error };
