/* Pins in the database: a time on the message, and a count on the room. Behind the core's port; runs on the thread of its store. */
#include "store/store_private.h"

enum fault store_pin_put(struct store *store, struct room_id room, struct message_id id, int64_t now_us)
{
    enum fault fault = DB_EXEC(store->db, pin_put, DB_I64(id.v), DB_I64(now_us));
    return fault ? fault : DB_EXEC(store->db, pin_count, DB_I64(room.v), DB_I64(1));
}

enum fault store_pin_remove(struct store *store, struct room_id room, struct message_id id)
{
    enum fault fault = DB_EXEC(store->db, pin_remove, DB_I64(id.v));
    return fault ? fault : DB_EXEC(store->db, pin_count, DB_I64(room.v), DB_I64(-1));
}

enum fault store_pin_list(struct store *store, struct room_id room, size_t max, struct arena *arena, struct message_page *out)
{
    struct db_rows rows;
    DB_QUERY(store->db, &rows, pin_list, DB_I64(room.v), DB_I64((int64_t)max + 1));
    return message_end_page(store, &rows, max, arena, out);
}
