/* Files as the core knows them: rows, references and quotas. The bytes themselves are the room files' and have a suite of their own. */
#include "world.h"
#include "store/store_open.h"
#include <string.h>

#define KIB 1024

static void set_rules(struct world *w)
{
    w->rules.file_max_bytes = 100 * KIB;
    w->rules.quota_bytes = 250 * KIB;
    w->rules.file_waits_s = 3600;
}

/* As an upload ends: bytes with this digest lie at this place. */
static struct command *bring(struct world *w, struct actor by, const char *digest, const char *place, int64_t n_bytes)
{
    struct command *c = WISH(w, by, file_add, .n = 1);
    c->in.file_add.items[0] = (struct file_item){ .name = SPAN("a.txt"),
        .blob = { .place = span_of(place), .sha256 = span_of(digest), .type = SPAN("text/plain"), .n_bytes = n_bytes } };
    world_carry_out(w, c);
    return c;
}

static struct file_id file(struct world *w, struct actor by, const char *digest, const char *place)
{
    struct command *c = bring(w, by, digest, place, KIB);
    assert_done(c);
    return c->out.file_add.files[0].id;
}

static struct command *attach(struct world *w, struct actor by, struct room_id room, const char *text, const struct file_id *files, size_t n)
{
    return ASK(w, by, message_post, .room = room, .text = span_of(text), .files = files, .n_files = n);
}

/* What the house is to unlink now, in one line. */
static void assert_trash(struct world *w, const char *names)
{
    const struct file_trash_out *t = &DO(w, NOBODY, file_trash, 0)->out.file_trash;
    char line[512] = "";
    for (size_t i = 0; i < t->n; i++) {
        strncat(line, i ? " " : "", 2);
        strncat(line, t->names[i].p, t->names[i].n);
    }
    assert_string_equal(line, names);
}

static int64_t left(struct world *w, struct actor who)
{
    return DO(w, who, file_room, .n_bytes = 0)->out.file_room.left_bytes;
}

static void a_file_goes_with_one_message_and_is_seen_by_its_room(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali"), gani = someone(w, "gani");
    struct room_id room = group(w, ali, false, "two");
    seat(w, ali, room, vali, role_member);
    struct file_id f = file(w, ali, "d1", "p1");
    assert_span(DO(w, ali, file_get, f)->out.file_get.place, "p1");
    assert_refused(ASK(w, vali, file_get, f), not_found, "file");
    assert_refused(attach(w, vali, room, "mine", &f, 1), not_found, "files");
    struct command *c = attach(w, ali, room, "", &f, 1);
    assert_done(c);
    assert_int_equal(c->out.message_post.message.n_files, 1);
    assert_span(c->out.message_post.message.files[0].name, "a.txt");
    assert_span(DO(w, vali, file_get, f)->out.file_get.place, "p1");
    assert_refused(ASK(w, gani, file_get, f), not_found, "file");
    assert_refused(attach(w, ali, room, "again", &f, 1), not_found, "files");
    assert_refused(ASK(w, ali, file_delete, f), conflict, "file");
    assert_refused(ASK(w, vali, file_delete, f), forbidden, "author");
    assert_refused(ASK(w, gani, file_delete, f), not_found, "file");
    struct message *m = &DO(w, vali, message_get, room, c->out.message_post.message.id)->out.message_get.message;
    assert_int_equal(m->n_files, 1);
    assert_true(id_eq(m->files[0].id, f));
    DO(w, vali, member_remove, room, vali.account);
    assert_refused(ASK(w, vali, file_get, f), not_found, "file");
}

static void a_signed_address_shows_the_files_of_its_room_alone(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali");
    struct room_id room = group(w, ali, false, "one"), other = group(w, ali, false, "other");
    struct file_id f = file(w, ali, "d9", "p9");
    assert_refused(ASK(w, NOBODY, file_shown, f, room), not_found, "file");
    assert_refused(ASK(w, NOBODY, file_shown, f, { 0 }), not_found, "file");
    assert_done(attach(w, ali, room, "", &f, 1));
    assert_span(DO(w, NOBODY, file_shown, f, room)->out.file_shown.place, "p9");
    assert_refused(ASK(w, NOBODY, file_shown, f, other), not_found, "file");
    assert_refused(ASK(w, NOBODY, file_shown, f, { 0 }), not_found, "file");
}

