/* What belongs to no dialect: the web client's files and paths, the banner, health and metrics, and the answer to everything unknown. */
#pragma once
#include "door/door.h"

/* To be called last: the rows of the dialects stand before these. Also sets the router's fallback. */
void door_common_routes(struct router *router);
