/* The courier's thread. Shipments come in under a lock and go home by letter; between the two only this thread touches them. It owns the
   multi handle and one easy handle a shipment under way. Senders on other threads only append to the inbox and wake it.

       outbound_send ─► inbox ──take_inbox──► waiting ──begin (a place is free)──► under way ──curl has finished──► home
   Always: every shipment goes home exactly once; n_lent is at most OUTBOUND_QUEUE_MAX. */
#include "work/outbound.h"
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define POLL_MS 1000
#define POLL_BUSY_MS 1

struct run { /* one shipment under way */
    struct outbound *o;
    struct shipment *s;
    CURL *easy;
    struct curl_slist *headers, *rcpt;
    size_t n_sent, n_received; /* of the body, of the answer */
    bool refused;              /* the address is one we do not call */
};

struct outbound {
    struct outbound_config config;
    CURLM *multi;
    struct thread *thread;
    pthread_mutex_t lock;      /* the next three */
    struct shipment *inbox, **inbox_tail;
    bool closing;
    size_t n_lent;
    struct shipment *waiting, **waiting_tail; /* the thread's own */
    struct run *runs[OUTBOUND_AT_ONCE_MAX];
    size_t n_runs;
};

/* ---- Going home */

static void go_home(struct outbound *o, struct shipment *s, enum fault fault, int status)
{
    s->fault = fault, s->status = status;
    pthread_mutex_lock(&o->lock);
    o->n_lent--;
    pthread_mutex_unlock(&o->lock);
    mailbox_post(s->to, &s->home);
}

static void run_free(struct run *r)
{
    curl_multi_remove_handle(r->o->multi, r->easy);
    curl_easy_cleanup(r->easy);
    curl_slist_free_all(r->headers);
    curl_slist_free_all(r->rcpt);
    free(r);
}

static void run_end(struct run *r, enum fault fault, int status)
{
    struct outbound *o = r->o;
    struct shipment *s = r->s;
    for (size_t i = 0; i < o->n_runs; i++)
        if (o->runs[i] == r) o->runs[i] = o->runs[--o->n_runs];
    run_free(r);
    go_home(o, s, fault, status);
}

/* ---- What curl asks */

static bool to_address(const struct sockaddr *sa, unsigned char out[16])
{
    static const unsigned char v4_mapped[12] = { [10] = 0xff, [11] = 0xff };
    if (sa->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
        return true;
    }
    memcpy(out, v4_mapped, sizeof v4_mapped);
    memcpy(out + 12, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
    return sa->sa_family == AF_INET;
}

static bool may_call(const struct run *r, const unsigned char address[16])
{
    const struct outbound_config *config = &r->o->config;
    if (r->s->kind == outbound_mail) return true;
    if (config->allows && config->allows(config->arg, address)) return true;
    return outbound_address_is_public(address) && strncasecmp(r->s->url, "https:", 6) == 0;
}

/* The name is resolved by now: this is the address that is really called. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct run *r = user;
    unsigned char address[16];
    (void)purpose;
    if (!to_address(&to->addr, address) || !may_call(r, address)) {
        r->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* The answer's body interests nobody; one without an end is cut off. */
static size_t take_answer(char *p, size_t size, size_t n, void *user)
{
    struct run *r = user;
    (void)p;
    r->n_received += size * n;
    return r->n_received <= OUTBOUND_ANSWER_MAX_BYTES ? size * n : 0;
}

static size_t give_body(char *p, size_t size, size_t n, void *user)
{
    struct run *r = user;
    size_t left = r->s->body.n - r->n_sent, most = size * n < left ? size * n : left;
    if (most) memcpy(p, r->s->body.p + r->n_sent, most);
    r->n_sent += most;
    return most;
}

/* ---- Setting out */

#define SET(option, value) (ok = ok && curl_easy_setopt(r->easy, CURLOPT_##option, (value)) == CURLE_OK)

static bool set_common(struct run *r)
{
    bool ok = true;
    SET(PRIVATE, (void *)r);
    SET(NOSIGNAL, 1L);
    SET(PROXY, "");
    SET(FOLLOWLOCATION, 0L);
    SET(CONNECTTIMEOUT_MS, (long)OUTBOUND_CONNECT_MS);
    SET(TIMEOUT_MS, (long)OUTBOUND_WHOLE_MS);
    SET(OPENSOCKETFUNCTION, open_socket);
    SET(OPENSOCKETDATA, (void *)r);
    SET(WRITEFUNCTION, take_answer);
    SET(WRITEDATA, (void *)r);
    return ok;
}

static bool add_header(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer) *list = longer;
    return longer != NULL;
}

static bool set_post(struct run *r)
{
    const struct shipment *s = r->s;
    bool ok = strlen(s->url) <= OUTBOUND_URL_MAX_BYTES;
    for (size_t i = 0; ok && i < s->n_headers; i++) ok = add_header(&r->headers, s->headers[i].p);
    ok = ok && add_header(&r->headers, "Expect:");
    SET(PROTOCOLS_STR, "http,https");
    SET(URL, s->url);
    SET(USERAGENT, "suhbat/" SUHBAT_VERSION);
    SET(POST, 1L);
    SET(POSTFIELDSIZE_LARGE, (curl_off_t)s->body.n);
    SET(POSTFIELDS, s->body.p ? s->body.p : "");
    SET(HTTPHEADER, r->headers);
    return ok;
}

