/* Rules for names. The folded form decides about the ends, so that exotic spaces count as spaces. Any thread; owns nothing. */
#include "chat/name.h"
#include "base/utf8.h"
#include "chat/room.h"

enum { account_max_points = 32 };

static bool fits(struct arena *arena, struct span name, size_t max_points, struct span *folded_out)
{
    if (!name.n || name.n > 4 * max_points || !utf8_valid(name) || utf8_count(name) > max_points || utf8_has_unprintable(name)) return false;
    *folded_out = utf8_fold(arena, name);
    return folded_out->n && folded_out->p[0] != ' ' && folded_out->p[folded_out->n - 1] != ' ';
}

bool name_fits_account(struct arena *arena, struct span name, struct span *folded_out)
{
    if (name.n > ACCOUNT_NAME_MAX_BYTES || !fits(arena, name, account_max_points, folded_out)) return false;
    return !memchr(folded_out->p, '/', folded_out->n) && !span_eq(*folded_out, SPAN(".")) && !span_eq(*folded_out, SPAN(".."));
}

bool name_fits_room(struct arena *arena, struct span name)
{
    struct span folded;
    return fits(arena, name, ROOM_NAME_MAX_POINTS, &folded);
}
