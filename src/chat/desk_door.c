/* What the door of the old desk asks beside what every door asks: pages counted from the newest, accounts by the ids of its wire, and agents that it was
   told to believe. Runs on a lane. */
#include "chat/desk_queue.h"
#include "chat/guest.h"
#include "chat/letter.h"
#include "chat/name.h"

enum fault desk_page(struct ask *ask)
{
    const struct desk_page_in *in = &ask->c->in.desk_page;
    struct desk_page_out *out = &ask->c->out.desk_page;
    struct message_page page;
    struct place place;
    if (in->limit < 1 || in->limit > DESK_MESSAGES_MAX) return ask_refuse(ask, fault_invalid, "limit");
    if (in->page < 1 || in->page > INT32_MAX) return ask_refuse(ask, fault_invalid, "page");
    enum fault fault = desk_chat_of(ask, in->room, &place, &out->chat);
    if (!fault) fault = store_message_nth_page(ask->store, in->room, in->page, in->limit, ask->arena, &page, &out->total);
    if (!fault) out->messages = page.messages, out->n = page.n;
    return fault;
}

static enum fault find_agent(struct ask *ask, struct span username, struct account *out)
{
    struct desk_agent_view agent = { 0 };
    struct span folded;
    if (!name_fits_account(ask->arena, username, &folded)) return ask_refuse(ask, fault_not_found, "agent");
    enum fault fault = store_account_by_folded(ask->store, folded, ask->arena, out, NULL);
    if (!fault) fault = store_desk_agent(ask->store, out->person.id, ask->arena, &agent);
    if (fault == fault_not_found || (!fault && agent.role == desk_role_none)) return ask_refuse(ask, fault_not_found, "agent");
    return fault;
}

enum fault desk_find(struct ask *ask)
{
    const struct desk_find_in *in = &ask->c->in.desk_find;
    struct account *out = &ask->c->out.desk_find.account;
    enum desk_role role;
    enum fault fault = desk_need(ask, desk_role_agent, &role);
    if (fault) return fault;
    if (!in->customer) return find_agent(ask, in->id, out);
    fault = store_desk_customer_find(ask->store, arena_printf(ask->arena, ACCOUNT_CUSTOMER_PREFIX "=" SPAN_FMT, SPAN_ARG(in->id)), ask->arena, out);
    return fault == fault_not_found ? ask_refuse(ask, fault, "customer") : fault;
}

/* Only a guest becomes what is claimed. Somebody who can log in is at the desk what a supervisor made them: otherwise trust would outlive its day. */
enum fault desk_believe(struct ask *ask)
{
    const struct desk_believe_in *in = &ask->c->in.desk_believe;
    struct account *out = &ask->c->out.desk_believe.account;
    enum desk_role wanted = in->supervisor ? desk_role_supervisor : desk_role_agent;
    struct desk_agent_view agent = { 0 };
    bool is_new, is_guest;
    enum fault fault = guest_find(ask, in->username, out, &is_new, &is_guest);
    if (fault) return fault;
    if (is_new && span_trim(in->name).n) {
        out->person.name = in->name;
        fault = person_check_name(ask, &out->person.name);
        if (!fault) fault = store_account_set_profile(ask->store, out);
    }
    if (!fault) fault = store_desk_agent(ask->store, out->person.id, ask->arena, &agent);
    if (fault == fault_not_found) fault = fault_none;
    if (fault || agent.role >= wanted) return fault;
    if (!is_guest) return agent.role == desk_role_none ? ask_refuse(ask, fault_forbidden, "role") : fault_none;
    return store_desk_agent_put(ask->store, out->person.id, wanted, agent.capacity);
}

static enum fault list_agents(struct ask *ask, struct desk_mine_out *out)
{
    struct desk_agent_view *agents;
    enum fault fault = store_desk_agent_list(ask->store, 1000, ask->arena, &agents, &out->n_agents);
    if (fault) return fault;
    out->agents = arena_array(ask->arena, struct account_id, out->n_agents + 1);
    for (size_t i = 0; i < out->n_agents; i++) out->agents[i] = agents[i].person.id;
    return fault_none;
}

enum fault desk_mine(struct ask *ask)
{
    struct desk_mine_out *out = &ask->c->out.desk_mine;
    struct actor actor = ask->c->actor;
    struct desk_list_in newest = { .filter = desk_filter_of_customer, .account = actor.account };
    struct desk_view *views;
    size_t n = 0;
    enum fault fault = list_agents(ask, out);
    if (fault || id_none(actor.account)) return fault;
    fault = store_account_asking(ask->store, actor.account, actor.session, ask->now_us, ask->arena, &ask->account);
    if (fault) return fault == fault_not_found ? ask_refuse(ask, fault_unauthenticated, "session") : fault;
    fault = store_desk_list(ask->store, &newest, actor.account, 1, ask->now_us, ask->arena, &views, &n);
    if (!fault && n) out->chat = views[0];
    return fault;
}