static void a_message_takes_each_file_once_and_at_most_ten(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali");
    struct file_id f[FILES_PER_MESSAGE_MAX + 1];
    for (size_t i = 0; i <= FILES_PER_MESSAGE_MAX; i++) f[i] = file(w, ali, "same", "place");
    struct file_id twice[] = { f[0], f[0] };
    assert_refused(attach(w, ali, LOBBY, "", twice, 2), not_found, "files");
    assert_refused(attach(w, ali, LOBBY, "", f, FILES_PER_MESSAGE_MAX + 1), too_large, "files");
    assert_refused(attach(w, ali, LOBBY, "", NULL, 0), invalid, "text");
    struct command *c = attach(w, ali, LOBBY, "", f, FILES_PER_MESSAGE_MAX);
    assert_done(c);
    for (size_t i = 0; i < FILES_PER_MESSAGE_MAX; i++) assert_true(id_eq(c->out.message_post.message.files[i].id, f[i]));
}

static void equal_bytes_are_kept_once_until_the_last_reference_goes(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct command *first = bring(w, ali, "same", "p1", KIB), *second = bring(w, vali, "same", "p2", KIB);
    assert_done(first), assert_done(second);
    assert_true(first->out.file_add.kept[0]);
    assert_false(second->out.file_add.kept[0]);
    struct file_id a = first->out.file_add.files[0].id, b = second->out.file_add.files[0].id;
    assert_span(DO(w, vali, file_get, b)->out.file_get.place, "p1");
    struct command *sent = attach(w, ali, LOBBY, "", &a, 1);
    assert_done(sent);
    DO(w, ali, message_delete, LOBBY, sent->out.message_post.message.id);
    assert_events(w, "message_deleted");
    assert_refused(ASK(w, ali, file_get, a), not_found, "file");
    assert_trash(w, "");
    assert_span(DO(w, vali, file_get, b)->out.file_get.place, "p1");
    DO(w, vali, file_delete, b);
    assert_trash(w, "p1");
    assert_true(bring(w, ali, "same", "p3", KIB)->out.file_add.kept[0]); /* a name in the trash is given to nobody */
    struct span gone = SPAN("p1");
    DO(w, NOBODY, file_trashed, &gone, 1);
    assert_trash(w, "");
}

static void parts_of_a_message_are_deleted_alone(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali");
    struct file_id f[] = { file(w, ali, "d1", "p1"), file(w, ali, "d2", "p2"), file(w, ali, "d3", "p3") };
    struct command *sent = attach(w, ali, LOBBY, "words", f, 3);
    assert_done(sent);
    struct message_id id = sent->out.message_post.message.id;
    assert_refused(ASK(w, ali, message_delete, LOBBY, id, message_part_files, { 999 }), not_found, "file");
    DO(w, ali, message_delete, LOBBY, id, message_part_files, f[1]);
    assert_events(w, "message_edited");
    struct message *m = &DO(w, ali, message_get, LOBBY, id)->out.message_get.message;
    assert_int_equal(m->n_files, 2);
    assert_true(id_eq(m->files[0].id, f[0]) && id_eq(m->files[1].id, f[2]));
    assert_span(m->text, "words");
    assert_trash(w, "p2");
    DO(w, ali, message_delete, LOBBY, id, message_part_text);
    m = &DO(w, ali, message_get, LOBBY, id)->out.message_get.message;
    assert_int_equal(m->n_files, 2);
    assert_span(m->text, "");
    assert_false(m->deleted_us);
    DO(w, ali, message_delete, LOBBY, id, message_part_files);
    assert_events(w, "message_deleted");
    assert_trash(w, "p1 p2 p3");
    assert_int_equal(left(w, ali), 250 * KIB);
}

static void the_quota_counts_what_is_there_and_what_is_coming(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    assert_refused(ASK(w, ali, file_room, .n_bytes = 100 * KIB + 1), too_large, "file");
    assert_refused(bring(w, ali, "d0", "p0", 100 * KIB + 1), too_large, "file");
    struct command *one = bring(w, ali, "d1", "p1", 100 * KIB);
    assert_done(one);
    struct command *upload = DO(w, ali, upload_begin, SPAN("b"), 100 * KIB);
    assert_int_equal(left(w, ali), 50 * KIB);
    assert_refused(ASK(w, ali, file_room, .n_bytes = 50 * KIB + 1), too_large, "quota");
    assert_refused(ASK(w, ali, upload_begin, SPAN("c"), 50 * KIB + 1), too_large, "quota");
    assert_int_equal(left(w, vali), 250 * KIB);
    assert_done(bring(w, vali, "d1", "p2", 100 * KIB)); /* kept once, charged to both */
    assert_int_equal(left(w, vali), 150 * KIB);
    DO(w, ali, upload_drop, upload->out.upload_begin.upload.token);
    DO(w, ali, file_delete, one->out.file_add.files[0].id);
    assert_int_equal(left(w, ali), 250 * KIB);
    for (int i = 0; i < 2; i++) assert_done(bring(w, ali, i ? "d3" : "d2", i ? "p3" : "p4", 100 * KIB));
    assert_refused(bring(w, ali, "d4", "p5", 100 * KIB), too_large, "quota");
    assert_int_equal(left(w, ali), 50 * KIB);
}