static bool set_mail(struct run *r)
{
    const struct outbound_config *config = &r->o->config;
    bool ok = add_header(&r->rcpt, r->s->rcpt.p);
    SET(PROTOCOLS_STR, "smtp,smtps");
    SET(URL, config->smtp_url);
    SET(USE_SSL, config->smtp_needs_tls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
    SET(MAIL_FROM, config->smtp_from ? config->smtp_from : "");
    SET(MAIL_RCPT, r->rcpt);
    SET(UPLOAD, 1L);
    SET(INFILESIZE_LARGE, (curl_off_t)r->s->body.n);
    SET(READFUNCTION, give_body);
    SET(READDATA, (void *)r);
    return ok;
}

/* NULL: it went home at once. */
static struct run *run_create(struct outbound *o, struct shipment *s)
{
    struct run *r = calloc(1, sizeof *r);
    if (!r) abort();
    *r = (struct run){ .o = o, .s = s, .easy = curl_easy_init() };
    if (!r->easy) abort();
    bool ok = set_common(r) && (s->kind == outbound_mail ? set_mail(r) : set_post(r));
    if (ok && curl_multi_add_handle(o->multi, r->easy) == CURLM_OK) return r;
    run_free(r);
    go_home(o, s, fault_invalid, 0);
    return NULL;
}

static void begin(struct outbound *o, struct shipment *s)
{
    enum fault fault = s->prepare ? s->prepare(s) : fault_none;
    if (!fault && s->kind == outbound_mail && !o->config.smtp_url) fault = fault_unavailable;
    if (fault) {
        go_home(o, s, fault, 0);
        return;
    }
    struct run *r = run_create(o, s);
    if (r) o->runs[o->n_runs++] = r;
}

/* ---- The thread */

static void take_inbox(struct outbound *o)
{
    pthread_mutex_lock(&o->lock);
    if (o->inbox) {
        *o->waiting_tail = o->inbox;
        o->waiting_tail = o->inbox_tail;
        o->inbox = NULL, o->inbox_tail = &o->inbox;
    }
    pthread_mutex_unlock(&o->lock);
}

static void begin_waiting(struct outbound *o)
{
    while (o->waiting && o->n_runs < OUTBOUND_AT_ONCE_MAX) {
        struct shipment *s = o->waiting;
        o->waiting = s->next;
        if (!o->waiting) o->waiting_tail = &o->waiting;
        begin(o, s);
    }
}

static enum fault judge(const struct run *r, CURLcode code, long status)
{
    if (r->refused) return fault_forbidden;
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) return fault_invalid;
    bool is_cut = code == CURLE_WRITE_ERROR && status; /* the answer was longer than we read: its status is known all the same */
    if (code != CURLE_OK && !is_cut) return fault_unavailable;
    return fault_none;
}

static void finish(struct outbound *o, CURL *easy, CURLcode code)
{
    struct run *r = NULL;
    long status = 0;
    curl_off_t retry_after = 0;
    (void)o;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &r);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    r->s->retry_after_s = (int64_t)retry_after;
    run_end(r, judge(r, code, status), (int)status);
}

static void collect(struct outbound *o)
{
    int n_left;
    for (CURLMsg *m; (m = curl_multi_info_read(o->multi, &n_left));)
        if (m->msg == CURLMSG_DONE) finish(o, m->easy_handle, m->data.result);
}

static bool is_closing(struct outbound *o)
{
    pthread_mutex_lock(&o->lock);
    bool closing = o->closing;
    pthread_mutex_unlock(&o->lock);
    return closing;
}

static void give_everything_back(struct outbound *o)
{
    take_inbox(o);
    while (o->n_runs) run_end(o->runs[0], fault_unavailable, 0);
    while (o->waiting) {
        struct shipment *s = o->waiting;
        o->waiting = s->next;
        go_home(o, s, fault_unavailable, 0);
    }
}

static void work(void *arg)
{
    struct outbound *o = arg;
    while (!is_closing(o)) {
        int n_running, n_ready;
        take_inbox(o);
        begin_waiting(o);
        curl_multi_perform(o->multi, &n_running);
        collect(o);
        bool more = o->waiting && o->n_runs < OUTBOUND_AT_ONCE_MAX;
        curl_multi_poll(o->multi, NULL, 0, more ? POLL_BUSY_MS : POLL_MS, &n_ready);
    }
    give_everything_back(o);
}

/* ---- From outside */

static void start_curl(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

struct outbound *outbound_create(const struct outbound_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct outbound *o = calloc(1, sizeof *o);
    pthread_once(&once, start_curl);
    if (!o || !(o->multi = curl_multi_init())) abort();
    o->config = *config;
    o->inbox_tail = &o->inbox, o->waiting_tail = &o->waiting;
    pthread_mutex_init(&o->lock, NULL);
    curl_multi_setopt(o->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)OUTBOUND_PER_HOST_MAX);
    curl_multi_setopt(o->multi, CURLMOPT_MAXCONNECTS, (long)OUTBOUND_AT_ONCE_MAX);
    o->thread = thread_start("courier", work, o);
    return o;
}

void outbound_send(struct outbound *o, struct shipment *s)
{
    s->next = NULL, s->fault = fault_none, s->status = 0, s->retry_after_s = 0;
    pthread_mutex_lock(&o->lock);
    bool full = o->closing || o->n_lent >= OUTBOUND_QUEUE_MAX;
    o->n_lent++;
    if (!full) {
        *o->inbox_tail = s;
        o->inbox_tail = &s->next;
    }
    pthread_mutex_unlock(&o->lock);
    if (full)
        go_home(o, s, fault_busy, 0);
    else
        curl_multi_wakeup(o->multi);
}

void outbound_destroy(struct outbound *o)
{
    if (!o) return;
    pthread_mutex_lock(&o->lock);
    o->closing = true;
    pthread_mutex_unlock(&o->lock);
    curl_multi_wakeup(o->multi);
    thread_join(o->thread);
    curl_multi_cleanup(o->multi);
    pthread_mutex_destroy(&o->lock);
    free(o);
}
