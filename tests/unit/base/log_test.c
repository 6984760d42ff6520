/* Log lines as they reach stderr: levels, quoting, hostile values, the ceiling. */
#include "base/log.h"
#include "base_test.h"
#include <stdlib.h>
#include <unistd.h>

static char line[8192];
static int saved_stderr, pipe_ends[2];

static void begin_capture(void)
{
    assert_int_equal(pipe(pipe_ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
}

static void end_capture(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr), close(pipe_ends[1]);
    ssize_t n = read(pipe_ends[0], line, sizeof line - 1);
    close(pipe_ends[0]);
    line[n < 0 ? 0 : n] = 0;
}

static void logfmt(void **state)
{
    log_setup(log_info, log_logfmt);
    begin_capture();
    LOG(debug, "hidden");
    LOG(warn, "slow", log_str("who", "ali"), log_int("ms", -5), log_str("why", "two words"), log_str("empty", ""));
    end_capture();
    assert_memory_equal(line, "time=20", 7);
    assert_string_equal(strchr(line, ' '), " level=warn event=slow who=ali ms=-5 why=\"two words\" empty=\"\"\n");
}

static void hostile_values_stay_in_their_quotes(void **state)
{
    log_setup(log_debug, log_logfmt);
    begin_capture();
    LOG(info, "x", log_span("v", SPAN("a\" level=error\nevent=y \\ \x01\xFF")));
    end_capture();
    assert_string_equal(strchr(line, ' '), " level=info event=x v=\"a\\\" level=error\\nevent=y \\\\ \\u0001?\"\n");
}

static void json(void **state)
{
    log_setup(log_info, log_json);
    begin_capture();
    LOG(info, "x", log_int("n", 7), log_str("t", "при\"вет\n"));
    end_capture();
    assert_memory_equal(line, "{\"time\":\"20", 11);
    assert_string_equal(strchr(line, ','), ",\"level\":\"info\",\"event\":\"x\",\"n\":7,\"t\":\"при\\\"вет\\n\"}\n");
}

static void one_bounded_line(void **state)
{
    static char big[3000];
    memset(big, '\x01', sizeof big);
    log_setup(log_info, log_json);
    begin_capture();
    struct span v = { big, sizeof big };
    LOG(info, "x", log_span("a", v), log_span("b", v), log_span("c", v), log_int("d", 1), log_int("e", 1), log_int("f", 1));
    end_capture();
    size_t n = strlen(line);
    assert_true(n <= 4096);
    assert_string_equal(line + n - 2, "}\n");
    int quotes = 0;
    for (size_t i = 0; i < n; i++) quotes += line[i] == '"';
    assert_int_equal(quotes % 2, 0);
    log_setup(log_info, log_logfmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(logfmt), cmocka_unit_test(hostile_values_stay_in_their_quotes), cmocka_unit_test(json),
                                        cmocka_unit_test(one_bounded_line) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
