/* The rooms' WebSocket from within. Private to this dialect. */
#pragma once
#include "door/door.h"
#include "hub/hub.h"

#define ROOMS_FRAME_MAX_BYTES (64u << 10) /* a text over 16 KiB is told to be too long; over this the socket ends with 1009 */
#define ROOMS_PENDING_MAX 1024            /* commands of one socket under way; above: busy */
#define ROOMS_CLOSE_BROKEN 1011           /* */
#define ROOMS_CLOSE_OVER 1008             /* the session, or the membership */

extern const struct presenter rooms_presenter;
/* {"type":"error"}, to one socket alone. */
void rooms_complain(struct conn *c, const char *words);
/* R-51, to the newcomer itself. */
void rooms_greet(struct conn *c, struct span username);
