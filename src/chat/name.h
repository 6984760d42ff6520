/* What accounts and rooms may be called. Pure. */
#pragma once
#include "base/arena.h"
#include "base/span.h"

/* 1 to 32 code points, at most 64 bytes, no control or unassigned characters, no '/', no space at either end, not "." nor "..". Spaces inside and
   emoji are fine. folded_out is the form in which look-alikes are equal. */
bool name_fits_account(struct arena *arena, struct span name, struct span *folded_out);
/* 1 to 100 code points, otherwise alike; '/' is fine. */
bool name_fits_room(struct arena *arena, struct span name);
