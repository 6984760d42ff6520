/* Sessions: one per log-in, kept alive by a refresh token that changes at every use. Verbs run on a lane, the password check in the pool.

   A refresh token is "<session id>.<family>.<secret>". The family half stays for the life of the session, the secret is new at every use; both are
   kept only as hashes. So three kinds of wrong token can be told apart without remembering the used ones:
     family unknown                        somebody guesses: refused, and nothing happens to the session
     family right, secret the current one  the one good case
     family right, any other secret        a token that was good once comes back: stolen or copied, so the session dies
   One exception keeps honest clients alive. When the answer that carried the new token was lost (a killed server, a dead link), the client asks again
   with the token before. Within grace_s of the change it gets the very same new token again: the secret is derived from the one before with a salt
   that is kept, so that neither the database alone nor the old token alone can make it, and nothing changes a second time.

   A hash that came with an import, or is cheaper than today's, is made anew at the log-in that proves it: in the transaction of that log-in, and only if
   it is still the hash that was proven. */
#include "base/utf8.h"
#include "chat/email.h"
#include "chat/grant.h"
#include "chat/letter.h"
#include "chat/password.h"
#include "chat/secret.h"

enum { family_bytes = 16, secret_bytes = 32, salt_bytes = 16, grace_s = 60, agent_max_bytes = 256, sessions_shown_max = 200 };

/* ---- Opening */

/* What a client says about itself is kept only as far as it is short and clean. */
static struct span tidy(struct span s)
{
    if (s.n > agent_max_bytes) s.n = agent_max_bytes;
    while (s.n && !utf8_valid(s)) s.n--;
    return s.n && !memchr(s.p, 0, s.n) ? s : SPAN("");
}

static struct span token_of(struct ask *ask, struct session_id id, struct span family, struct span secret)
{
    return arena_printf(ask->arena, "%lld." SPAN_FMT "." SPAN_FMT, (long long)id.v, SPAN_ARG(family), SPAN_ARG(secret));
}

enum fault grant_open(struct ask *ask, struct span agent, struct span address, struct grant *out)
{
    struct span family = secret_make(ask->arena, family_bytes), secret = secret_make(ask->arena, secret_bytes);
    struct session_record record = {
        .account = out->account.person.id, .agent = tidy(agent), .address = tidy(address),
        .family_hash = secret_hash(ask->arena, family), .refresh_hash = secret_hash(ask->arena, secret),
        .created_us = ask->now_us, .used_us = ask->now_us, .rotated_us = ask->now_us,
        .expires_us = ask->now_us + ask->chat->rules->refresh_ttl_s * 1000000,
    };
    ask_account(ask, &out->account);
    enum fault fault = store_session_delete_expired(ask->store, record.account, ask->now_us);
    if (!fault) fault = store_session_insert(ask->store, &record, &out->session);
    if (!fault) out->refresh_token = token_of(ask, out->session, family, secret);
    return fault;
}

/* The form under which a name is looked up; empty when no account can be called so. */
static struct span fold(struct ask *ask, struct span username)
{
    struct span folded = username.n <= ACCOUNT_NAME_MAX_BYTES ? utf8_fold(ask->arena, username) : SPAN("");
    return folded.n && !memchr(folded.p, 0, folded.n) ? folded : SPAN("");
}

/* By user name, or else by address. */
static enum fault by_login(struct ask *ask, struct span who, struct account *out, struct span *hash_out)
{
    struct span sent, email = { 0 }, folded = fold(ask, who);
    if (memchr(who.p ? who.p : "", '@', who.n) && !email_parse(ask->arena, who, &sent, &email)) email = (struct span){ 0 };
    return store_account_by_login(ask->store, folded, email, ask->arena, out, hash_out);
}

enum fault account_by_login(struct ask *ask, struct span who, struct account *out)
{
    return by_login(ask, who, out, NULL);
}

