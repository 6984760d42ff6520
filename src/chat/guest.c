/* Guests: accounts behind names that are claimed and not proven, for a door that its operator told to trust them as its old server did
   (SUHBAT_LEGACY_TRUST). A name that somebody has registered is that account: trust means exactly this. Runs on the writing lane. */
#include "chat/ask.h"
#include "chat/guest.h"
#include "chat/name.h"

#define NO_PASSWORD SPAN("!") /* no password has this hash */

static enum fault make_guest(struct ask *ask, struct span username, struct span folded, struct account *out)
{
    struct account_record record = {
        .username = username, .folded = folded, .password_hash = NO_PASSWORD,
        .created_us = ask->now_us,
    };
    enum fault fault = store_account_insert(ask->store, &record, &out->person.id);
    if (fault) return fault;
    out->person.username = record.username, out->created_us = record.created_us;
    return store_member_insert(ask->store, CHAT_LOBBY, out->person.id, role_member, ask->now_us);
}

enum fault guest_find(struct ask *ask, struct span name, struct account *out, bool *is_new_out, bool *is_guest_out)
{
    struct span folded, hash = { 0 };
    *is_new_out = false;
    if (!name_fits_account(ask->arena, name, &folded) || span_starts(folded, SPAN(ACCOUNT_CUSTOMER_PREFIX))) return ask_refuse(ask, fault_invalid, "username");
    enum fault fault = store_account_by_folded(ask->store, folded, ask->arena, out, &hash);
    *is_guest_out = fault || span_eq(hash, NO_PASSWORD);
    if (fault != fault_not_found) return fault;
    if (ask->chat->rules->registration == registration_closed) return ask_refuse(ask, fault_forbidden, "registration");
    *is_new_out = true;
    return make_guest(ask, name, folded, out);
}

enum fault account_guest(struct ask *ask)
{
    bool is_new, is_guest;
    return guest_find(ask, ask->c->in.account_guest.username, &ask->c->out.account_guest.account, &is_new, &is_guest);
}
