/* The queue of the support desk: one machine, one table. Runs on the writing lane, one chat a command, under the lock of its room.

                      desk_open                          assign (step)
       (no chat) ───────────────────► WAITING ─────────────────────────────► ACTIVE ◄──┐ transfer, to another agent
                                      ▲  ▲ │                                  │ │ └────┘
                                      │  │ │ lock                        lock │ │
                                      │  │ └───────────────► LOCKED ◄─────────┘ │
                                      │  │  unlock, return     │  │ ▲           │
                                      │  └─────────────────────┘  │ └┐ transfer │ unlock, return
                                      └───────────────────────────┼──┼──────────┘
                                                                  │  └┘
       WAITING, ACTIVE, LOCKED ──── close ────► CLOSED            a customer who comes again opens a new chat (desk_open)

   assign and lock give a chat that waits to an agent; active: theirs; locked: theirs, and they said that nobody else shall come near. unlock is the
   agent's own (or a supervisor's) giving back, return the house's, when the agent was gone too long (app/desk_watch.c); both keep the customer's place
   in the queue. Nothing leaves CLOSED. Every arrow is the function take_step, which asks desk_arrow_of.

   Always: a chat that is active or locked has exactly one agent, one that waits has none; a move is written only from the very state and agent that
   were looked at (store_desk_move), so of two who want a chat one gets it and the other is told who has it. */
#include "chat/desk_queue.h"
#include "chat/member.h"

#define TO(state) { desk_##state, NULL }
#define NO(why) { desk_no_chat, why }
#define STAY(state) { desk_##state, NULL }

/* [from][step][own] */
static const struct desk_arrow arrows[desk_state_count][desk_step_count][2] = {
    [desk_no_chat] = {
        [desk_step_open]     = { TO(waiting),          TO(waiting) },
        [desk_step_assign]   = { NO("closed"),         NO("closed") },
        [desk_step_lock]     = { NO("closed"),         NO("closed") },
        [desk_step_unlock]   = { NO("closed"),         NO("closed") },
        [desk_step_transfer] = { NO("closed"),         NO("closed") },
        [desk_step_close]    = { NO("closed"),         NO("closed") },
        [desk_step_return]   = { NO("closed"),         NO("closed") },
    },
    [desk_waiting] = {
        [desk_step_open]     = { STAY(waiting),        STAY(waiting) },
        [desk_step_assign]   = { TO(active),           TO(active) },
        [desk_step_lock]     = { TO(locked),           TO(locked) },
        [desk_step_unlock]   = { STAY(waiting),        STAY(waiting) },
        [desk_step_transfer] = { NO("waiting"),        NO("waiting") },
        [desk_step_close]    = { TO(closed),           TO(closed) },
        [desk_step_return]   = { STAY(waiting),        STAY(waiting) },
    },
    [desk_active] = {
        [desk_step_open]     = { STAY(active),         STAY(active) },
        [desk_step_assign]   = { NO("assigned"),       STAY(active) },
        [desk_step_lock]     = { NO("assigned"),       TO(locked) },
        [desk_step_unlock]   = { TO(waiting),          TO(waiting) },
        [desk_step_transfer] = { TO(active),           STAY(active) },
        [desk_step_close]    = { TO(closed),           TO(closed) },
        [desk_step_return]   = { TO(waiting),          TO(waiting) },
    },
    [desk_locked] = {
        [desk_step_open]     = { STAY(locked),         STAY(locked) },
        [desk_step_assign]   = { NO("locked"),         STAY(locked) },
        [desk_step_lock]     = { NO("locked"),         STAY(locked) },
        [desk_step_unlock]   = { TO(waiting),          TO(waiting) },
        [desk_step_transfer] = { TO(locked),           STAY(locked) },
        [desk_step_close]    = { TO(closed),           TO(closed) },
        [desk_step_return]   = { TO(waiting),          TO(waiting) },
    },
    [desk_closed] = {
        [desk_step_open]     = { TO(waiting),          TO(waiting) }, /* another chat beside it */
        [desk_step_assign]   = { NO("closed"),         NO("closed") },
        [desk_step_lock]     = { NO("closed"),         NO("closed") },
        [desk_step_unlock]   = { NO("closed"),         NO("closed") },
        [desk_step_transfer] = { NO("closed"),         NO("closed") },
        [desk_step_close]    = { STAY(closed),         STAY(closed) },
        [desk_step_return]   = { STAY(closed),         STAY(closed) },
    },
};

struct desk_arrow desk_arrow_of(enum desk_state from, enum desk_step step, bool own)
{
    return arrows[from][step][own];
}

