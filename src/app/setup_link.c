/* The one-time link of the first administrator. Main thread, before the stations run. */
#include "app/setup_link.h"
#include "base/rand.h"
#include "chat/secret.h"
#include "chat/store.h"
#include "store/store_open.h"
#include <string.h>

static enum fault any_account(const struct config *config, bool *any_out)
{
    struct store *store;
    enum fault f = store_open(config->database_url, db_reader, &store);
    if (f != fault_none) return f;
    f = store_account_any(store, any_out);
    store_close(store);
    return f;
}

enum fault setup_link_make(const struct config *config, struct setup_link *out)
{
    bool any = false;
    *out = (struct setup_link){ 0 };
    enum fault f = any_account(config, &any);
    if (f != fault_none || any) return f;
    rand_token(out->token, sizeof out->token - 1);
    struct span hash = secret_hash(config->arena, span_of(out->token));
    memcpy(out->hash, hash.p, sizeof out->hash - 1);
    return fault_none;
}
