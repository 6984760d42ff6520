/* Files of messages: found below the media directory or inside the message, and taken the way uploads are. One thread. */
#pragma once
#include "import/private.h"
#include "files/files.h"

struct media {
    struct file_facts facts; /* name empty: there is none, or it was left out */
    struct span name;        /* as shown */
    bool is_there;           /* also when dry: it would come */
};
/* Takes the file of a message, if it has one. What is missing is told and is no fault; unavailable: the disk of this house refuses. */
must_use enum fault media_take(struct import *x, struct arena *arena, const struct old_record *r, struct media *out);
static inline bool media_is_wanted(const struct old_record *r) { return r->message.file_path.n || r->message.file_url.n; }
