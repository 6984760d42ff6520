/* Bots. A bot is an account with an owner and no password. Its token names the account and its one session and is signed by the house like every access
   token, so a request of a bot costs no look-up of its own; a new token is a new session, and the one before ends with its sockets. Nothing of a
   token is stored. Verbs run on a lane. */
#include "chat/ask.h"
#include "chat/letter.h"
#include "chat/name.h"
#include "chat/profile.h"

#define FOR_EVER_US (INT64_C(100) * 365 * 86400 * 1000000)

static enum fault open_session(struct ask *ask, struct account_id bot, struct session_id *out)
{
    struct session_record record = {
        .account = bot, .agent = SPAN("bot"), .family_hash = SPAN("!"), .refresh_hash = SPAN("!"), /* no refresh token has these hashes */
        .created_us = ask->now_us, .used_us = ask->now_us, .rotated_us = ask->now_us, .expires_us = ask->now_us + FOR_EVER_US,
    };
    return store_session_insert(ask->store, &record, out);
}

static enum fault check_wish(struct ask *ask, struct bot_create_in *in, struct span *folded_out)
{
    struct person *bots;
    size_t n;
    if (ask->account.person.bot) return ask_refuse(ask, fault_forbidden, "bot");
    enum fault fault = account_check_name(ask, in->username, folded_out);
    if (!fault) fault = person_check_name(ask, &in->name);
    if (!fault) fault = store_account_bots(ask->store, ask->account.person.id, ask->arena, &bots, &n);
    return fault || n < BOTS_PER_OWNER_MAX ? fault : ask_refuse(ask, fault_limited, "bots");
}

enum fault bot_create(struct ask *ask)
{
    struct bot_create_in *in = &ask->c->in.bot_create;
    struct bot_create_out *out = &ask->c->out.bot_create;
    struct span folded;
    enum fault fault = check_wish(ask, in, &folded);
    if (fault) return fault;
    struct account_record record = {
        .username = in->username, .folded = folded, .name = in->name, .password_hash = SPAN("!"), .owner = ask->account.person.id,
        .created_us = ask->now_us,
    };
    out->account = (struct account){ .person = { .username = in->username, .name = in->name, .bot = true }, .created_us = ask->now_us };
    fault = store_account_insert(ask->store, &record, &out->account.person.id);
    if (fault == fault_conflict) return ask_refuse(ask, fault, "username");
    if (!fault) fault = store_member_insert(ask->store, CHAT_LOBBY, out->account.person.id, role_member, ask->now_us);
    return fault ? fault : open_session(ask, out->account.person.id, &out->session);
}

enum fault bot_list(struct ask *ask)
{
    struct bot_list_out *out = &ask->c->out.bot_list;
    return store_account_bots(ask->store, ask->account.person.id, ask->arena, &out->bots, &out->n);
}

enum fault bot_rotate(struct ask *ask)
{
    struct account_id bot = ask->c->in.bot_rotate.bot;
    struct bot_rotate_out *out = &ask->c->out.bot_rotate;
    size_t n_ended;
    bool is_own;
    enum fault fault = store_account_is_bot_of(ask->store, bot, ask->account.person.id, &is_own);
    if (!fault && !is_own) return ask_refuse(ask, fault_not_found, "bot");
    if (!fault) fault = store_account_by_id(ask->store, bot, ask->arena, &out->account);
    if (fault == fault_not_found) return ask_refuse(ask, fault_gone, "bot");
    if (!fault) fault = ask_end_sessions(ask, bot, (struct session_id){ 0 }, &n_ended);
    return fault ? fault : open_session(ask, bot, &out->session);
}
