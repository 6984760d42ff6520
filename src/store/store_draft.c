/* Drafts in the database: at most one an account and room. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

enum fault store_draft_put(struct store *store, struct account_id account, struct room_id room, const struct draft *draft)
{
    return DB_EXEC(store->db, draft_put, DB_I64(account.v), DB_I64(room.v), DB_TEXT(draft->text), DB_I64_OR_NULL(draft->reply_to.v),
                   DB_I64(draft->updated_us));
}

enum fault store_draft_remove(struct store *store, struct account_id account, struct room_id room, bool *changed_out)
{
    return STORE_CHANGES(store, changed_out, draft_remove, DB_I64(account.v), DB_I64(room.v));
}
