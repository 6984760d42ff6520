/* Events: immutable, counted, copied once. A copy is one block: the event, its arrays, then the bytes of all its texts.
   Made in a lane, read on every loop, freed by whoever lets go last. */
#include "chat/event.h"
#include <stdlib.h>

static const struct {
    const char *name;
    bool lasting;
} kinds[event_kind_count] = {
#define lasting true
#define passing false
#define EVENT(name, durability) [event_##name] = { #name, durability },
#include "chat/event.def"
#undef EVENT
#undef lasting
#undef passing
};

bool event_is_lasting(enum event_kind kind)
{
    return kinds[kind].lasting;
}

const char *event_name(enum event_kind kind)
{
    return kinds[kind].name;
}

static size_t text_bytes(const struct event *e)
{
    const struct message *m = &e->message;
    size_t n = person_bytes(&e->by) + person_bytes(&e->subject) + e->emoji.n;
    if (e->face) n += e->face->name.n + e->face->topic.n + e->face->icon.n;
    n += person_bytes(&m->author) + m->text.n + m->key.n + person_bytes(&m->reply_author) + m->reply_text.n + m->mentions.n + m->hook_name.n;
    n += m->link.n + (e->desk ? desk_view_bytes(e->desk) : 0);
    for (size_t i = 0; i < m->n_reactions; i++) n += m->reactions[i].emoji.n;
    for (size_t i = 0; i < m->n_files; i++) n += m->files[i].name.n + m->files[i].type.n + m->files[i].blurhash.n + m->files[i].sha256.n;
    return n;
}

static void move_text(struct span *s, char **at)
{
    if (!s->n) return;
    memcpy(*at, s->p, s->n);
    s->p = *at;
    *at += s->n;
}

size_t person_bytes(const struct person *p)
{
    return p->username.n + p->name.n + p->avatar.n;
}

void person_move(struct person *p, char **at)
{
    move_text(&p->username, at), move_text(&p->name, at), move_text(&p->avatar, at);
}

size_t desk_view_bytes(const struct desk_view *v)
{
    return person_bytes(&v->customer) + v->customer_id.n + person_bytes(&v->agent) + person_bytes(&v->locked_by) + v->last_text.n + v->tags.n;
}

void desk_view_move(struct desk_view *v, char **at)
{
    person_move(&v->customer, at), person_move(&v->agent, at), person_move(&v->locked_by, at);
    move_text(&v->customer_id, at), move_text(&v->last_text, at), move_text(&v->tags, at);
}

static void move_texts(struct event *e, char *at)
{
    struct message *m = &e->message;
    struct person *people[] = { &e->by, &e->subject, &m->author, &m->reply_author };
    struct span *texts[] = { &e->emoji, &m->text, &m->key, &m->reply_text, &m->mentions, &m->hook_name, &m->link };
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) person_move(people[i], &at);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) move_text(texts[i], &at);
    for (size_t i = 0; i < m->n_reactions; i++) move_text(&m->reactions[i].emoji, &at);
    for (size_t i = 0; i < m->n_files; i++) {
        struct file_view *f = &m->files[i];
        struct span *parts[] = { &f->name, &f->type, &f->blurhash, &f->sha256 };
        for (size_t k = 0; k < 4; k++) move_text(parts[k], &at);
    }
    if (e->desk) desk_view_move(e->desk, &at);
    if (!e->face) return;
    move_text(&e->face->name, &at);
    move_text(&e->face->topic, &at);
    move_text(&e->face->icon, &at);
}

/* Where the next array of the block begins. The arrays come before the texts, so each begins where it may. */
static void *move_array(const void *items, size_t n_bytes, char **at)
{
    void *to = *at;
    if (n_bytes) memcpy(to, items, n_bytes);
    *at += n_bytes;
    return to;
}

struct event *event_copy(const struct event *e)
{
    size_t reactions_bytes = e->message.n_reactions * sizeof(struct reaction_view), files_bytes = e->message.n_files * sizeof(struct file_view);
    size_t face_bytes = e->face ? sizeof *e->face : 0, channels_bytes = e->n_channels * sizeof *e->channels;
    size_t desk_bytes = e->desk ? sizeof *e->desk : 0;
    struct event *copy = malloc(sizeof *copy + reactions_bytes + files_bytes + face_bytes + desk_bytes + channels_bytes + text_bytes(e));
    if (!copy) return NULL;
    memcpy(copy, e, sizeof *e);
    copy->next = NULL;
    atomic_init(&copy->refs, 1);
    char *at = (char *)(copy + 1);
    copy->message.reactions = move_array(e->message.reactions, reactions_bytes, &at);
    copy->message.files = move_array(e->message.files, files_bytes, &at);
    copy->channels = move_array(e->channels, channels_bytes, &at);
    if (e->desk) copy->desk = move_array(e->desk, desk_bytes, &at);
    if (e->face) copy->face = move_array(e->face, face_bytes, &at);
    move_texts(copy, at);
    return copy;
}

const char *presence_word(enum presence status)
{
    static const char *const words[presence_count] = { "offline", "online", "idle", "dnd" };
    return words[status];
}

void event_ref(struct event *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
}

void event_unref(struct event *e)
{
    if (e && atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1) free(e);
}
