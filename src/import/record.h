/* Records of other systems as the import understands them, and what a reader of one system offers. A reader knows that system's schema and nothing of ours;
   the writers (people.c, places.c, messages.c, reads.c) know ours and nothing of theirs. All on one thread. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "chat/desk.h"
#include "import/import.h"

/* In the order in which they are read: what is named later must be there earlier. */
enum old_noun { old_person, old_room, old_member, old_message, old_read, old_file, old_noun_count }; /* files come with messages, no reader has them alone */

enum old_person_kind {
    old_account,
    old_author,   /* is only known by what they wrote: nobody can log in */
    old_customer, /* of the desk */
    old_agent,    /* likewise, known by name alone */
};
struct old_person {
    struct span username, name, email, hash; /* name and email may be empty */
    enum old_person_kind kind;
    bool is_closed, was_superuser;
    int64_t created_us;
};
/* A chat of the desk, beside its room. The room's owner is the customer. */
struct old_desk {
    enum desk_state state;
    struct span agent; /* may be empty */
    int64_t updated_us, last_us;
};
struct old_room {
    struct span name, owner; /* may be empty */
    struct old_desk desk;
    enum room_kind kind;     /* room_lobby: the one that every house has */
    bool public;
    int64_t created_us;
};
struct old_member {
    struct span room, person;
    enum member_role role; /* owner: if the room has none yet */
    int64_t joined_us;
};
struct old_message {
    struct span room, author, text, reply_to; /* the last two may be empty */
    struct span file_path;                    /* below the media directory; empty: none */
    struct span file_url;                     /* data:… with the bytes of a picture; empty: none */
    enum link_sort link_kind;                 /* of the desk: a file that lies elsewhere */
    struct span link;
    bool is_read;                             /* of the desk: by the other side */
    bool is_deleted;                          /* emptied in the old system: its place is kept */
    int64_t created_us;
};
struct old_read {
    struct span message, person;
};

struct old_record {
    struct span id;     /* what the import remembers it by: nothing personal */
    struct span key;    /* what other records of the source call it */
    struct span shown;  /* what a person would look it up by */
    const char *broken; /* not NULL: why it cannot be understood; then only `shown` counts */
    const char *repaired; /* not NULL: what had to be changed */
    union {
        struct old_person person;
        struct old_room room;
        struct old_member member;
        struct old_message message;
        struct old_read read;
    };
};

struct reader;
struct reader_class {
    const char *kind;
    /* Gives. Faults: what the source cannot do; why_out is for the operator. */
    enum fault (*open)(const char *source, struct reader **out, struct span *why_out, struct arena *arena);
    void (*close)(struct reader *r);
    /* What tells this source from others of its kind, for its whole life. Empty: there is nothing in it. */
    enum fault (*print)(struct reader *r, struct arena *arena, struct span *out);
    enum fault (*begin)(struct reader *r, enum old_noun noun, int64_t *n_out); /* n_out: how many will come */
    bool (*next)(struct reader *r, struct arena *arena, struct old_record *out); /* spans live in the arena */
    enum fault (*end)(struct reader *r);
    const char *(*error)(const struct reader *r); /* of a fault, for the operator; may be empty */
};
extern const struct reader_class reader_lobby, reader_rooms, reader_receipts, reader_desk;
