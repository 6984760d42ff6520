/* Passwords: bcrypt through the system's crypt library. Slow by design (a quarter of a second at cost 12): only for the password pool. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/span.h"

#define PASSWORD_MIN_POINTS 6
#define PASSWORD_COST_MAX 15 /* a stored hash that asks for more is not worked on: it could come from an import */

/* Fit to be set: valid UTF-8 without NUL, 6 code points to 72 bytes. invalid or too_large. */
must_use enum fault password_check(struct span password);
/* "$2b$…", 60 bytes, in the arena. internal: the library refused (cost outside 4 to 15). */
must_use enum fault password_hash(struct arena *arena, struct span password, int cost, struct span *out);
/* False also for hashes that are not bcrypt or too costly. Compares in constant time. */
bool password_matches(struct span password, struct span hash);
/* The same for a log-in: where there is nothing to work on (no such account) it takes as long as a wrong password does at this cost. */
bool password_proves(struct span password, struct span hash, int cost);
