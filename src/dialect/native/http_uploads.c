/* Files that come in whole: PUT /files?name=… with the bytes as body, and POST /files as multipart/form-data with up to ten files. Runs on the request's
   loop; the bytes go through door/intake. */
#include "dialect/native/admission.h"
#include "base/clock.h"

bool upload_admit(struct request *r, enum limit limit, struct identity *out)
{
    struct door *door = request_door(r);
    struct problem p = { 0 };
    p.fault = call_prove(r, out, &p.detail);
    if (!p.fault && !limits_take_account(door->limits, limit, out->actor.account, clock_mono_ms(), &p.retry_after_s)) p.fault = fault_limited;
    if (!p.fault && !door->files) p.fault = fault_unavailable;
    if (p.fault) problem_respond(r, &p);
    return p.fault == fault_none;
}

static void kept(struct intake *in, const struct file_add_out *out)
{
    struct request *r = intake_request(in);
    struct buf body;
    buf_init(&body, 1 << 20);
    struct json_writer w = json_writer(&body);
    if (intake_n_files(in) == 1 && span_eq(request_method(r), SPAN("PUT"))) {
        encode_file(&w, &out->files[0]);
    } else {
        json_begin_object(&w);
        json_key(&w, "files");
        json_begin_array(&w);
        for (size_t i = 0; i < intake_n_files(in); i++) encode_file(&w, &out->files[i]);
        json_end_array(&w);
        json_end_object(&w);
    }
    respond(r, 201, "application/json", buf_span(&body));
    buf_fini(&body);
}

static void refused(struct intake *in, enum fault fault, const char *detail, int64_t retry_after_s)
{
    problem_respond(intake_request(in), &(struct problem){ .fault = fault, .detail = detail, .retry_after_s = retry_after_s });
}

static const struct intake_events events = { NULL, kept, refused };
static const struct intake_rules rules = { .events = &events, .n_files_max = FILES_PER_MESSAGE_MAX };

static void handle_put(struct request *r)
{
    struct identity identity;
    if (upload_admit(r, limit_upload, &identity)) intake_raw(r, identity.actor, &rules, request_query_param(r, "name"));
}

static void handle_post(struct request *r)
{
    struct identity identity;
    if (upload_admit(r, limit_upload, &identity)) intake_form(r, identity.actor, &rules);
}

static const struct route rows[] = {
    { "PUT", "/api/v1/files", handle_put, 0, route_streams },
    { "POST", "/api/v1/files", handle_post, 0, route_streams },
};

void upload_routes(struct router *router)
{
    router_add(router, rows, sizeof rows / sizeof *rows);
}
