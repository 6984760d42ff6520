/* Opening a session for an account that has just proven itself. Implemented in session.c. */
#pragma once
#include "chat/ask.h"

/* out->account is given; fills in the session and its refresh token. */
must_use enum fault grant_open(struct ask *ask, struct span agent, struct span address, struct grant *out);
