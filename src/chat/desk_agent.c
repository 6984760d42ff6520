/* Agents of the desk: who is one, how many chats at a time, what they did; and who holds what, for the house's watch. Runs on a lane. */
#include "chat/desk_queue.h"

enum { agents_max = 1000, holdings_max = 10000 };

enum fault desk_role_of(struct ask *ask, enum desk_role *out)
{
    struct desk_agent_view agent = { 0 };
    enum fault fault = store_desk_agent(ask->store, ask->account.person.id, ask->arena, &agent);
    *out = agent.role;
    return fault == fault_not_found ? fault_none : fault;
}

enum fault desk_need(struct ask *ask, enum desk_role least, enum desk_role *out)
{
    enum fault fault = desk_role_of(ask, out);
    return !fault && *out < least ? ask_refuse(ask, fault_forbidden, "role") : fault;
}

enum fault desk_me(struct ask *ask)
{
    struct desk_agent_view agent = { 0 };
    enum fault fault = store_desk_agent(ask->store, ask->account.person.id, ask->arena, &agent);
    ask->c->out.desk_me = (struct desk_me_out){ agent.role, agent.capacity };
    return fault == fault_not_found ? fault_none : fault;
}

enum fault desk_agent_list(struct ask *ask)
{
    struct desk_agent_list_out *out = &ask->c->out.desk_agent_list;
    enum desk_role role;
    enum fault fault = desk_need(ask, desk_role_agent, &role);
    return fault ? fault : store_desk_agent_list(ask->store, agents_max, ask->arena, &out->agents, &out->n);
}

enum fault desk_tell_role(struct ask *ask, struct account_id account, struct desk_agent_view *out)
{
    struct event changed = { .kind = event_desk_agent_changed };
    enum fault fault = store_desk_agent(ask->store, account, ask->arena, out);
    if (fault) return fault == fault_not_found ? fault_none : fault;
    changed.subject = out->person, changed.desk_role = out->role;
    return ask_happened(ask, &changed);
}

/* An administrator of the house stays a supervisor, whatever is said here. */
enum fault desk_agent_put(struct ask *ask)
{
    const struct desk_agent_put_in *in = &ask->c->in.desk_agent_put;
    struct desk_agent_view *out = &ask->c->out.desk_agent_put.agent;
    enum desk_role role;
    enum fault fault = desk_need(ask, desk_role_supervisor, &role);
    if (fault) return fault;
    if (in->role < desk_role_none || in->role > desk_role_supervisor) return ask_refuse(ask, fault_invalid, "role");
    if (in->capacity < 0 || in->capacity > DESK_CAPACITY_MAX) return ask_refuse(ask, fault_invalid, "capacity");
    fault = store_desk_agent(ask->store, in->account, ask->arena, out);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "account");
    if (!fault) fault = store_desk_agent_put(ask->store, in->account, in->role, in->capacity);
    if (!fault) fault = desk_tell_role(ask, in->account, out);
    if (!fault) fault = store_desk_load(ask->store, in->account, &out->n_chats);
    return fault ? fault : ask_audit(ask, "desk_agent", in->account, (struct room_id){ 0 }, span_of(desk_role_word(in->role)));
}

enum fault desk_figures(struct ask *ask)
{
    const struct desk_figures_in *in = &ask->c->in.desk_figures;
    struct desk_figures_out *out = &ask->c->out.desk_figures;
    struct account_id whose = { 0 };
    enum desk_role role;
    enum fault fault = desk_need(ask, desk_role_agent, &role);
    if (fault) return fault;
    if (in->from_day < 0 || in->to_day < in->from_day || in->to_day - in->from_day >= DESK_FIGURES_MAX_DAYS) return ask_refuse(ask, fault_invalid, "from");
    if (role != desk_role_supervisor) whose = ask->account.person.id;
    return store_desk_work_sums(ask->store, in->from_day, in->to_day, whose, ask->arena, &out->figures, &out->n);
}

enum fault desk_holders(struct ask *ask)
{
    struct desk_holders_out *out = &ask->c->out.desk_holders;
    return store_desk_holders(ask->store, holdings_max, ask->arena, &out->holdings, &out->n);
}
