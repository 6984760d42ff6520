/* What the old desk's clients say in passing, told to others of their kind word for word (event desk_said), and to everybody else as what it means. */
#pragma once
#include "chat/desk.h"
#include "chat/command.h"
#include "door/door.h"

struct desk_typing {
    struct room_id room;
    struct person who;
    struct span id, name; /* as they were written, id: JSON; empty: left out */
    bool on;
    bool from_socket;     /* with chatId, and not to the sender (D-65) */
};
void say_typing(struct door *door, const struct desk_typing *t);
/* everyone: also to the reader's own sockets (D-66). type: readerType as it was written. */
void say_read(struct door *door, struct room_id room, struct account_id by, struct span id, struct span type, bool everyone);
/* to: an address. chat none: from a socket (D-67). */
void say_status(struct door *door, struct room_id to, struct room_id chat, struct account_id by, struct span id, bool on);
