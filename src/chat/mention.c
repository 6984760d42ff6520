/* Who is called by a text. Runs on a lane, while the message is being decided; texts without '@' never come here.

   A name may hold spaces, dots and letters of any script, so the text alone cannot tell where it ends. Each '@' yields a few candidates, cut at the
   ends of words, and one statement finds which of them are members; the longest one counts. @everyone and @here call all: in rooms of at most
   free_members members for everybody, in larger ones and in channels for those whom the policy allows. Who may not is not refused: it is only text. */
#include "chat/mention.h"
#include "base/utf8.h"
#include "chat/policy.h"
#include <stdio.h>

enum { free_members = 50 };

/* ---- Where a name may stand */

static bool is_ascii_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* Punctuation beyond ASCII that ends a word: guillemets, dashes, quotes, ellipsis, wide punctuation. */
static bool is_wide_stop(const unsigned char *p, size_t n)
{
    if (n >= 2 && p[0] == 0xC2) return p[1] <= 0xBF;
    if (n >= 3 && p[0] == 0xE2) return p[1] == 0x80 || p[1] == 0x81;
    return n >= 3 && p[0] == 0xE3 && p[1] == 0x80;
}

static bool ends_word(struct span text, size_t i)
{
    const unsigned char *p = (const unsigned char *)text.p + i;
    if (i >= text.n) return true;
    if (*p < 0x80) return !is_ascii_word(*p);
    return is_wide_stop(p, text.n - i);
}

static bool is_inside_word(struct span text, size_t at)
{
    unsigned char before = at ? (unsigned char)text.p[at - 1] : ' ';
    return before >= 0x80 ? at >= 2 && !is_wide_stop((const unsigned char *)text.p + at - 2, 2) &&
                                (at < 3 || !is_wide_stop((const unsigned char *)text.p + at - 3, 3))
                          : is_ascii_word(before);
}

static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

/* The ends of words after an '@', nearest first: where they are, at most max of them. */
static size_t name_ends(struct span text, size_t from, size_t max, size_t ends[])
{
    size_t n = 0;
    for (size_t i = from + 1; n < max && i <= text.n && i - from <= ACCOUNT_NAME_MAX_BYTES; i++) {
        bool inside = i < text.n && ((unsigned char)text.p[i] & 0xC0) == 0x80;
        if (i < text.n && (text.p[i] == '\n' || text.p[i] == '@')) {
            if (!is_space(text.p[i - 1])) ends[n++] = i;
            break;
        }
        if (!inside && ends_word(text, i) && !is_space(text.p[i - 1])) ends[n++] = i;
    }
    return n;
}

size_t mention_candidates(struct span text, struct mention_candidate out[MENTION_SIGNS_MAX * MENTION_CANDIDATES_MAX])
{
    size_t n = 0, sign = 0;
    const char *at = text.n ? memchr(text.p, '@', text.n) : NULL;
    for (; at && sign < MENTION_SIGNS_MAX; at = memchr(at + 1, '@', (size_t)(text.p + text.n - at - 1))) {
        size_t from = (size_t)(at - text.p) + 1, ends[MENTION_CANDIDATES_MAX];
        if (from >= text.n || is_space(text.p[from]) || is_inside_word(text, from - 1)) continue;
        size_t n_ends = name_ends(text, from, MENTION_CANDIDATES_MAX, ends);
        while (n_ends) out[n++] = (struct mention_candidate){ span_make(text.p + from, ends[--n_ends] - from), sign };
        sign++;
    }
    return n;
}

/* ---- Who is called */

struct calling {
    struct mention_candidate candidates[MENTION_SIGNS_MAX * MENTION_CANDIDATES_MAX];
    struct account_id named[MENTION_SIGNS_MAX * MENTION_CANDIDATES_MAX]; /* none: nobody is called so */
    struct account_id called[MESSAGE_MENTIONS_MAX];
    size_t n_candidates, n_called;
    bool everyone;
};

static bool is_for_all(struct span name)
{
    return span_eq_nocase(name, SPAN("everyone")) || span_eq_nocase(name, SPAN("here"));
}

