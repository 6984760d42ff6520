/* The table of authority (policy.def) and the one function that reads it. Any thread; owns nothing.
   Always: what a stranger asks is answered as if the room did not exist. */
#include "chat/policy.h"

enum verdict { verdict_hide, verdict_no, verdict_own, verdict_yes };
enum seat { seat_stranger, seat_visitor, seat_member, seat_moderator, seat_admin, seat_owner, seat_site, seat_count };

enum {
    B = 1, L = 1 << room_lobby, G = 1 << room_group, D = 1 << room_direct, U = 1 << room_guild, C = 1 << room_channel, K = 1 << room_desk,
    GU = G | U, LGU = L | GU, LGC = L | G | C, LGUD = LGU | D, LGUC = LGU | C, LGDC = L | G | D | C, LGDUC = LGDC | U, UC = U | C,
    LGDCK = LGDC | K, LGDBCK = LGDC | B | K, LGDBUCK = LGDUC | B | K,
    LGUDB = LGUD | B, LGDBC = LGDC | B,
};

enum { maker = 1, trust = 2 }; /* who else may, without a seat */

struct row {
    const char *name;
    int kinds, also;
    enum verdict verdicts[seat_count];
};

static const struct row table[verb_count] = {
#define VERB(name_, kinds_, stranger, visitor, member, moderator, admin, owner, site, ...)                              \
    [verb_##name_] = { .name = #name_, .kinds = kinds_, .also = 0 __VA_ARGS__,                                          \
                       .verdicts = { verdict_##stranger, verdict_##visitor, verdict_##member, verdict_##moderator,      \
                                     verdict_##admin, verdict_##owner, verdict_##site } },
#include "chat/policy.def"
#undef VERB
};

static enum seat seat_of(const struct place *place)
{
    switch (place->role) {
    case role_owner: return seat_owner;
    case role_admin: return seat_admin;
    case role_moderator: return seat_moderator;
    case role_member: return seat_member;
    case role_none: break;
    }
    return place->public ? seat_visitor : seat_stranger;
}

static enum verdict verdict_of(const struct row *row, const struct place *place, bool site_admin)
{
    enum verdict plain = row->verdicts[seat_of(place)];
    if ((place->maker && place->role == role_none && row->also & maker) || (place->trusted && row->also & trust)) return verdict_yes;
    bool raised = site_admin && place->public && row->verdicts[seat_site] > plain;
    return raised ? row->verdicts[seat_site] : plain;
}

static enum fault forbid(const char *why, const char **detail_out)
{
    *detail_out = why;
    return fault_forbidden;
}

enum fault policy_check(enum verb verb, const struct place *place, bool site_admin, bool own, const char **detail_out)
{
    const struct row *row = &table[verb];
    enum verdict verdict = verdict_of(row, place, site_admin);
    if (verdict == verdict_hide) {
        *detail_out = "room";
        return fault_not_found;
    }
    if (place->blocked && !(row->kinds & B)) return forbid("blocked", detail_out);
    if (!(row->kinds & 1 << place->kind)) return forbid("room", detail_out);
    if (verdict == verdict_yes || (verdict == verdict_own && own)) return fault_none;
    if (place->role == role_none) return forbid("membership", detail_out);
    return forbid(verdict == verdict_own ? "author" : "role", detail_out);
}

const char *verb_name(enum verb verb)
{
    return table[verb].name;
}
