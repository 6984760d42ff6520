/* Pictures of generation B (L-33, L-39): a data URL comes in and becomes the file of an ordinary message; readers get an address below /ws/, where the
   lobby's cookie goes. Private to this dialect. */
#pragma once
#include "dialect/lobby/socket.h"

#define LOBBY_PICTURE_PATH "/ws/pictures/"

struct lobby_frame;
/* Takes the picture and the words beside it. Everything that is wrong is told to the sender. */
void lobby_picture_take(struct lobby_socket *s, const struct lobby_frame *f);
void lobby_picture_give(struct request *r); /* the route */
