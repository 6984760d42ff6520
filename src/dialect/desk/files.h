/* Files of support chats at this door: uploaded by whoever writes, shown to whoever has the address that stands in a message (D-92). */
#pragma once
#include "chat/file.h"
#include "net/http.h"
#include "wire/token.h"

#define DESK_FILE_NAME_SHOWN_BYTES 200
#define DESK_FILE_ADDRESS_MAX_BYTES (128 + 3 * DESK_FILE_NAME_SHOWN_BYTES)

/* Writes the signed address of a file of that room; returns its length. */
size_t desk_file_address(const struct token_key *key, struct room_id room, const struct file_view *f, char out[DESK_FILE_ADDRESS_MAX_BYTES]);
/* The file behind the address that an upload was answered with. False: it is none of ours. */
bool desk_file_of_url(struct span url, struct file_id *out);
void desk_files_routes(struct router *router);
