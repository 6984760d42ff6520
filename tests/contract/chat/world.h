/* What the core's contract suite stands on: a fresh house on the database under test, people in it, and short words for what stories do often. */
#pragma once
#include "chat/chat.h"
#include "chat/store.h"
#include "store/store_open.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

extern const char *world_url; /* writable */

struct world {
    struct store *store, *reading; /* the writing lane's and a reading lane's */
    struct chat writer, reader;
    struct chat_rules rules;       /* bcrypt at its cheapest, registration open */
    struct command *commands[8192];
    size_t n_commands;
    struct event *events; /* of the last write */
};

int world_up(void **state);   /* an empty house */
int world_down(void **state);
int world_up_failing(void **state); /* the writer stands on the failing driver */

#define LOBBY CHAT_LOBBY
#define NOBODY ((struct actor){ 0 })

struct command *world_wish(struct world *w, enum command_kind kind, struct actor by);
void world_carry_out(struct world *w, struct command *c);           /* as the gate would: prepare, then its lane */
void world_write(struct world *w, struct command **commands, size_t n); /* one batch */

/* The work of the index lane, until nothing is left to do. */
void world_index(struct world *w);

/* Makes a command without running it: WISH(w, ali, message_post, .room = LOBBY, .text = SPAN("hi")). */
#define WISH(w, by, name, ...) \
    ({ struct command *wish_ = world_wish((w), command_##name, (by)); wish_->in.name = (struct name##_in){ __VA_ARGS__ }; wish_; })
/* The same, and runs it. */
#define ASK(w, by, name, ...) \
    ({ struct command *ask_ = WISH(w, by, name, __VA_ARGS__); world_carry_out((w), ask_); ask_; })
/* The same, and it must succeed. */
#define DO(w, by, name, ...) ({ struct command *do_ = ASK(w, by, name, __VA_ARGS__); assert_done(do_); do_; })

#define assert_done(c) assert_refused_as((c), "ok", NULL, __FILE__, __LINE__)
#define assert_refused(c, word, detail_) assert_refused_as((c), fault_word(fault_##word), (detail_), __FILE__, __LINE__)
void assert_refused_as(const struct command *c, const char *fault, const char *detail, const char *file, int line);
#define assert_span(s, text) assert_span_as((s), (text), __FILE__, __LINE__)
void assert_span_as(struct span s, const char *text, const char *file, int line);
/* The events of the last write, by kind: assert_events(w, "member_joined message_posted"). */
#define assert_events(w, words) assert_events_as((w), (words), __FILE__, __LINE__)
void assert_events_as(const struct world *w, const char *words, const char *file, int line);

struct actor someone(struct world *w, const char *name); /* registers, with a session */
struct actor administrator(struct world *w, const char *name);
struct room_id group(struct world *w, struct actor owner, bool public, const char *name);
struct room_id direct(struct world *w, struct actor a, struct actor b);
void seat(struct world *w, struct actor by, struct room_id room, struct actor who, enum member_role role);
struct message post(struct world *w, struct actor by, struct room_id room, const char *text);
int64_t head_of(struct world *w, struct actor by, struct room_id room);

#define SUITE(name) \
    extern const struct CMUnitTest name##_cases[]; \
    extern const size_t n_##name##_cases
SUITE(account);
SUITE(admin);
SUITE(profile);
SUITE(room);
SUITE(message);
SUITE(mention);
SUITE(talk);
SUITE(reading);
SUITE(receipt);
SUITE(replay);
SUITE(stranger);
SUITE(failure);
SUITE(file);
SUITE(parcel);
SUITE(notify);
SUITE(search);
SUITE(guild);
SUITE(desk);
SUITE(desk_door);
#define CASES(name, ...) \
    const struct CMUnitTest name##_cases[] = { __VA_ARGS__ }; \
    const size_t n_##name##_cases = sizeof name##_cases / sizeof *name##_cases
#define STORY(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