/* Takes as long for a name nobody has as for a wrong password. */
enum fault session_open_prepare(struct ask *ask)
{
    struct session_open_in *in = &ask->c->in.session_open;
    struct account account = { 0 };
    struct span hash = { 0 };
    if (in->who.password.n > ACCOUNT_PASSWORD_MAX_BYTES) return ask_refuse(ask, fault_too_large, "password");
    enum fault fault = by_login(ask, in->who.username, &account, &hash);
    if (fault && fault != fault_not_found) return fault;
    if (!password_proves(in->who.password, hash, ask->chat->rules->bcrypt_cost)) return ask_refuse(ask, fault_unauthenticated, "credentials");
    in->verified = account.person.id, in->hash_seen = hash;
    if (!password_wants_upgrade(hash, ask->chat->rules->bcrypt_cost)) return fault_none;
    return password_hash(ask->arena, in->who.password, ask->chat->rules->bcrypt_cost, &in->hash_new);
}

enum fault session_open(struct ask *ask)
{
    const struct session_open_in *in = &ask->c->in.session_open;
    struct grant *grant = &ask->c->out.session_open.grant;
    struct span hash = { 0 };
    enum fault fault = by_login(ask, in->who.username, &grant->account, &hash);
    if (fault && fault != fault_not_found) return fault;
    bool stands = fault == fault_none && !id_none(in->verified) && id_eq(grant->account.person.id, in->verified) && secret_eq(hash, in->hash_seen);
    if (!stands) return ask_refuse(ask, fault_unauthenticated, "credentials");
    if (in->hash_new.n) fault = store_account_set_password(ask->store, in->verified, in->hash_new);
    return fault ? fault : grant_open(ask, in->agent, in->address, grant);
}

/* ---- Refreshing */

struct token {
    struct session_id id;
    struct span family, secret;
};

static bool token_parse(struct span text, struct token *out)
{
    return span_to_i64(span_cut(text, '.', &text), &out->id.v) && out->id.v > 0 && (out->family = span_cut(text, '.', &out->secret)).n && out->secret.n;
}

static enum fault rotate(struct ask *ask, const struct token *token, struct session_record *session, struct grant *out)
{
    session->salt = secret_make(ask->arena, salt_bytes);
    struct span next = secret_derive(ask->arena, session->salt, token->secret);
    session->previous_hash = session->refresh_hash;
    session->refresh_hash = secret_hash(ask->arena, next);
    session->used_us = session->rotated_us = ask->now_us;
    session->expires_us = ask->now_us + ask->chat->rules->refresh_ttl_s * 1000000;
    out->refresh_token = token_of(ask, session->id, token->family, next);
    return store_session_rotate(ask->store, session);
}

static enum fault answer_again(struct ask *ask, const struct token *token, const struct session_record *session, struct grant *out)
{
    out->refresh_token = token_of(ask, session->id, token->family, secret_derive(ask->arena, session->salt, token->secret));
    return fault_none;
}

static enum fault end_session(struct ask *ask, struct session_id session, struct account_id owner)
{
    struct event ended = { .kind = event_session_revoked, .session = session, .subject.id = owner };
    enum fault fault = store_session_delete(ask->store, session, owner);
    return fault ? fault : ask_happened(ask, &ended);
}

/* Refused, and yet the end of the session stands. */
static enum fault punish_reuse(struct ask *ask, const struct session_record *session)
{
    enum fault fault = end_session(ask, session->id, session->account);
    if (fault) return fault;
    ask->keep = true;
    return ask_refuse(ask, fault_unauthenticated, "refresh_token");
}

static bool is_lost_answer(const struct ask *ask, struct span hash, const struct session_record *session)
{
    return session->previous_hash.n && secret_eq(hash, session->previous_hash) && ask->now_us - session->rotated_us <= grace_s * INT64_C(1000000);
}

