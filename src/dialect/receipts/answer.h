/* How this dialect answers, and who asks. Private to it. */
#pragma once
#include "door/door.h"
#include "wire/unfit.h"

#define COOKIE_RECEIPTS "suhbat_receipts"

void receipts_answer(struct request *r, int status, struct span body);               /* JSON */
void receipts_detail(struct request *r, int status, struct span detail);             /* {"detail":…} */
void receipts_say(struct request *r, const char *name, struct span words);           /* 200 {"message":…} or {"error":…} */
void receipts_fault(struct request *r, const struct command *c);                     /* by the table, in the language of this door */
void receipts_limited(struct request *r, int64_t retry_after_s);
bool receipts_fits(struct request *r, struct unfit *u);                              /* false: answered 422 */

/* Who asks, as proven (C-07); false: answered 401 or 403. Where the door trusts, whoever has no proof comes as nobody, with actor.trusted. */
bool receipts_who(struct request *r, bool may_trust, struct actor *out);
/* Counts against the asker's limit; false: answered 429. */
bool receipts_may(struct request *r, bool changes, struct actor actor);
