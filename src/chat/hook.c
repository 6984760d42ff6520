/* Incoming hooks: made, listed, deleted by those who administer a room; used by whoever knows the token. Runs on a lane.

   A token is "<room>.<secret>" and is kept as its hash. What comes through a hook is a message of the account that made the hook, shown under the
   hook's name; so the hook can say no more than that account, and is gone when the account may not post there any more. */
#include "base/utf8.h"
#include "chat/ask.h"
#include "chat/content.h"
#include "chat/mention.h"
#include "chat/secret.h"

enum { secret_bytes = 24 };

bool hook_name_fits(struct span name)
{
    return name.n && name.n <= 4 * HOOK_NAME_MAX_POINTS && utf8_valid(name) && utf8_count(name) <= HOOK_NAME_MAX_POINTS && !utf8_has_unprintable(name) &&
           span_trim(name).n == name.n;
}

/* ---- Administering */

enum fault hook_create(struct ask *ask)
{
    const struct hook_create_in *in = &ask->c->in.hook_create;
    struct hook_create_out *out = &ask->c->out.hook_create;
    struct place place;
    struct hook_view *others;
    size_t n_others;
    enum fault fault = ask_place(ask, in->room, verb_hook_manage, &place);
    if (!fault) fault = ask_may(ask, verb_message_post, &place, true);
    if (fault) return fault;
    if (!hook_name_fits(in->name)) return ask_refuse(ask, fault_invalid, "name");
    fault = store_hook_list(ask->store, in->room, ask->arena, &others, &n_others);
    if (fault) return fault;
    if (n_others >= HOOKS_MAX) return ask_refuse(ask, fault_too_large, "hooks");
    struct span secret = secret_make(ask->arena, secret_bytes);
    out->token = arena_printf(ask->arena, "%lld." SPAN_FMT, (long long)in->room.v, SPAN_ARG(secret));
    out->hook = (struct hook_view){ .room = in->room, .name = in->name, .author = ask->account.person, .created_us = ask->now_us };
    return store_hook_insert(ask->store, &out->hook, secret_hash(ask->arena, out->token), &out->hook.id);
}

enum fault hook_list(struct ask *ask)
{
    struct hook_list_out *out = &ask->c->out.hook_list;
    struct place place;
    enum fault fault = ask_place(ask, ask->c->in.hook_list.room, verb_hook_manage, &place);
    return fault ? fault : store_hook_list(ask->store, place.room, ask->arena, &out->hooks, &out->n);
}

enum fault hook_delete(struct ask *ask)
{
    struct place place;
    enum fault fault = ask_place(ask, ask->c->in.hook_delete.room, verb_hook_manage, &place);
    if (fault) return fault;
    fault = store_hook_delete(ask->store, place.room, ask->c->in.hook_delete.id);
    return fault == fault_not_found ? ask_refuse(ask, fault, "hook") : fault;
}

/* ---- Posting through one */

struct room_id hook_token_room(struct span token)
{
    struct room_id room = { 0 };
    struct span secret, number = span_cut(token, '.', &secret);
    return secret.n && span_to_i64(number, &room.v) && room.v > 0 ? room : (struct room_id){ 0 };
}

/* The hook, if the token is its own. */
static enum fault find(struct ask *ask, const struct hook_post_in *in, struct hook_view *out)
{
    struct span hash = { 0 };
    enum fault fault = store_hook_by_id(ask->store, in->id, ask->arena, out, &hash);
    if (fault && fault != fault_not_found) return fault;
    bool known = !fault && secret_eq(secret_hash(ask->arena, in->token), hash) && id_eq(hook_token_room(in->token), out->room);
    return known ? fault_none : ask_refuse(ask, fault_not_found, "hook");
}

static enum fault check_words(struct ask *ask, const struct hook_post_in *in)
{
    enum fault fault = content_check(in->text);
    if (fault) return ask_refuse(ask, fault, "text");
    return in->name.n && !hook_name_fits(in->name) ? ask_refuse(ask, fault_invalid, "username") : fault_none;
}

/* May the account behind the hook post there today? */
static enum fault ask_facts(struct ask *ask, const struct hook_view *hook, struct post_facts *facts)
{
    *facts = (struct post_facts){ .room = hook->room, .account = hook->author.id, .arena = ask->arena };
    enum fault fault = store_message_post_facts(ask->store, facts, 1, ask->now_us);
    if (fault) return fault;
    if (id_none(facts->author.id) || id_none(facts->place.room)) return ask_refuse(ask, fault_gone, "hook");
    ask->account.person = facts->author;
    bool silenced = facts->place.muted_us > ask->now_us || ask_may(ask, verb_message_post, &facts->place, true) != fault_none;
    return silenced ? ask_refuse(ask, fault_gone, "hook") : fault_none;
}

static enum fault write_down(struct ask *ask, const struct hook_view *hook, const struct message *m)
{
    const struct message *const one[] = { m };
    enum fault fault = store_message_insert(ask->store, one, 1);
    if (!fault) fault = store_room_posted(ask->store, &m->room, &m->seq, 1);
    if (!fault) fault = store_message_set_hook_name(ask->store, m->id, m->hook_name);
    if (!fault && m->mentions.n) fault = store_message_set_mentions(ask->store, m);
    if (!fault) fault = mention_keep(ask->store, m);
    return fault ? fault : store_hook_used(ask->store, hook->id, ask->now_us);
}

enum fault hook_post(struct ask *ask)
{
    const struct hook_post_in *in = &ask->c->in.hook_post;
    struct message *m = &ask->c->out.hook_post.message;
    struct hook_view hook;
    struct post_facts facts;
    enum fault fault = find(ask, in, &hook);
    if (!fault) fault = check_words(ask, in);
    if (!fault) fault = ask_facts(ask, &hook, &facts);
    if (fault) return fault;
    *m = (struct message){ .id = facts.next, .room = hook.room, .seq = facts.place.head + 1, .author = facts.author, .text = in->text,
                           .created_us = ask->now_us, .hook_name = in->name.n ? in->name : hook.name };
    fault = mention_find(ask, &facts.place, m->text, &m->mentions);
    if (!fault) fault = write_down(ask, &hook, m);
    if (fault) return fault;
    struct event posted = { .kind = event_message_posted, .room = m->room, .seq = m->seq, .at_us = ask->now_us, .by = facts.author, .message = *m };
    return chat_tell(ask->chat, &posted);
}
