/* Accounts of the old system become accounts here. Their hashes come along as they are; the first log-in makes them anew (chat/session.c).

   A name that somebody has here already is another person unless the operator says otherwise (same_people): then a number is added. One thread. */
#include "import/private.h"
#include "import/text.h"
#include "chat/chat.h"
#include "chat/email.h"
#include "chat/password.h"
#include "base/utf8.h"

enum { names_max = 1000000 };

/* What a record becomes. */
struct newcomer {
    struct span username, folded, email, email_folded;
    struct account_id same; /* somebody who is here and is the same person; none: nobody */
};

static enum fault look_up(struct import *x, struct span folded, struct span email_folded, struct account_id *name_out, struct account_id *email_out)
{
    enum fault fault = store_import_taken(x->store, folded, email_folded, name_out, email_out);
    if (fault || !import_is_dry(x)) return fault;
    if (id_none(*name_out) && table_find(&x->names, folded)) name_out->v = -1;
    if (id_none(*email_out) && email_folded.n && table_find(&x->names, email_folded)) email_out->v = -1;
    return fault_none;
}

/* Is the holder of a name or an address the same person: somebody who was here before, and no bot? */
static enum fault find_same(struct import *x, struct arena *arena, struct account_id holder, bool may_be, struct account_id *out)
{
    struct account account;
    if (!may_be || holder.v <= 0) return fault_none;
    enum fault fault = store_account_by_id(x->store, holder, arena, &account);
    if (!fault && !account.person.bot) *out = holder;
    return fault == fault_not_found ? fault_none : fault;
}

/* An address has one owner: whoever is here keeps it. */
static enum fault choose_email(struct import *x, struct arena *arena, const struct old_record *r, struct newcomer *out)
{
    struct account_id ignored, holder = { 0 };
    struct span wish = span_trim(r->person.email);
    if (!wish.n) return fault_none;
    if (!email_parse(arena, wish, &out->email, &out->email_folded)) {
        report_change(&x->report, old_person, r->shown, "its address is none that letters can be sent to: left out");
        out->email = out->email_folded = SPAN("");
        return fault_none;
    }
    enum fault fault = look_up(x, SPAN(""), out->email_folded, &ignored, &holder);
    if (fault || id_none(holder)) return fault;
    fault = find_same(x, arena, holder, x->wish->same_people, &out->same);
    if (fault || !id_none(out->same)) return fault;
    report_change(&x->report, old_person, r->shown, "somebody else has its address: left out, so it cannot log in by it");
    out->email = out->email_folded = SPAN("");
    return fault_none;
}

static enum fault choose_name(struct import *x, struct arena *arena, const struct old_record *r, struct newcomer *out)
{
    struct account_id holder, ignored;
    struct span first = text_user_name(arena, r->person.username, &out->folded);
    if (!first.n) first = text_user_name(arena, r->person.email, &out->folded);
    if (!first.n) first = text_user_name(arena, SPAN("user"), &out->folded);
    out->username = first;
    for (int i = 2; i < names_max; i++) {
        enum fault fault = look_up(x, out->folded, SPAN(""), &holder, &ignored);
        if (fault || id_none(holder)) return fault;
        if (i == 2) fault = find_same(x, arena, holder, x->wish->same_people || r->person.kind == old_agent, &out->same);
        if (fault || !id_none(out->same)) return fault;
        out->username = text_user_name_n(arena, first, i, &out->folded);
    }
    return fault_internal;
}

static void tell_name(struct import *x, const struct old_record *r, const struct newcomer *who)
{
    if (r->person.kind == old_agent) report_note(&x->report, "agent " SPAN_FMT " is new here and needs a password before logging in", SPAN_ARG(who->username));
    if (span_eq(who->username, r->person.username)) return;
    report_change(&x->report, old_person, r->shown, "is called \"" SPAN_FMT "\" here: its own name is taken or cannot be used", SPAN_ARG(who->username));
}

static struct span hash_for(struct import *x, const struct old_record *r)
{
    bool wants_one = r->person.kind == old_account;
    if (r->person.hash.n && password_hash_fits(r->person.hash)) return r->person.hash;
    if (wants_one) report_change(&x->report, old_person, r->shown, "its password is kept in a way that is not known here: it needs a new one");
    return SPAN("!");
}

static struct span display_name(struct import *x, const struct old_record *r)
{
    struct span name = span_trim(r->person.name), first = text_first(name, 64);
    if (!name.n || first.n > PERSON_NAME_MAX_BYTES) return SPAN("");
    if (first.n < name.n) report_change(&x->report, old_person, r->shown, "its display name is longer than 64 characters: the rest is left out");
    return first;
}

