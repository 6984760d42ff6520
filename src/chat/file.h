/* Files: what was uploaded, who may see it, how long it waits. The bytes are elsewhere (a placed file of the room `files`); here they are a name, a digest
   and what was found out about them. */
#pragma once
#include "chat/account.h"

#define FILE_NAME_MAX_BYTES 255
#define FILES_PER_MESSAGE_MAX 10
#define UPLOADS_PER_ACCOUNT_MAX 200 /* begun and not ended */
#define UPLOAD_TOKEN_CHARS 24

struct file_view {
    struct file_id id;
    struct span name, type, blurhash, sha256;
    int64_t n_bytes, width, height; /* width and height 0: no picture */
    bool has_thumbnail;
};

/* Bytes that are placed and durable. */
struct blob {
    struct span place, sha256, type, blurhash;
    int64_t n_bytes, width, height;
    bool has_thumbnail;
};
struct file_item {
    struct span name; /* as sent; cleaned here */
    struct blob blob;
};

/* May the asker add so much? too_large, detail "quota". Asked before bytes are taken; asked again when they are there. */
struct file_room_in { int64_t n_bytes; };
struct file_add_in {
    struct file_item items[FILES_PER_MESSAGE_MAX];
    size_t n;
    struct span upload; /* empty: none; the upload these (one) bytes came by */
};
struct file_get_in { struct file_id id; };    /* who may see it: its owner while it waits; whoever may read the room of its message */
struct file_shown_in { struct file_id id; struct room_id room; }; /* of a message of that room; the door has signed the pair, and checked it */
struct file_delete_in { struct file_id id; }; /* one's own that waits */
struct upload_begin_in { struct span name; int64_t n_bytes; };
struct upload_get_in { struct span token; };
struct upload_doubt_in { struct span token; int64_t from; }; /* -1: no doubt any more */
struct upload_drop_in { struct span token; };
struct avatar_get_in { struct span token; };
struct avatar_set_in { struct file_id file; }; /* a picture of one's own that waits; none: no picture any more */
/* By the house itself; no door offers these. */
struct file_expire_in { char unused; };            /* ends what waited too long */
struct file_trash_in { char unused; };             /* names that lost their last reference */
struct file_trashed_in { struct span *names; size_t n; }; /* they are unlinked */
struct file_orphans_in { struct span *placed, *tokens; size_t n_placed, n_tokens; };

struct file_room_out { int64_t left_bytes; }; /* of the quota */
struct file_add_out {
    struct file_view files[FILES_PER_MESSAGE_MAX];
    bool kept[FILES_PER_MESSAGE_MAX]; /* false: the same bytes were there already, these may go */
};
struct file_get_out { struct file_view file; struct span place; struct room_id room; }; /* room: none while it waits for a message */
struct file_shown_out { struct file_view file; struct span place; };
struct file_delete_out { char unused; };
struct upload_view {
    struct span token;
    struct span name;
    int64_t n_bytes, doubt_from, expires_us; /* doubt_from -1: none */
    struct file_view file;                   /* id none: not yet */
};
struct upload_begin_out { struct upload_view upload; };
struct upload_get_out { struct upload_view upload; };
struct upload_doubt_out { char unused; };
struct upload_drop_out { char unused; };
struct avatar_get_out { struct span place; };
struct avatar_set_out { struct person person; };
struct file_expire_out { struct span *tokens; size_t n; }; /* uploads to unlink */
struct file_trash_out { struct span *names; size_t n; };
struct file_trashed_out { char unused; };
struct file_orphans_out { bool *placed, *tokens; }; /* true: no row knows it */

/* A name fit to be shown and saved: no path, no control characters, no overrides of direction, at most 255 bytes. Never empty. Pure. */
struct span file_name_clean(struct arena *arena, struct span name);