/* A step on its way. */
struct move {
    struct ask *ask;
    enum desk_step step;
    enum desk_role role;       /* the asker's */
    struct account_id wanted;  /* who is to have the chat; none: nobody, or who has it */
    struct desk_view was, *now;
    struct desk_agent_view agent; /* wanted, as an agent */
    bool by_customer;
};

static bool gives(enum desk_step step)
{
    return step == desk_step_assign || step == desk_step_lock || step == desk_step_transfer;
}

/* ---- Who may */

static bool is_agents_own(const struct move *m)
{
    return !id_none(m->was.agent.id) && id_eq(m->was.agent.id, m->ask->account.person.id);
}

/* For oneself every agent; for others a supervisor; away from an agent they themselves or a supervisor; the customer ends. */
static enum fault check_right(const struct move *m)
{
    struct ask *ask = m->ask;
    bool rules = m->role == desk_role_supervisor, is_free = id_none(m->was.agent.id);
    if (m->by_customer) return m->step == desk_step_close ? fault_none : ask_refuse(ask, fault_forbidden, "role");
    if (m->role == desk_role_none) return ask_refuse(ask, fault_not_found, "room");
    switch (m->step) {
    case desk_step_assign:
    case desk_step_lock:
        if (id_eq(m->wanted, ask->account.person.id) || rules) return fault_none;
        return ask_refuse(ask, fault_forbidden, "role");
    case desk_step_unlock:
    case desk_step_transfer:
    case desk_step_close:
        if (is_free || rules || is_agents_own(m)) return fault_none;
        return ask_refuse(ask, fault_forbidden, "assigned");
    case desk_step_open:
    case desk_step_return:
    case desk_step_count: break;
    }
    return ask_refuse(ask, fault_invalid, "step");
}

/* Whoever gets a chat is an agent, and has room for one more. */
static enum fault check_agent(struct move *m, bool gains)
{
    int64_t n = 0;
    enum fault fault = store_desk_agent(m->ask->store, m->wanted, m->ask->arena, &m->agent);
    if (fault && fault != fault_not_found) return fault;
    if (fault || m->agent.role == desk_role_none) return ask_refuse(m->ask, fault_invalid, "agent");
    if (!gains || !m->agent.capacity) return fault_none;
    fault = store_desk_load(m->ask->store, m->wanted, &n);
    return !fault && n >= m->agent.capacity ? ask_refuse(m->ask, fault_conflict, "capacity") : fault;
}

/* ---- Moving */

static enum fault seat(struct ask *ask, struct room_id room, struct person who, int64_t read)
{
    struct event joined = { .kind = event_member_joined, .room = room, .subject = who, .role = role_moderator };
    enum member_role already;
    enum fault fault = store_member_role(ask->store, room, who.id, &already);
    if (fault || already != role_none) return fault;
    fault = store_member_insert(ask->store, room, who.id, role_moderator, ask->now_us);
    if (!fault) fault = store_member_set_read(ask->store, room, who.id, read, 0, read);
    return fault ? fault : ask_happened(ask, &joined);
}

static enum fault unseat(struct ask *ask, struct room_id room, struct person who)
{
    struct place place = { .room = room, .kind = room_desk };
    enum member_role role;
    enum fault fault = store_member_role(ask->store, room, who.id, &role);
    return fault || role == role_none ? fault : member_depart(ask, &place, who, role);
}

static enum fault note_work(struct ask *ask, const struct move *m)
{
    struct desk_work work = { .room = m->was.room, .agent = gives(m->step) ? m->wanted : m->was.agent.id,
                              .taken = gives(m->step), .closed = m->step == desk_step_close };
    bool counts = (work.taken || work.closed) && !id_none(work.agent);
    return counts ? store_desk_work_add(ask->store, &work, ask->now_us) : fault_none;
}

static enum fault change(struct move *m, enum desk_state to)
{
    struct ask *ask = m->ask;
    struct account_id keeps = to == desk_waiting ? (struct account_id){ 0 } : gives(m->step) ? m->wanted : m->was.agent.id;
    struct desk_move move = { m->was.room, m->was.state, to, m->was.agent.id, keeps };
    bool leaves = !id_none(m->was.agent.id) && !id_eq(m->was.agent.id, keeps), comes = !id_none(keeps) && !id_eq(m->was.agent.id, keeps);
    enum fault fault = store_desk_move(ask->store, &move, ask->now_us);
    if (!fault && leaves) fault = unseat(ask, move.room, m->was.agent);
    if (!fault && comes) fault = seat(ask, move.room, m->agent.person, m->was.agent_read);
    if (!fault && (comes || to == desk_closed)) fault = note_work(ask, m);
    if (!fault) fault = store_desk_view(ask->store, move.room, ask->now_us, ask->arena, m->now);
    return fault ? fault : desk_tell_step(ask, m->step, m->now, leaves ? m->was.agent : (struct person){ 0 });
}