/* The live session of the token's family, or unauthenticated. */
static enum fault find_family(struct ask *ask, struct token *token, struct session_record *session)
{
    if (!token_parse(ask->c->in.session_refresh.refresh_token, token)) return ask_refuse(ask, fault_unauthenticated, "refresh_token");
    enum fault fault = store_session_by_id(ask->store, token->id, ask->arena, session);
    if (fault && fault != fault_not_found) return fault;
    bool known = fault == fault_none && session->expires_us > ask->now_us && secret_eq(secret_hash(ask->arena, token->family), session->family_hash);
    return known ? fault_none : ask_refuse(ask, fault_unauthenticated, "refresh_token");
}

enum fault session_refresh(struct ask *ask)
{
    struct grant *grant = &ask->c->out.session_refresh.grant;
    struct token token;
    struct session_record session;
    enum fault fault = find_family(ask, &token, &session);
    if (fault) return fault;
    fault = store_account_asking(ask->store, session.account, session.id, ask->now_us, ask->arena, &ask->account);
    if (fault == fault_not_found) return ask_refuse(ask, fault_unauthenticated, "account");
    if (fault) return fault;
    ask_account(ask, &ask->account);
    grant->account = ask->account, grant->session = session.id;
    struct span hash = secret_hash(ask->arena, token.secret);
    if (secret_eq(hash, session.refresh_hash)) return rotate(ask, &token, &session, grant);
    if (is_lost_answer(ask, hash, &session)) return answer_again(ask, &token, &session, grant);
    return punish_reuse(ask, &session);
}

/* ---- The password of somebody who is there already */

enum fault ask_prove_password(struct ask *ask, struct span password, struct span *hash_seen)
{
    struct actor actor = ask->c->actor;
    struct account account;
    if (id_none(actor.account)) return ask_refuse(ask, fault_unauthenticated, "session");
    enum fault fault = store_account_asking(ask->store, actor.account, actor.session, ask->now_us, ask->arena, &account);
    if (!fault) fault = store_account_hash(ask->store, actor.account, ask->arena, hash_seen);
    if (fault == fault_not_found) return ask_refuse(ask, fault_unauthenticated, "session");
    if (fault) return fault;
    if (password.n > ACCOUNT_PASSWORD_MAX_BYTES) return ask_refuse(ask, fault_too_large, "password");
    return password_matches(password, *hash_seen) ? fault_none : ask_refuse(ask, fault_forbidden, "password");
}

enum fault ask_password_stands(struct ask *ask, struct span hash_seen)
{
    struct span hash = { 0 };
    enum fault fault = store_account_hash(ask->store, ask->account.person.id, ask->arena, &hash);
    if (fault && fault != fault_not_found) return fault;
    return !fault && hash.n && secret_eq(hash, hash_seen) ? fault_none : ask_refuse(ask, fault_forbidden, "password");
}

enum fault ask_end_sessions(struct ask *ask, struct account_id account, struct session_id except, size_t *n_out)
{
    struct session_id *ended;
    enum fault fault = store_session_delete_all(ask->store, account, except, ask->arena, &ended, n_out);
    for (size_t i = 0; !fault && i < *n_out; i++) {
        struct event e = { .kind = event_session_revoked, .session = ended[i], .subject.id = account };
        fault = ask_happened(ask, &e);
    }
    if (fault || !id_none(except)) return fault;
    struct event all = { .kind = event_session_revoked, .subject.id = account };
    return ask_happened(ask, &all);
}

/* ---- Looking and ending */

enum fault session_list(struct ask *ask)
{
    struct session_list_out *out = &ask->c->out.session_list;
    return store_session_list(ask->store, ask->account.person.id, ask->now_us, sessions_shown_max, ask->arena, &out->sessions, &out->n);
}

enum fault session_revoke(struct ask *ask)
{
    struct session_id id = ask->c->in.session_revoke.id;
    if (id_none(id)) id = ask->c->actor.session;
    enum fault fault = end_session(ask, id, ask->account.person.id);
    if (fault == fault_not_found) return ask_refuse(ask, fault, "session");
    ask->c->out.session_revoke.id = id;
    return fault;
}
