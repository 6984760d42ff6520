/* One line per event worth one: logfmt (default) or JSON on stderr. Values are quoted and escaped here, so a caller cannot break a
   line. Never log message text, tokens, passwords, or query strings. Thread-safe: one write(2) a line.

       LOG(info, "listening", log_str("address", "127.0.0.1"), log_int("port", 8000)); */
#pragma once
#include "base/span.h"

enum log_level { log_debug, log_info, log_warn, log_error };
enum log_format { log_logfmt, log_json };

struct log_field {
    const char *key;
    bool is_text;
    int64_t number;
    struct span text;
};

static inline struct log_field log_int(const char *key, int64_t v) { return (struct log_field){ .key = key, .number = v }; }
static inline struct log_field log_span(const char *key, struct span v) { return (struct log_field){ .key = key, .is_text = true, .text = v }; }
static inline struct log_field log_str(const char *key, const char *v) { return log_span(key, span_of(v)); }

void log_setup(enum log_level least, enum log_format format);
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n_fields);

#define LOG(level, event, ...) \
    log_write(log_##level, (event), (struct log_field[]){ { 0 }, ##__VA_ARGS__ } + 1, \
              sizeof((struct log_field[]){ { 0 }, ##__VA_ARGS__ }) / sizeof(struct log_field) - 1)
