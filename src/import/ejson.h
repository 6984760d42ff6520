/* Values of a Mongo export: Extended JSON, canonical and relaxed, and as older tools wrote it. Over wire/json.h. Pure. */
#pragma once
#include "wire/json.h"

/* {"$oid":"65a…"}, or the 24 hex digits alone. */
bool ejson_id(json_value *v, struct span *hex_out);
/* {"$date":"2024-01-15T12:00:00.000Z"}, {"$date":{"$numberLong":"1705320000000"}}, {"$date":1705320000000}, or the text alone. Microseconds. */
bool ejson_time(json_value *v, int64_t *us_out);
/* 3, {"$numberInt":"3"}, {"$numberLong":"3"}, 3.0, {"$numberDouble":"3.0"}. */
bool ejson_int(json_value *v, int64_t *out);
/* A text; a number (by whom the old system took what it was given) as its digits, in scratch. */
bool ejson_text(json_value *v, char scratch[24], struct span *out);
/* The member of that name; NULL when there is none, or null. */
json_value *ejson_member(json_value *object, const char *name);
