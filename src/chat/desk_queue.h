/* The support desk from within the core: the machine of the queue, who may look, and telling it. Private to this room. */
#pragma once
#include "chat/ask.h"

/* Where a step leads. refusal NULL: to `to` (the same state: it is so already, nothing happens); otherwise the detail of a conflict. */
struct desk_arrow { enum desk_state to; const char *refusal; };
/* own: the agent who is to have the chat has it already. desk_queue.c */
struct desk_arrow desk_arrow_of(enum desk_state from, enum desk_step step, bool own);

/* The asker's desk role. desk_agent.c */
must_use enum fault desk_role_of(struct ask *ask, enum desk_role *out);
/* forbidden, "role": the asker is less than that. */
must_use enum fault desk_need(struct ask *ask, enum desk_role least, enum desk_role *out);
/* Tells the account's devices what it is at the desk now. */
must_use enum fault desk_tell_role(struct ask *ask, struct account_id account, struct desk_agent_view *out);
/* May somebody with that role look at the chat, without being in it? */
bool desk_shows(enum desk_role role, const struct desk_place *chat, struct account_id who);
/* The asker is no member of this support chat: makes them a visitor when they may look. */
must_use enum fault desk_look(struct ask *ask, struct place *place);
/* The same for whoever asks about a chat: not_found, "room". */
must_use enum fault desk_chat_of(struct ask *ask, struct room_id room, struct place *place_out, struct desk_view *out);

/* What was said, for those who may know of the chat but not read it. */
void desk_hide_words(struct desk_view *view);
/* The step is told in the room's sequence and to the addresses, in the order of desk_tell.c. view: as it is now. former: who had it before. */
must_use enum fault desk_tell_step(struct ask *ask, enum desk_step step, struct desk_view *view, struct person former);
must_use enum fault desk_tell(struct ask *ask, struct event *e, struct room_id address); /* a passing event to one address */

/* Somebody wrote in a support chat. desk_talk.c */
must_use enum fault desk_posted(struct ask *ask, const struct message *m);
