/* A connection without a socket: a place where frames of WebSocket pile up until their owner takes them. For sessions that are not always
   connected (Engine.IO polling): the hub and everybody else push, count and close as on any other connection. The loop's thread only.

   It is a WebSocket of its handler: ws_user, ws_close, conn_push, conn_kill, conn_ref, conn_address and conn_hears work. The queue has the
   same ceilings: above them droppable frames go, then it ends as too slow (code 4413). on_frames is called in the flush of each turn that
   touched it while something waits; on_drain when what had passed the mark was taken; on_close last, also after ws_close and net_close_all;
   what nobody has taken by then is let go. It is counted as a connection and as a WebSocket; at most half of what a loop may have are of
   this kind, because they cost whoever asks for them nothing. */
#pragma once
#include "net/websocket.h"

/* like: whose address it shows; a connection of the same net. NULL: the net has no room for another. No call is made. handler->on_frames
   must be set. */
struct conn *detached_open(struct net *net, const struct conn *like, const struct ws_handler *handler, void *user);
/* The oldest frame; NULL: nothing waits. Gives (frame_unref it). Its bytes are whole WebSocket frames of a server: ws_read_own. Also from
   on_close. */
struct frame *detached_take(struct conn *c);
