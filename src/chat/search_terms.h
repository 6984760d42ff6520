/* Terms: what a message is filed under in the index, and what a question asks for. A term is a short run of bytes without spaces and quotes:
   three letters in a row of a folded word, the first one or two letters of a word, or a mark for room, author, month, and what it has. Pure. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
#include "chat/search.h"

/* What is filed: a message as the index sees it. */
struct search_entry {
    struct message_id id;
    struct room_id room;
    struct account_id author;
    int64_t at_us;
    struct span text, files; /* files: the names, a line each */
    bool has_picture;
};

#define SEARCH_TERMS_MAX_BYTES (1u << 18)

/* All terms of an entry, each once or more, separated by spaces. */
void search_terms(struct buf *out, struct arena *arena, const struct search_entry *entry);

/* A question, taken apart. */
struct search_query {
    struct span *words; /* folded; a phrase has spaces in it */
    size_t n_words;
};
/* Faults: invalid (not UTF-8), too_large. A question without words has n_words 0. */
must_use enum fault search_query_parse(struct arena *arena, struct span query, struct search_query *out);
/* Does a folded text fit? The index only says that it may. Phrases and words of one or two letters are found at the beginning of a word,
   others anywhere inside of one. */
bool search_query_fits(const struct search_query *query, struct span folded);

/* The terms that every match has: groups, of which one term each must be there. */
struct search_group {
    struct span *any;
    size_t n;
};
struct search_groups {
    struct search_group *groups;
    size_t n;
};
struct search_bounds {
    const struct room_id *rooms; /* n_rooms 0: not bounded by room */
    size_t n_rooms;
    struct account_id from;
    int64_t before_us, after_us;
    int has;
};
void search_groups(struct arena *arena, const struct search_query *query, const struct search_bounds *bounds, struct search_groups *out);
