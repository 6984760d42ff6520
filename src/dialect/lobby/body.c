/* Reads credentials and says what is wrong with them in the old server's words (L-07). Pure: any thread, borrows. */
#include "dialect/lobby/body.h"
#include "chat/account.h"
#include "wire/unfit.h"
#include <yyjson.h>

static void take_fields(struct unfit *u, json_value *object, struct arena *arena, struct lobby_credentials *out)
{
    struct span invite = { 0 };
    out->username = unfit_text(u, object, "username", arena);
    out->password = unfit_text(u, object, "password", arena);
    if (out->password.n > ACCOUNT_PASSWORD_MAX_BYTES) unfit_value(u, "password", "Value error, Password too long - must be less than 72 bytes when encoded");
    if (json_as_text(yyjson_obj_get(object, "invite"), &invite)) out->invite = arena_copy(arena, invite);
}

enum fault lobby_body_decode(struct span content_type, struct span body, struct arena *arena, struct lobby_credentials *out, struct buf *errors_out)
{
    struct unfit u = unfit_list(errors_out);
    struct json j;
    *out = (struct lobby_credentials){ 0 };
    json_value *object = unfit_open_body(&u, &j, content_type, body);
    if (object) {
        take_fields(&u, object, arena, out);
        json_done(&j);
    }
    return unfit_end(&u);
}
