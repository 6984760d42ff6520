/* What the files behind the core's port share. */
#pragma once
#include "chat/store.h"
#include "store/db.h"

struct store {
    struct db *db;
};

/* Ends a query that should have found one row. not_found when it did not. */
must_use enum fault rows_end_one(struct db_rows *rows, bool found);
/* Runs a statement that returns one integer. not_found when there is no row. */
must_use enum fault store_number(struct store *store, enum db_stmt stmt, const struct db_param *params, size_t n_params, int64_t *out);
#define STORE_NUMBER(store, out, name, ...) \
    store_number((store), stmt_##name, (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param), (out))
/* Runs a statement that writes, and tells whether it wrote any row. */
must_use enum fault store_changes(struct store *store, enum db_stmt stmt, const struct db_param *params, size_t n_params, bool *changed_out);
#define STORE_CHANGES(store, out, name, ...) \
    store_changes((store), stmt_##name, (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param), (out))

/* An array that grows by doubling in an arena. Returns where item n is to be written. */
void *array_push(struct arena *arena, void **items, size_t *n, size_t item_bytes);
#define ARRAY_PUSH(arena, items, n) ((__typeof__(items))array_push((arena), (void **)&(items), &(n), sizeof *(items)))

/* The columns of PERSON_COLUMNS (statements.def). */
#define PERSON_N_COLUMNS 5
#define PERSON_KIND_BOT 1
struct person col_person(struct db_rows *rows, int column, struct arena *arena);

/* The columns of FACE_COLUMNS, FACE_N_COLUMNS of them from `column` on. */
#define FACE_N_COLUMNS 13
void col_face(struct db_rows *rows, int column, struct arena *arena, struct room_face *out);

/* Views of rooms: ends the query, loads what is not in its columns. In store_room.c. */
must_use enum fault room_end_views(struct store *store, struct db_rows *rows, struct arena *arena, struct room_view **views_out, size_t *n_out);

/* The columns of ACCOUNT_COLUMNS, from the first on. */
#define ACCOUNT_N_COLUMNS (10 + PERSON_N_COLUMNS)
void col_account(struct db_rows *rows, struct arena *arena, struct account *out);

/* What a room that is being removed (with its channels), or an account that is being erased, leaves of levels, subscriptions, hooks and marks. */
must_use enum fault notify_forget_room(struct store *store, struct room_id room);
must_use enum fault notify_forget_account(struct store *store, struct account_id account);

/* The columns of MESSAGE_COLUMNS, MESSAGE_N_COLUMNS of them from `column` on; reactions are not in them: message_add_reactions comes after. */
#define MESSAGE_N_COLUMNS (19 + 2 * PERSON_N_COLUMNS)
void col_message(struct db_rows *rows, int column, struct arena *arena, struct message *out);
/* Loads the files of those among the messages that have any (n_files says so until then). Any number of messages. */
must_use enum fault message_add_files(struct store *store, struct arena *arena, struct message *const *messages, size_t n);
/* Loads the reactions (and, last, the files) of those among the messages that have any (n_reactions says so until then). Any number of messages. */
must_use enum fault message_add_reactions(struct store *store, struct arena *arena, struct message *const *messages, size_t n);
/* Ends a query of whole messages that was asked for one row more than max. */
must_use enum fault message_end_page(struct store *store, struct db_rows *rows, size_t max, struct arena *arena, struct message_page *out);
