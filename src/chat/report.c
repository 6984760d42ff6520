/* Reports: somebody shows a message to the administrators of the house; and the audit log of what those did. Runs on a lane.
   A report keeps what the message said, so that an edit does not take the evidence away. */
#include "base/utf8.h"
#include "chat/ask.h"

enum { note_max_points = 1000 };

static bool fits(struct span s, size_t max_points)
{
    return utf8_valid(s) && utf8_count(s) <= max_points && !(s.n && memchr(s.p, 0, s.n));
}

enum fault report_create(struct ask *ask)
{
    const struct report_create_in *in = &ask->c->in.report_create;
    struct message message;
    struct place place;
    if (!fits(in->reason, REPORT_REASON_MAX_POINTS)) return ask_refuse(ask, fault_invalid, "reason");
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (fault) return fault;
    fault = store_message_by_id(ask->store, in->room, in->message, ask->arena, &message, NULL);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "message");
    if (fault) return fault;
    if (message.deleted_us) return ask_refuse(ask, fault_gone, "message");
    fault = store_report_insert(ask->store, ask->account.person.id, &message, in->reason, ask->now_us, &ask->c->out.report_create.id);
    return fault == fault_conflict ? ask_refuse(ask, fault, "report") : fault;
}

enum fault report_list(struct ask *ask)
{
    const struct report_list_in *in = &ask->c->in.report_list;
    struct report_list_out *out = &ask->c->out.report_list;
    int64_t below = in->after ? in->after : INT64_MAX;
    if (in->limit < 1 || in->limit > ADMIN_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    enum fault fault = store_report_list(ask->store, in->state, below, in->limit + 1, ask->arena, &out->reports, &out->n);
    out->more = !fault && out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}

enum fault report_settle(struct ask *ask)
{
    const struct report_settle_in *in = &ask->c->in.report_settle;
    struct report_view *out = &ask->c->out.report_settle.report;
    if (in->state != report_open && in->state != report_closed) return ask_refuse(ask, fault_invalid, "state");
    if (!fits(in->note, note_max_points)) return ask_refuse(ask, fault_invalid, "note");
    enum fault fault = store_report_settle(ask->store, in->id, in->state, in->note, ask->account.person.id, ask->now_us);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "report");
    if (!fault) fault = store_report_view(ask->store, in->id, ask->arena, out);
    struct span detail = arena_printf(ask->arena, "%lld", (long long)in->id);
    return fault ? fault : ask_audit(ask, in->state == report_open ? "report_open" : "report_close", out->subject.id, out->room, detail);
}

enum fault audit_list(struct ask *ask)
{
    const struct audit_list_in *in = &ask->c->in.audit_list;
    struct audit_list_out *out = &ask->c->out.audit_list;
    int64_t below = in->after ? in->after : INT64_MAX;
    if (in->limit < 1 || in->limit > ADMIN_PAGE_MAX) return ask_refuse(ask, fault_invalid, "limit");
    enum fault fault = store_audit_list(ask->store, below, in->limit + 1, ask->arena, &out->entries, &out->n);
    out->more = !fault && out->n > in->limit;
    if (out->more) out->n = in->limit;
    return fault;
}
