/* The receipts dialect: chats with read receipts, JSON over HTTP and plain text over a WebSocket. README.md lists the wire facts (C-…). */
#pragma once
#include "net/http.h"

void receipts_routes(struct router *router);
