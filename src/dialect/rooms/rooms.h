/* The rooms dialect: the old rooms with files, session cookie and forms, and their WebSocket. README.md lists the wire facts (R-…). */
#pragma once
#include "net/http.h"

void rooms_routes(struct router *router);