/* m->was is the chat as it is, under the lock of its room. */
static enum fault take_step(struct move *m, bool *changed_out)
{
    bool own = !id_none(m->was.agent.id) && id_eq(m->was.agent.id, m->wanted);
    struct desk_arrow arrow = desk_arrow_of(m->was.state, m->step, own);
    if (arrow.refusal) return ask_refuse(m->ask, fault_conflict, arrow.refusal);
    bool moves = arrow.to != m->was.state || (m->step == desk_step_transfer && !own);
    if (moves && gives(m->step)) {
        enum fault fault = check_agent(m, !own);
        if (fault) return fault;
    }
    *changed_out = moves;
    return moves ? change(m, arrow.to) : fault_none;
}

/* ---- The verbs */

static enum fault find_oldest(struct ask *ask, struct room_id *out)
{
    int64_t n;
    enum fault fault = store_desk_oldest(ask->store, out);
    if (fault || !id_none(*out)) return fault;
    fault = store_desk_n_waiting(ask->store, &n);
    if (fault) return fault;
    if (!n) return ask_refuse(ask, fault_not_found, "chat");
    ask->c->retry_after_s = 1; /* all that wait are being written in at this very moment */
    return ask_refuse(ask, fault_busy, "chat");
}

static enum fault look(struct move *m, struct room_id room)
{
    struct ask *ask = m->ask;
    enum fault fault = desk_role_of(ask, &m->role);
    if (!fault) fault = store_desk_view(ask->store, room, ask->now_us, ask->arena, &m->was);
    if (fault) return fault == fault_not_found ? ask_refuse(ask, fault, "room") : fault;
    m->by_customer = id_eq(m->was.customer.id, ask->account.person.id);
    struct desk_place place = { m->was.state, m->was.agent.id, m->was.customer.id };
    *m->now = m->was;
    if (!m->by_customer && !desk_shows(m->role, &place, ask->account.person.id)) desk_hide_words(m->now);
    return fault_none;
}

enum fault desk_step(struct ask *ask)
{
    const struct desk_step_in *in = &ask->c->in.desk_step;
    struct desk_step_out *out = &ask->c->out.desk_step;
    struct move m = { .ask = ask, .step = in->step, .now = &out->chat };
    struct room_id room = in->room;
    enum fault fault = fault_none;
    if (in->step <= desk_step_open || in->step >= desk_step_return) return ask_refuse(ask, fault_invalid, "step");
    if (in->step == desk_step_transfer && id_none(in->agent)) return ask_refuse(ask, fault_invalid, "agent");
    if (id_none(room) && in->step != desk_step_assign) return ask_refuse(ask, fault_not_found, "room");
    if (gives(in->step)) m.wanted = id_none(in->agent) ? ask->account.person.id : in->agent;
    if (id_none(room)) {
        enum desk_role role;
        fault = desk_need(ask, desk_role_agent, &role);
        if (!fault) fault = find_oldest(ask, &room);
    }
    if (!fault) fault = look(&m, room);
    if (!fault) fault = check_right(&m);
    if (fault) {
        if (fault == fault_not_found) out->chat = (struct desk_view){ 0 };
        return fault;
    }
    bool is_elsewhere = in->step == desk_step_transfer && !id_none(in->from) && !id_eq(in->from, m.was.agent.id) && !id_none(m.was.agent.id);
    return is_elsewhere ? ask_refuse(ask, fault_conflict, "assigned") : take_step(&m, &out->changed);
}

/* Only while the same agent has it and has not been heard of since. */
enum fault desk_return(struct ask *ask)
{
    const struct desk_return_in *in = &ask->c->in.desk_return;
    struct desk_view now;
    struct move m = { .ask = ask, .step = desk_step_return, .now = &now };
    int64_t seen_us;
    enum fault fault = store_desk_view(ask->store, in->room, ask->now_us, ask->arena, &m.was);
    if (fault) return fault == fault_not_found ? ask_refuse(ask, fault, "room") : fault;
    if (id_none(in->agent) || !id_eq(m.was.agent.id, in->agent)) return fault_none;
    fault = store_desk_seen(ask->store, in->agent, &seen_us);
    if (fault || seen_us > in->unseen_since_us) return fault;
    return take_step(&m, &ask->c->out.desk_return.changed);
}