static void an_upload_is_its_owners_and_becomes_one_file(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali"), vali = someone(w, "vali");
    struct upload_view *u = &DO(w, ali, upload_begin, SPAN("../b.txt"), KIB)->out.upload_begin.upload;
    assert_int_equal(u->token.n, UPLOAD_TOKEN_CHARS);
    assert_refused(ASK(w, vali, upload_get, u->token), not_found, "upload");
    assert_refused(ASK(w, vali, upload_drop, u->token), not_found, "upload");
    assert_refused(ASK(w, vali, upload_doubt, u->token, 0), not_found, "upload");
    DO(w, ali, upload_doubt, u->token, 512);
    assert_int_equal(DO(w, ali, upload_get, u->token)->out.upload_get.upload.doubt_from, 512);
    DO(w, ali, upload_doubt, u->token, -1);
    struct upload_view *now = &DO(w, ali, upload_get, u->token)->out.upload_get.upload;
    assert_int_equal(now->doubt_from, -1);
    assert_span(now->name, "b.txt");
    assert_true(id_none(now->file.id));
    struct command *c = WISH(w, ali, file_add, .n = 1, .upload = u->token);
    c->in.file_add.items[0] = (struct file_item){ .name = SPAN("b.txt"), .blob = { .place = SPAN("p1"), .sha256 = SPAN("d1"), .type = SPAN("text/plain"), .n_bytes = KIB } };
    world_carry_out(w, c);
    assert_done(c);
    now = &DO(w, ali, upload_get, u->token)->out.upload_get.upload;
    assert_true(id_eq(now->file.id, c->out.file_add.files[0].id));
    assert_int_equal(left(w, ali), 249 * KIB); /* as a file, and not as an upload too */
}

static void who_waits_too_long_goes(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali");
    struct file_id kept = file(w, ali, "d1", "p1");
    assert_done(attach(w, ali, LOBBY, "", &kept, 1));
    struct file_id waits = file(w, ali, "d2", "p2");
    struct span token = DO(w, ali, upload_begin, SPAN("b"), KIB)->out.upload_begin.upload.token;
    assert_int_equal(DO(w, NOBODY, file_expire, 0)->out.file_expire.n, 0);
    DO(w, ali, file_get, waits);
    w->rules.file_waits_s = -3600; /* an hour later */
    struct span late = DO(w, ali, upload_begin, SPAN("late"), KIB)->out.upload_begin.upload.token;
    assert_refused(ASK(w, ali, upload_get, late), gone, "upload");
    const struct file_expire_out *out = &DO(w, NOBODY, file_expire, 0)->out.file_expire;
    assert_int_equal(out->n, 1);
    assert_int_equal(out->tokens[0].n, late.n);
    assert_memory_equal(out->tokens[0].p, late.p, late.n);
    assert_refused(ASK(w, ali, upload_get, late), not_found, "upload");
    DO(w, ali, upload_get, token);
    assert_refused(ASK(w, ali, file_get, waits), not_found, "file");
    DO(w, ali, file_get, kept);
    assert_trash(w, "p2");
}

static void what_no_row_names_is_an_orphan(void **state)
{
    struct world *w = *state;
    set_rules(w);
    struct actor ali = someone(w, "ali");
    struct file_id gone = file(w, ali, "d1", "p1");
    file(w, ali, "d2", "p2");
    DO(w, ali, file_delete, gone);
    struct span placed[] = { SPAN("p1"), SPAN("p2"), SPAN("p3") };
    struct span tokens[] = { DO(w, ali, upload_begin, SPAN("b"), KIB)->out.upload_begin.upload.token, SPAN("012345678901234567890123") };
    const struct file_orphans_out *out = &DO(w, NOBODY, file_orphans, placed, tokens, 3, 2)->out.file_orphans;
    assert_false(out->placed[1]);
    assert_true(out->placed[2]);
    assert_false(out->tokens[0]);
    assert_true(out->tokens[1]);
    struct span name = SPAN("p1");
    DO(w, NOBODY, file_trashed, &name, 1);
    assert_true(DO(w, NOBODY, file_orphans, placed, tokens, 3, 2)->out.file_orphans.placed[0]);
}

CASES(file, STORY(a_file_goes_with_one_message_and_is_seen_by_its_room), STORY(a_signed_address_shows_the_files_of_its_room_alone), STORY(a_message_takes_each_file_once_and_at_most_ten),
      STORY(equal_bytes_are_kept_once_until_the_last_reference_goes), STORY(parts_of_a_message_are_deleted_alone),
      STORY(the_quota_counts_what_is_there_and_what_is_coming), STORY(an_upload_is_its_owners_and_becomes_one_file), STORY(who_waits_too_long_goes),
      STORY(what_no_row_names_is_an_orphan));
