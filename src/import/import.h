/* Taking over what other systems have kept: accounts, rooms, messages, files, reads. Blocking, one thread, no server beside it.

   Safe to run again: what has come once is remembered with the transaction that wrote it, so a second run, also after a kill, adds what is missing. Nothing is
   left out or changed without a line that says which record, and why. */
#pragma once
#include "base/fault.h"
#include "store/store_open.h"

struct files; /* of the room files: where bytes are placed */

enum import_kind { import_lobby, import_rooms, import_receipts, import_desk, import_kind_count };
bool import_kind_of(const char *number, enum import_kind *out); /* "000", "001", "003", "004" */

struct import_wish {
    enum import_kind kind;
    const char *source;   /* a file, a directory, or a URL of PostgreSQL */
    const char *media;    /* NULL: none */
    const char *name;     /* NULL: the source's own print tells it from others */
    bool is_dry;          /* nothing is written: store is a reader, files is NULL */
    bool keeps_admins;    /* whoever ruled the old system rules this one */
    bool same_people;     /* equal names (and addresses) are the same person */
    struct store *store;  /* lent */
    struct files *files;  /* lent */
};

/* Tells how it goes on standard error, the table at the end on standard output. missing_out: something was not imported. Faults: unavailable (either
   database), invalid (the source is not what it is said to be), internal. */
must_use enum fault import_run(const struct import_wish *wish, bool *missing_out);
