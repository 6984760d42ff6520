/* Passwords: bcrypt through the system's crypt library; hashes of imported accounts may also be Django's PBKDF2. Slow by design (a quarter of a second at cost 12): only for the password pool. */
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
/* False also for hashes that cannot be worked on (password_hash_fits). Compares in constant time. */
bool password_matches(struct span password, struct span hash);
/* The same for a log-in: where there is nothing to work on (no such account) it takes as long as a wrong password does at this cost. */
bool password_proves(struct span password, struct span hash, int cost);
/* Is it a hash of a kind that can be worked on here: bcrypt ($2a$, $2b$, $2y$), or pbkdf2_sha256 as Django writes it (at most 4,000,000 rounds)? */
bool password_hash_fits(struct span hash);
/* Should the hash be made anew at the next log-in: it is no bcrypt, or a cheaper one? */
bool password_wants_upgrade(struct span hash, int cost);
