/* SPDX-License-Identifier: BSD-2-Clause */
/* Visitors and JSON from strangers. */
#include "harness.h"

#include "obj/visit.h"

static void test_json(void)
{
    static const char *const bad[] = { "", "{", "{\"a\":}", "[1,]x", "nul", "{\"a\":1}}", "\x01" };
    g_autoptr(GError) err = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(JsonNode) n = obj_json_parse(bad[i], -1, &err);
        ok(!n && err, "not JSON: %s", bad[i]);
        g_clear_error(&err);
    }
    GString *deep = g_string_new(NULL);
    for (guint i = 0; i < 100000; i++) {
        g_string_append_c(deep, '[');
    }
    ok(!obj_json_parse(deep->str, -1, &err), "nesting without end");
    is_error(&err, "nested more than 64 deep", "is refused");
    g_string_free(deep, TRUE);
    ok(!obj_json_parse("\"\xff\xfe\"", -1, &err), "bytes that are not UTF-8");
    is_error(&err, "UTF-8", "are refused");
    ok(!obj_json_parse("[1]\0[2]", 7, &err), "a NUL inside");
    g_clear_error(&err);
    g_autoptr(JsonNode) n = obj_json_parse("{\"a\":[1,\"[[[[\",null]}", -1, &err);
    is_text(n ? obj_json_text(n) : NULL, "{\"a\":[1,\"[[[[\",null]}", "JSON in, JSON out");
}

/* JSON is strict about kinds; text is not. */
static void test_strict(void)
{
    g_autoptr(JsonNode) n = obj_json_parse("\"on\"", -1, NULL);
    g_autoptr(ObjVisitor) strict = obj_visit_new_json(n), words = obj_visit_new_text("on");
    g_autoptr(GError) err = NULL;
    gboolean b = FALSE;

    ok(!obj_visit_bool(strict, &b, &err), "\"on\" is no JSON boolean");
    is_error(&err, "'on' is not true or false", "and it says so");
    ok(obj_visit_bool(words, &b, NULL) && b, "but a word for one");
}

static void test_depth(void)
{
    GString *s = g_string_new(NULL);
    g_autoptr(GError) err = NULL;
    guint depth = 0, n = 1;

    for (guint i = 0; i < 60; i++) {
        g_string_append_c(s, '[');
    }
    g_string_append_c(s, '1');
    for (guint i = 0; i < 60; i++) {
        g_string_append_c(s, ']');
    }
    g_autoptr(ObjVisitor) v = obj_visit_new_text(s->str);
    while (obj_visit_open_list(v, &n, &err)) {
        obj_visit_item(v, 0);
        depth++;
    }
    is(depth, 32, "visitors stop at 32 levels");
    is_error(&err, "nested too deeply", "with an error");
    g_string_free(s, TRUE);
}

static void test_output(void)
{
    g_autoptr(ObjVisitor) v = obj_visit_new_output();
    guint n = 2;

    obj_visit_open_struct(v, NULL);
    obj_visit_member(v, "big");
    obj_visit_uint(v, &(uint64_t){ UINT64_MAX }, NULL);
    obj_visit_member(v, "list");
    obj_visit_open_list(v, &n, NULL);
    for (guint i = 0; i < n; i++) {
        obj_visit_item(v, i);
        obj_visit_int(v, &(int64_t){ -(int64_t)i }, NULL);
    }
    obj_visit_close_list(v);
    obj_visit_member(v, "text");
    obj_visit_str(v, &(char *){ NULL }, NULL);
    obj_visit_close_struct(v, NULL);
    g_autoptr(JsonNode) out = obj_visit_take(v);
    is_text(obj_json_text(out), "{\"big\":\"0xffffffffffffffff\",\"list\":[0,-1],\"text\":null}",
            "output");

    g_autoptr(ObjVisitor) in = obj_visit_new_json(out);
    uint64_t big = 0;
    obj_visit_open_struct(in, NULL);
    ok(obj_visit_member(in, "big") && obj_visit_uint(in, &big, NULL) && big == UINT64_MAX,
       "all 64 bits come back");
    ok(!obj_visit_member(in, "absent"), "an absent member");
}

static void test_sizes(void)
{
    uint64_t n;

    ok(obj_parse_size("16E", &n) == FALSE, "16E does not fit");
    ok(obj_parse_size("15E", &n) && n == UINT64_C(15) << 60, "15E does");
    ok(obj_parse_size("0.5M", &n) && n == 512 << 10, "0.5M");
    ok(!obj_parse_size("0x", &n) && !obj_parse_size("0x1G", &n) && !obj_parse_size(".5G", &n) &&
           !obj_parse_size("1.G", &n) && !obj_parse_size("-1", &n) && !obj_parse_size(" 1", &n),
       "what is no size");
}

int main(void)
{
    test_json();
    test_strict();
    test_depth();
    test_output();
    test_sizes();
    return tap_done();
}