static enum fault look_up(struct ask *ask, struct room_id room, struct calling *c)
{
    struct span folded[MENTION_SIGNS_MAX * MENTION_CANDIDATES_MAX];
    for (size_t i = 0; i < c->n_candidates; i++) {
        folded[i] = utf8_fold(ask->arena, c->candidates[i].name);
        if (folded[i].n && memchr(folded[i].p, 0, folded[i].n)) folded[i] = SPAN("");
    }
    return store_mention_named(ask->store, room, folded, c->n_candidates, c->named);
}

static void call(struct calling *c, struct account_id who)
{
    for (size_t i = 0; i < c->n_called; i++)
        if (id_eq(c->called[i], who)) return;
    if (c->n_called < MESSAGE_MENTIONS_MAX) c->called[c->n_called++] = who;
}

/* The longest candidate of each sign that is somebody. */
static void choose(struct calling *c)
{
    for (size_t i = 0, done = SIZE_MAX; i < c->n_candidates; i++) {
        if (c->candidates[i].sign == done) continue;
        if (!id_none(c->named[i])) call(c, c->named[i]);
        else if (is_for_all(c->candidates[i].name)) c->everyone = true;
        else continue;
        done = c->candidates[i].sign;
    }
}

/* The facts of a post do not count members: only who calls everyone pays for that. */
static enum fault check_everyone(struct ask *ask, const struct place *place, struct calling *c)
{
    struct place whole;
    const char *detail;
    if (!c->everyone) return fault_none;
    enum fault fault = store_room_place(ask->store, place->room, ask->account.person.id, &whole);
    if (!fault) c->everyone = policy_check(verb_mention_all, &whole, false, whole.kind != room_channel && whole.n_members <= free_members, &detail) == fault_none;
    return fault;
}

static struct span written(struct arena *arena, const struct calling *c)
{
    char *out = arena_alloc(arena, 20 * (c->n_called + 1));
    size_t n = 0;
    if (c->everyone) out[n++] = '0';
    for (size_t i = 0; i < c->n_called; i++) n += (size_t)snprintf(out + n, 21, n ? ",%lld" : "%lld", (long long)c->called[i].v);
    return span_make(out, n);
}

enum fault mention_find(struct ask *ask, const struct place *place, struct span text, struct span *mentions_out)
{
    *mentions_out = (struct span){ 0 };
    if (!text.n || !memchr(text.p, '@', text.n)) return fault_none;
    struct calling *c = arena_new(ask->arena, struct calling);
    c->n_candidates = mention_candidates(text, c->candidates);
    if (!c->n_candidates) return fault_none;
    enum fault fault = look_up(ask, place->room, c);
    if (fault) return fault;
    choose(c);
    fault = check_everyone(ask, place, c);
    if (!fault && (c->everyone || c->n_called)) *mentions_out = written(ask->arena, c);
    return fault;
}

/* ---- Keeping */

bool mention_calls_everyone(const struct message *m)
{
    return m->mentions.n && m->mentions.p[0] == '0';
}

bool mention_calls(const struct message *m, struct account_id account)
{
    struct span rest = m->mentions;
    while (rest.n) {
        int64_t id = 0;
        if (span_to_i64(span_cut(rest, ',', &rest), &id) && (id == 0 || id == account.v)) return true;
    }
    return false;
}

/* Whom the rows are for: when everyone is called, one row says so. */
static size_t rows_of(const struct message *m, struct account_id out[MESSAGE_MENTIONS_MAX])
{
    size_t n = 0;
    struct span rest = m->mentions;
    out[0] = (struct account_id){ 0 };
    if (mention_calls_everyone(m)) return 1;
    while (rest.n && n < MESSAGE_MENTIONS_MAX)
        if (span_to_i64(span_cut(rest, ',', &rest), &out[n].v)) n++;
    return n;
}

enum fault mention_keep(struct store *store, const struct message *m)
{
    struct account_id accounts[MESSAGE_MENTIONS_MAX];
    return m->mentions.n ? store_mention_put(store, m, accounts, rows_of(m, accounts)) : fault_none;
}

enum fault mention_forget(struct store *store, const struct message *m)
{
    struct account_id accounts[MESSAGE_MENTIONS_MAX];
    return m->mentions.n ? store_mention_remove(store, m, accounts, rows_of(m, accounts)) : fault_none;
}
