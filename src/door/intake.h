/* Files that come in whole with a request: its body is the bytes of one file, or a form (multipart/form-data) with files and fields. Nothing is ever
   whole in memory: bytes go to the disk as they come. Runs on the request's loop.

       intake_begin ─ room? ─► receiving ─ end ─► placing ─ all placed ─► received ─ intake_keep ─► file_add ─► kept
                                   │ client gone, refused by the disk, too much, malformed      └─ intake_drop
                                   └──────────► refused (or nobody is told any more): what is on the disk goes

   Always: bytes are durable before file_add is asked; when it refuses, or nobody keeps them, they go. */
#pragma once
#include "door/door.h"
#include "files/files.h"

#define INTAKE_FIELDS_MAX 16
#define INTAKE_FIELDS_MAX_BYTES (256u << 10) /* of a form, all fields together */

struct intake; /* lives in the request's arena: until it is answered */
/* Exactly one of kept and refused is called, unless the owner drops or the client goes (gone is answered inside). They answer the request. */
struct intake_events {
    void (*received)(struct intake *in); /* all has come and lies on the disk; call intake_keep or intake_drop, now or later. NULL: kept at once */
    void (*kept)(struct intake *in, const struct file_add_out *out);
    void (*refused)(struct intake *in, enum fault fault, const char *detail, int64_t retry_after_s);
};
struct intake_rules {
    const struct intake_events *events;
    void *user;
    size_t n_files_max;     /* 1 to FILES_PER_MESSAGE_MAX */
    int64_t file_max_bytes; /* 0: the setting */
    bool may_be_none;       /* of a form: no file is fine too */
};
/* The body is one file of this name. */
void intake_raw(struct request *r, struct actor actor, const struct intake_rules *rules, struct span name);
/* The body is a form. */
void intake_form(struct request *r, struct actor actor, const struct intake_rules *rules);

void intake_keep(struct intake *in); /* without files: kept is called at once, with none */
void intake_drop(struct intake *in); /* the owner answers */
struct request *intake_request(const struct intake *in);
struct actor intake_actor(const struct intake *in);
void *intake_user(const struct intake *in);
size_t intake_n_files(const struct intake *in);
struct span intake_field(const struct intake *in, const char *name); /* of a form; p NULL: it was not there */

/* Fills an item of file_add from what became of the bytes; texts are copied into the arena. */
void intake_item(struct arena *arena, struct file_item *item, struct span name, const struct file_facts *facts);
