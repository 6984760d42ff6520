/* Coming, going and rank, as several verbs need them. Implemented in member.c. */
#pragma once
#include "chat/ask.h"

/* The end of a room and of its channels. */
must_use enum fault room_take_away(struct ask *ask, const struct room_face *face);
/* At most ROOM_TOPIC_MAX_POINTS, UTF-8 without NUL; empty is fine. */
bool room_topic_fits(struct span topic);

/* Takes a seat for somebody who has none, within the ceilings of guilds, and tells it. too_large with detail "members" or "guilds". */
must_use enum fault member_enter(struct ask *ask, const struct place *place, struct person who, enum member_role role);
/* Takes the seat away. An owner's room goes to the heir; a guild that nobody is left in is deleted. */
must_use enum fault member_depart(struct ask *ask, const struct place *place, struct person who, enum member_role role);
/* May the asker do this to a member of that role? verb: what is needed towards a plain member. The owner is out of reach: forbidden, "role". */
must_use enum fault member_may_touch(struct ask *ask, const struct place *place, enum verb verb, enum member_role role);
must_use enum fault member_tell_changed(struct ask *ask, struct room_id room, struct person who, enum member_role role, int64_t muted_until_us);
