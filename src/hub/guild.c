/* Who hears which channels. What happens to members and channels is numbered in the guild, so that whoever hears the guild without a gap also listens to
   the right channels; nothing else says so. Runs on the loop's thread.

   Always: a channel's subscribers on this loop are a subset of those of its guild, but for the moment in which a guild is being left. */
#include "hub/state.h"

void guild_joined(struct listener *l, const struct event *e)
{
    for (size_t i = 0; i < e->n_channels; i++)
        hub_subscribe_channel(l, e->channels[i].id, e->room, e->channels[i].head, e->channels[i].head);
}

static void hear(struct listener *l, struct room_id guild, const struct room_face *channel)
{
    if (l->presenter->follows_membership) hub_subscribe_channel(l, channel->id, guild, channel->head, channel->head);
}

/* Those who are catching up learn of it in their turn. Subscribing to one room moves no audience of another. */
static void hear_all(struct hub_room *guild, const struct room_face *channel)
{
    for (struct audience *a = guild->audiences; a; a = a->next)
        for (uint32_t i = 0; i < a->n; i++) hear(a->subs[i]->listener, guild->id, channel);
}

/* Those who are catching up ask once more, and are told then that the room is no more. */
static void silence(struct hub *hub, struct room_id id)
{
    for (struct hub_room *room; (room = hub_room_find(hub, id)) && room->audiences;) {
        struct listener *l = room->audiences->subs[0]->listener;
        if (l->presenter->of_one_room) listener_end(l);
        else hub_unsubscribe(l, id);
    }
}

void guild_changed(struct hub_room *room, const struct event *e)
{
    if (e->kind == event_channel_removed) silence(room->hub, e->face->id);
    else hear_all(room, e->face);
}

void guild_changed_for(struct subscription *s, const struct event *e)
{
    if (e->kind == event_channel_added) hear(s->listener, s->room->id, e->face);
    if (e->kind == event_channel_removed) hub_unsubscribe(s->listener, e->face->id);
}

static struct subscription *channel_of(const struct listener *l, struct room_id guild)
{
    struct subscription *s = l->subs;
    while (s && !id_eq(s->room->guild, guild)) s = s->next;
    return s;
}

void room_leave(struct listener *l, struct room_id room)
{
    if (l->presenter->of_one_room) {
        listener_end(l);
        return;
    }
    for (struct subscription *s; (s = channel_of(l, room));) hub_unsubscribe(l, s->room->id);
    hub_unsubscribe(l, room);
}

/* The channels of a guild go without a word: the guild's is theirs too. */
void room_end(struct hub *hub, const struct event *e)
{
    struct hub_room *room = hub_room_find(hub, e->room), *next;
    if (room) {
        deliver_passing(room, e);
        silence(hub, e->room);
    }
    HASH_ITER(hh, hub->rooms, room, next)
    {
        if (id_eq(room->guild, e->room)) silence(hub, room->id);
    }
}
