/* Mentions: who is called by a text. Kept with the message as a list of account ids, "7,9", with a 0 in front when everyone is called. */
#pragma once
#include "chat/ask.h"

/* Finds who is called in a text, among the members of the room. Empty: nobody. In the ask's arena. Only the store's own faults. */
must_use enum fault mention_find(struct ask *ask, const struct place *place, struct span text, struct span *mentions_out);
/* Keeps, or forgets, what m->mentions says; nothing when it is empty. The message itself is written by the caller. */
must_use enum fault mention_keep(struct store *store, const struct message *m);
must_use enum fault mention_forget(struct store *store, const struct message *m);
/* Is the account, or everyone, called? */
bool mention_calls(const struct message *m, struct account_id account);
bool mention_calls_everyone(const struct message *m);

/* Pure: where a text may call somebody. Candidates are what may be a name after an '@' that does not stand inside a word, the longest first for each
   sign: names may hold spaces, so the members decide which of them is meant. sign tells which '@' it belongs to. */
#define MENTION_CANDIDATES_MAX 6 /* of one sign */
#define MENTION_SIGNS_MAX 64     /* looked at in one text */
struct mention_candidate { struct span name; size_t sign; };
size_t mention_candidates(struct span text, struct mention_candidate out[MENTION_SIGNS_MAX * MENTION_CANDIDATES_MAX]);
