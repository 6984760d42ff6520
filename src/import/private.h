/* What the files of the import share: one import under way. */
#pragma once
#include "import/record.h"
#include "import/report.h"
#include "import/table.h"
#include "store/store_import.h"

enum { portion_max = 1000, portion_bytes_max = 24 << 20, portion_arena_bytes_max = 512 << 20 };

struct import {
    const struct import_wish *wish;
    struct store *store;
    const struct reader_class *class;
    struct reader *reader;
    struct report report;
    int64_t source;            /* 0: never imported before, and not written */
    struct table people, rooms; /* key in the source to id here */
    struct table names;        /* dry: folded names and addresses that this run would have taken */
    struct table seen;         /* dry: messages that have come */
    struct table waiting;      /* dry: messages that are replied to and have not come */
    struct file_taker *taker;  /* NULL when dry */
    int64_t made_up;           /* dry: the last id that was made up; below zero */
    int64_t now_us, last_us;   /* of the last record with a time */
    struct arena *arena;       /* of the run */
};

/* A stretch of records that are written in one transaction, with what the import knows of them already. */
struct portion {
    struct arena *arena;
    struct old_record *records;
    struct span *ids;          /* of the records */
    int64_t *known, *parts;    /* what they have become; 0: nothing yet */
    size_t n;
    bool more;
};
/* Reads the next stretch. Broken records are told and left out; repaired ones are told when they are written. */
enum fault portion_read(struct import *x, enum old_noun noun, enum import_noun kept, struct portion *out);
void portion_drop(struct portion *p);

/* Writers: each reads its noun to the end. */
enum fault import_people(struct import *x);
enum fault import_rooms_of(struct import *x);
enum fault import_members(struct import *x);
enum fault import_messages(struct import *x);
enum fault import_reads(struct import *x);
enum fault import_settle(struct import *x); /* marks, and replies that came before what they reply to */

/* Begin and commit, or nothing when dry. end: commits without a fault, else aborts. */
enum fault import_begin(struct import *x);
enum fault import_end(struct import *x, enum fault fault);
int64_t import_time(struct import *x, int64_t us); /* 0: that of the record before */
static inline bool import_is_dry(const struct import *x) { return x->wish->is_dry; }
