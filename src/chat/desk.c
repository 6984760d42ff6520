/* Support chats: customers, their chats opened, looked at, listed. Runs on a lane. The steps of the queue are in desk_queue.c.
   Always: a customer has at most one chat that is not closed. */
#include "base/rand.h"
#include "base/utf8.h"
#include "chat/desk_queue.h"
#include "chat/letter.h"

enum { visitor_chars = 10 };

const char *desk_state_word(enum desk_state state)
{
    static const char *const words[desk_state_count] = { "none", "waiting", "active", "locked", "closed" };
    return words[state];
}

const char *desk_step_word(enum desk_step step)
{
    static const char *const words[desk_step_count] = { "none", "open", "assign", "lock", "unlock", "transfer", "close", "return" };
    return words[step];
}

const char *desk_role_word(enum desk_role role)
{
    static const char *const words[] = { "none", "agent", "supervisor" };
    return words[role];
}

struct span desk_customer_id(struct span username)
{
    size_t skip = span_starts(username, SPAN("~=")) ? 2 : 1 + visitor_chars;
    return span_starts(username, SPAN(ACCOUNT_CUSTOMER_PREFIX)) && username.n > skip ? span_make(username.p + skip, username.n - skip) : SPAN("");
}

/* ---- Customers */

static bool id_fits(struct span id)
{
    return id.n && id.n <= DESK_ID_MAX_BYTES && utf8_valid(id) && !memchr(id.p, 0, id.n) && !utf8_has_unprintable(id);
}

static struct span username_of(struct ask *ask, const struct desk_customer_in *in)
{
    char token[visitor_chars + 1];
    if (!in->visitor) return arena_printf(ask->arena, "~=" SPAN_FMT, SPAN_ARG(in->id));
    rand_token(token, visitor_chars);
    return arena_printf(ask->arena, "~%s" SPAN_FMT, token, SPAN_ARG(in->id));
}

static enum fault make_customer(struct ask *ask, struct span username, struct span name, struct account *out)
{
    *out = (struct account){ .person = { .username = username, .name = name }, .created_us = ask->now_us, .quota_bytes = -1 };
    enum fault fault = store_desk_customer_insert(ask->store, username, name, ask->now_us, &out->person.id);
    if (fault || !id_none(out->person.id)) return fault;
    ask->c->out.desk_customer.existed = true; /* made at the same time by somebody else */
    return store_desk_customer_find(ask->store, username, ask->arena, out);
}

/* Known before they said how they are called: by a page that only looked. Once they have a chat, the name stays. */
static enum fault name_customer(struct ask *ask, struct span name, struct account *account)
{
    bool is_nameless = span_eq(account->person.name, SPAN(DESK_CUSTOMER_NAME)) && !span_eq(name, account->person.name);
    enum fault fault = is_nameless ? store_desk_customer_name(ask->store, account->person.id, name) : fault_none;
    if (is_nameless && !fault) account->person.name = name;
    return fault;
}

enum fault desk_customer(struct ask *ask)
{
    const struct desk_customer_in *in = &ask->c->in.desk_customer;
    struct desk_customer_out *out = &ask->c->out.desk_customer;
    struct span name = in->name;
    if (!id_fits(in->id)) return ask_refuse(ask, fault_invalid, "id");
    if (!span_trim(name).n) name = SPAN(DESK_CUSTOMER_NAME);
    enum fault fault = person_check_name(ask, &name);
    if (fault) return fault;
    struct span username = username_of(ask, in);
    fault = in->visitor ? fault_not_found : store_desk_customer_find(ask->store, username, ask->arena, &out->account);
    out->existed = fault == fault_none;
    if (out->existed) return name_customer(ask, name, &out->account);
    return fault == fault_not_found ? make_customer(ask, username, name, &out->account) : fault;
}

/* ---- Opening */

static enum fault begin(struct ask *ask, struct room_id room, struct desk_view *view)
{
    struct person customer = ask->account.person;
    struct event joined = { .kind = event_member_joined, .room = room, .subject = customer, .role = role_member };
    enum fault fault = store_member_insert(ask->store, room, customer.id, role_member, ask->now_us);
    if (!fault) fault = ask_happened(ask, &joined);
    if (!fault) fault = store_desk_view(ask->store, room, ask->now_us, ask->arena, view);
    return fault ? fault : desk_tell_step(ask, desk_step_open, view, (struct person){ 0 });
}

