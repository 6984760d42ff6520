/* The lobby dialect: the old one-room chat, its HTTP and both generations of its WebSocket. README.md lists the wire facts (L-…). */
#pragma once
#include "net/http.h"

void lobby_routes(struct router *router);
