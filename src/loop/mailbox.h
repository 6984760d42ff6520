/* The one place where threads meet: letters from any thread to one reader thread. Posting is one short lock; the reader takes everything
   that waits at once. A letter is embedded in what it carries; posting it gives that away. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct letter {
    struct letter *next;
    void (*open)(struct letter *l); /* called on the reader's thread; owns the letter */
};

struct mailbox;

/* wake is called (on the posting thread) once between two takes. */
struct mailbox *mailbox_create(void (*wake)(void *arg), void *arg);
void mailbox_destroy(struct mailbox *m); /* must be empty */
void mailbox_post(struct mailbox *m, struct letter *l);
/* Posts without waking, for who has more to post: mailbox_wake, or a post, must follow. */
void mailbox_lay(struct mailbox *m, struct letter *l);
void mailbox_wake(struct mailbox *m);
/* Takes everything that waits, oldest first, as a chain. NULL when empty. */
struct letter *mailbox_take(struct mailbox *m);