/* The chat that was found open may have been closed by now: with many writers nothing holds it. */
enum fault desk_open(struct ask *ask)
{
    struct desk_open_out *out = &ask->c->out.desk_open;
    struct room_id room;
    bool is_customer, existed = true;
    enum fault fault = store_desk_is_customer(ask->store, ask->account.person.id, &is_customer);
    if (!fault && !is_customer) return ask_refuse(ask, fault_forbidden, "role");
    if (!fault) fault = store_desk_open_of(ask->store, ask->account.person.id, &room);
    if (!fault && !id_none(room)) fault = store_desk_view(ask->store, room, ask->now_us, ask->arena, &out->chat);
    if (fault || out->chat.state == desk_waiting || out->chat.state == desk_active || out->chat.state == desk_locked) return fault;
    fault = store_desk_insert(ask->store, &ask->account.person, ask->now_us, &room, &existed);
    if (fault) return fault;
    out->is_new = !existed;
    return existed ? store_desk_view(ask->store, room, ask->now_us, ask->arena, &out->chat) : begin(ask, room, &out->chat);
}

/* ---- Looking */

bool desk_shows(enum desk_role role, const struct desk_place *chat, struct account_id who)
{
    if (role == desk_role_supervisor) return true;
    return role == desk_role_agent && (chat->state == desk_waiting || id_eq(chat->agent, who));
}

enum fault desk_look(struct ask *ask, struct place *place)
{
    struct desk_place chat;
    enum desk_role role;
    enum fault fault = desk_role_of(ask, &role);
    if (fault || role == desk_role_none) return fault;
    fault = store_desk_place(ask->store, place->room, &chat);
    if (!fault) place->public = desk_shows(role, &chat, ask->account.person.id);
    return fault == fault_not_found ? fault_none : fault;
}

enum fault desk_chat_of(struct ask *ask, struct room_id room, struct place *place_out, struct desk_view *out)
{
    enum fault fault = ask_place(ask, room, verb_room_read, place_out);
    if (fault) return fault;
    if (place_out->kind != room_desk) return ask_refuse(ask, fault_not_found, "room");
    return store_desk_view(ask->store, room, ask->now_us, ask->arena, out);
}

enum fault desk_get(struct ask *ask)
{
    struct place place;
    return desk_chat_of(ask, ask->c->in.desk_get.room, &place, &ask->c->out.desk_get.chat);
}

/* Whose chats the asker may list, and what of them is shown: supervisors see everything. */
static enum fault check_list(struct ask *ask, struct desk_list_in *in, struct account_id *seer_out)
{
    struct account_id asker = ask->account.person.id;
    enum desk_role role;
    if (in->limit < 1 || in->limit > DESK_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    if (in->filter < desk_filter_waiting || in->filter > desk_filter_of_customer) return ask_refuse(ask, fault_invalid, "filter");
    if (in->state < desk_no_chat || in->state > desk_closed) return ask_refuse(ask, fault_invalid, "state");
    enum fault fault = desk_role_of(ask, &role);
    if (fault) return fault;
    if (id_none(in->account)) in->account = asker;
    bool is_own = id_eq(in->account, asker);
    *seer_out = role == desk_role_supervisor ? (struct account_id){ 0 } : asker;
    if (in->filter == desk_filter_of_customer && (is_own || role != desk_role_none)) return fault_none;
    if (role == desk_role_none || (in->filter == desk_filter_mine && !is_own && role != desk_role_supervisor))
        return ask_refuse(ask, fault_forbidden, "role");
    return fault_none;
}

enum fault desk_list(struct ask *ask)
{
    struct desk_list_in *in = &ask->c->in.desk_list;
    struct desk_list_out *out = &ask->c->out.desk_list;
    struct account_id seer;
    enum fault fault = check_list(ask, in, &seer);
    if (!fault) fault = store_desk_list(ask->store, in, seer, in->limit + 1, ask->now_us, ask->arena, &out->views, &out->n);
    if (fault) return fault;
    out->more = out->n > in->limit;
    if (out->more) out->n = in->limit;
    return store_desk_n_waiting(ask->store, &out->n_waiting);
}
