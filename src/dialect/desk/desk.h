/* The desk dialect: the old support desk, its REST routes and its Socket.IO events. README.md lists the wire facts (D-…). */
#pragma once
#include "net/http.h"

/* Borrows the settings for ever. */
struct door_settings;
void desk_routes(struct router *router, const struct door_settings *settings);
