/* The native dialect: /api/v1 and its gateway (docs/protocol.md). */
#pragma once
#include "net/http.h"

void native_routes(struct router *router);
