/* Mail: one plain text message to one address, put into the outbox. */
#pragma once
#include "chat/ask.h"

#define MAIL_SUBJECT_MAX_BYTES 200
#define MAIL_TEXT_MAX_BYTES 16384

/* Is there a mail server in the settings? Without one nothing can be sent, and the administrator hands links over. */
bool mail_is_set(const struct ask *ask);
/* to: one address, of printable ASCII (IDN already as A-labels) without spaces, controls or any of <>,; and at most 254 bytes: otherwise invalid.
   subject and text: UTF-8; lines of the text end with \n. Sent once the transaction has been committed. unavailable: no mail server is set. */
must_use enum fault mail_put(struct ask *ask, struct span to, struct span subject, struct span text);
