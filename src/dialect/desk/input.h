/* What a caller sent: a body (JSON or form), a query, or the object of a Socket.IO event, field by field (D-06, D-07). Pure; borrows until done. */
#pragma once
#include "base/id.h"
#include "net/http.h"
#include "wire/json.h"

#define DESK_BODY_MAX_BYTES (100u * 1024u)      /* D-07 */
#define DESK_BODY_ROUTE_BYTES (256u * 1024u)    /* up to here a body is read, so that the refusal is in our words */

struct desk_input {
    struct arena *arena; /* texts are copied here */
    struct json json;
    json_value *object;  /* NULL: none */
    bool parsed;
    struct span form;    /* urlencoded body, or the query where that counts */
    const char *wrong;   /* the first field of a wrong type; NULL: all well */
};

/* An id as it was written: text for us, and the JSON value for whoever compares (D-06). */
struct desk_id {
    struct span text; /* empty: missing */
    struct span json; /* a string or a number */
};

/* invalid: malformed JSON. too_large: D-07. Call desk_input_done in either case. */
must_use enum fault desk_input_read(struct request *r, struct desk_input *out);
must_use enum fault desk_input_parse(struct span content_type, struct span body, struct arena *arena, struct desk_input *out);
/* Of an event. object may be NULL. */
struct desk_input desk_input_of(json_value *object, struct arena *arena);
void desk_input_done(struct desk_input *in);

struct desk_id desk_input_id(struct desk_input *in, const char *name); /* 0, "", null: missing, as the old server's language has it */
struct span desk_input_name(struct desk_input *in, const char *name);  /* the text of an id */
struct span desk_input_text(struct desk_input *in, const char *name);  /* a text; null or absent: empty */
bool desk_input_truth(struct desk_input *in, const char *name);        /* anything but false, 0, "", null; "false" is false too */
int64_t desk_input_number(struct desk_input *in, const char *name, int64_t least, int64_t most, int64_t none); /* out of range: the nearest end */

/* D-02. False: not 24 hexadecimal digits. A number beyond ours is no room's: -> 0. */
bool desk_room_of(struct span hex, struct room_id *out);
