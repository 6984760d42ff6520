/* Levels and subscriptions. Runs on a lane. */
#include "chat/ask.h"

enum notify_level notify_effective(struct notify_view room, struct notify_view guild, int64_t n_members, int64_t now_us)
{
    if (room.level && (!room.until_us || room.until_us > now_us)) return room.level;
    if (guild.level && (!guild.until_us || guild.until_us > now_us)) return guild.level;
    return n_members > NOTIFY_LARGE_ROOM ? notify_mentions : notify_all;
}

/* ---- Levels */

static enum fault check_level(struct ask *ask, const struct notify_set_in *in)
{
    if (in->level > notify_none) return ask_refuse(ask, fault_invalid, "level");
    if (in->until_us && (in->level == notify_inherits || in->until_us <= ask->now_us)) return ask_refuse(ask, fault_invalid, "until");
    return fault_none;
}

enum fault notify_set(struct ask *ask)
{
    const struct notify_set_in *in = &ask->c->in.notify_set;
    struct notify_view *view = &ask->c->out.notify_set.view;
    struct place place;
    enum fault fault = ask_place(ask, in->room, verb_room_read, &place);
    if (!fault && place.role == role_none) fault = ask_refuse(ask, fault_forbidden, "membership");
    if (!fault) fault = check_level(ask, in);
    if (fault) return fault;
    *view = (struct notify_view){ in->room, in->level, in->until_us };
    return store_notify_put(ask->store, ask->account.person.id, view);
}

enum fault notify_list(struct ask *ask)
{
    struct notify_list_out *out = &ask->c->out.notify_list;
    return store_notify_list(ask->store, ask->account.person.id, ask->now_us, ask->arena, &out->views, &out->n);
}

/* ---- Browsers that take pushes */

bool url_fits(struct span url, size_t max_bytes)
{
    bool known = span_starts(url, SPAN("https://")) || span_starts(url, SPAN("http://"));
    struct span host = span_make(url.p + (known ? (url.p[4] == 's' ? 8 : 7) : 0), known ? url.n - (url.p[4] == 's' ? 8 : 7) : 0);
    if (!known || url.n > max_bytes || !host.n || *host.p == '/' || *host.p == ':' || *host.p == '?' || *host.p == '#') return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 127 || url.p[i] == '"' || url.p[i] == '\\') return false;
    size_t n_host = 0;
    while (n_host < host.n && host.p[n_host] != '/' && host.p[n_host] != '?') n_host++;
    return !memchr(host.p, '@', n_host);
}

enum fault push_subscribe(struct ask *ask)
{
    const struct push_subscribe_in *in = &ask->c->in.push_subscribe;
    struct push_subscribe_out *out = &ask->c->out.push_subscribe;
    struct push_record record = { .account = ask->account.person.id, .session = ask->c->actor.session, .endpoint = in->endpoint,
                                  .p256dh = in->p256dh, .auth = in->auth, .agent = in->agent };
    if (!url_fits(in->endpoint, PUSH_ENDPOINT_MAX_BYTES)) return ask_refuse(ask, fault_invalid, "endpoint");
    out->view = (struct push_view){ .endpoint = in->endpoint, .agent = in->agent, .session = ask->c->actor.session, .created_us = ask->now_us };
    return store_push_put(ask->store, &record, ask->now_us, &out->view.id, &out->existed);
}

enum fault push_list(struct ask *ask)
{
    struct push_list_out *out = &ask->c->out.push_list;
    return store_push_list(ask->store, ask->account.person.id, ask->arena, &out->views, &out->n);
}

enum fault push_unsubscribe(struct ask *ask)
{
    int64_t id = ask->c->in.push_unsubscribe.id;
    enum fault fault = store_push_delete(ask->store, id, ask->account.person.id);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "subscription");
    return fault ? fault : store_parcel_delete_of(ask->store, parcel_push, id);
}