static enum fault insert(struct import *x, const struct old_record *r, const struct newcomer *who, struct span hash, struct span name, struct account_id *out)
{
    const struct old_person *p = &r->person;
    struct account_record record = { .username = who->username, .folded = who->folded, .password_hash = hash, .email = who->email, .name = name,
                                     .email_folded = who->email_folded, .site_admin = p->was_superuser && x->wish->keeps_admins && !p->is_closed,
                                     .created_us = import_time(x, p->created_us) };
    enum fault fault = store_account_insert(x->store, &record, out);
    if (!fault) fault = store_member_insert(x->store, CHAT_LOBBY, *out, role_member, x->now_us);
    if (!fault && p->is_closed) fault = store_account_set_closed(x->store, *out, x->now_us);
    if (!fault && p->kind == old_agent) fault = store_desk_agent_put(x->store, *out, desk_role_agent, 0);
    return fault;
}

static void take_names(struct import *x, const struct newcomer *who)
{
    table_put(&x->names, who->folded, 1);
    if (who->email_folded.n) table_put(&x->names, who->email_folded, 1);
}

/* Customers are known by the id that the shop uses for them: whoever has it here already is the same. */
static enum fault make_customer(struct import *x, struct arena *arena, const struct old_record *r, struct account_id *out)
{
    struct span id = r->person.username, username = arena_printf(arena, "~=" SPAN_FMT, SPAN_ARG(id)), name = display_name(x, r);
    struct account account;
    out->v = 0;
    if (id.n > DESK_ID_MAX_BYTES || utf8_has_unprintable(id)) {
        report_skip(&x->report, old_person, r->shown, "an id of a customer has at most 200 bytes and only characters that can be printed");
        return fault_none;
    }
    enum fault fault = store_desk_customer_find(x->store, username, arena, &account);
    if (!fault) *out = account.person.id;
    if (fault != fault_not_found) return fault;
    if (import_is_dry(x)) return out->v = --x->made_up, fault_none;
    return store_desk_customer_insert(x->store, username, name.n ? name : SPAN(DESK_CUSTOMER_NAME), import_time(x, r->person.created_us), out);
}

static enum fault make(struct import *x, struct arena *arena, const struct old_record *r, struct account_id *out)
{
    struct newcomer who = { 0 };
    if (r->person.kind == old_customer) return make_customer(x, arena, r, out);
    enum fault fault = choose_email(x, arena, r, &who);
    if (!fault && id_none(who.same)) fault = choose_name(x, arena, r, &who);
    if (fault) return fault;
    if (!id_none(who.same)) {
        report_change(&x->report, old_person, r->shown, "is taken for the account that is here: name, password and rights are those of here");
        *out = who.same;
        return fault_none;
    }
    tell_name(x, r, &who);
    struct span hash = hash_for(x, r), name = display_name(x, r);
    if (r->person.was_superuser && !x->wish->keeps_admins) report_note(&x->report, "account " SPAN_FMT " ruled the old system; it is an ordinary one here", SPAN_ARG(r->shown));
    if (!import_is_dry(x)) return insert(x, r, &who, hash, name, out);
    take_names(x, &who);
    out->v = --x->made_up;
    return fault_none;
}

static enum fault write_portion(struct import *x, struct portion *p)
{
    struct tally *t = &x->report.tallies[old_person];
    struct span ids[portion_max];
    int64_t new_ids[portion_max], parts[portion_max];
    size_t n = 0;
    enum fault fault = import_begin(x);
    if (fault) return fault;
    for (size_t i = 0; i < p->n && !fault; i++) {
        const struct old_record *r = &p->records[i];
        struct account_id id = { p->known[i] };
        if (r->repaired && id_none(id)) report_change(&x->report, old_person, r->shown, "%s", r->repaired);
        t->n_there += !id_none(id);
        if (id_none(id)) {
            fault = make(x, p->arena, r, &id);
            if (!id_none(id)) ids[n] = p->ids[i], new_ids[n] = id.v, parts[n++] = 1;
        }
        if (!fault && !id_none(id)) table_put(&x->people, r->key, id.v)->is_agent = r->person.kind == old_agent;
    }
    if (!fault && !import_is_dry(x)) fault = store_import_put(x->store, x->source, import_person, ids, new_ids, parts, n);
    fault = import_end(x, fault);
    if (!fault) t->n_new += (int64_t)n;
    return fault;
}

enum fault import_people(struct import *x)
{
    struct portion p;
    enum fault fault = fault_none;
    do {
        fault = portion_read(x, old_person, import_person, &p);
        if (!fault) fault = write_portion(x, &p);
        portion_drop(&p);
    } while (!fault && p.more);
    return fault;
}
