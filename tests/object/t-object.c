/* SPDX-License-Identifier: BSD-2-Clause */
/* Types, references, the composition tree and paths. */
#include "harness.h"

#include "obj/prop.h"

typedef struct Thing {
    Obj obj;
    guint number;
    Obj *friend;
} Thing;

static GString *story;      /* what the hooks did, one letter each */

static void base_init(Obj *o)
{
    g_string_append_c(story, 'i');
}

static void base_unparent(Obj *o)
{
    g_string_append_printf(story, "u%s ", o->name ? o->name : "?");
}

static void base_finalize(Obj *o)
{
    g_string_append_c(story, 'f');
}

static void leaf_init(Obj *o)
{
    g_string_append_printf(story, "I%u", ((Thing *)o)->number);
}

static void leaf_unparent(Obj *o)
{
    g_string_append_printf(story, "U%u", o->children ? o->children->len : 0);
}

static void leaf_finalize(Obj *o)
{
    g_string_append_c(story, 'F');
}

static const ObjIface wheel = { .name = "wheel", .text = "Something that turns." };
static const ObjIface engine = { .name = "engine", .text = "Something that drives." };
static const int base_ops, leaf_ops;

extern const ObjType leaf_type;
static const ObjProp base_props[] = {
    OBJ_PROP_UINT("number", "A number to be found in init.", Thing, number, 7, 0, 100),
    { 0 },
};
static const ObjType base_type = {
    .name = "base", .text = OBJ_TEXT("A base of other things."), .size = sizeof(Thing),
    .abstract = TRUE, .props = base_props,
    .ifaces = (const ObjImpl[]){ { &wheel, &base_ops }, { &engine, &base_ops }, { 0 } },
    .init = base_init, .unparent = base_unparent, .finalize = base_finalize,
};
static const ObjProp leaf_props[] = {
    OBJ_PROP_LINK("friend", "Another thing.", Thing, friend, &leaf_type),
    { 0 },
};
const ObjType leaf_type = {
    .name = "leaf", .text = OBJ_TEXT("A thing that can be made."), .parent = &base_type,
    .size = sizeof(Thing), .props = leaf_props,
    .ifaces = (const ObjImpl[]){ { &engine, &leaf_ops }, { 0 } },
    .init = leaf_init, .unparent = leaf_unparent, .finalize = leaf_finalize,
};
static const ObjType *const types[] = { &base_type, &leaf_type, &obj_container_type, NULL };

static void test_types(void)
{
    g_autoptr(GError) err = NULL;

    ok(obj_type_is(&leaf_type, &base_type) && !obj_type_is(&base_type, &leaf_type), "inheritance");
    ok(obj_type_ops(&leaf_type, &wheel) == &base_ops, "an interface comes from the parent");
    ok(obj_type_ops(&leaf_type, &engine) == &leaf_ops, "the derived type's operations win");
    ok(!obj_type_ops(&obj_container_type, &wheel), "no interface, no operations");
    ok(obj_type_find(types, "thing", "leaf", &err) == &leaf_type, "found by name");
    ok(!obj_type_find(types, "thing", "leef", &err), "a wrong name finds nothing");
    is_error(&err, "there is no thing 'leef'; did you mean 'leaf'?", "and suggests the nearest");
    ok(!obj_type_find(types, "thing", "base", &err), "an abstract type is not found");
    g_clear_error(&err);
    ok(obj_type_check(&leaf_type, &err), "the types are sound");
}

/* One broken type for each rule. */
static void test_check(void)
{
    static const ObjProp wrong_default[] = {
        OBJ_PROP_UINT("n", "A number outside.", Thing, number, 9, 0, 8), { 0 } };
    static const ObjProp wrong_range[] = {
        { .name = "n", .text = "A byte of 300.", .kind = OBJ_UINT, .offset = sizeof(Obj), .width = 1, .max = 300 },
        { 0 } };
    static const ObjProp no_text[] = {
        { .name = "n", .kind = OBJ_UINT, .offset = sizeof(Obj), .width = 4, .max = 3 }, { 0 } };
    static const ObjProp twice[] = {
        OBJ_PROP_UINT("number", "A row of the parent again.", Thing, number, 1, 0, 8), { 0 } };
    static const ObjProp outside[] = {
        { .name = "n", .text = "After the end.", .kind = OBJ_UINT, .offset = 4096, .width = 4, .max = 3 }, { 0 } };
    static const struct {
        const char *text;
        const ObjProp *props;
        const char *says;
    } cases[] = {
        { "", NULL, "type 'bad' has no sentence" },
        { "A bad type.", no_text, "property 'n' has no sentence" },
        { "A bad type.", wrong_default, "property 'n' has a default or a range" },
        { "A bad type.", wrong_range, "property 'n' has a default or a range" },
        { "A bad type.", twice, "property 'number' is there twice" },
        { "A bad type.", outside, "property 'n' lies outside" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        ObjType t = { .name = "bad",
                      .text = cases[i].text,
                      .parent = &base_type,
                      .size = sizeof(Thing),
                      .props = cases[i].props };
        g_autoptr(GError) err = NULL;
        obj_type_check(&t, &err);
        is_error(&err, cases[i].says, "refused: %s", cases[i].says);
    }
}

static void test_life(void)
{
    story = g_string_new(NULL);
    Obj *root = obj_new(&obj_container_type);
    Obj *a = obj_new(&leaf_type), *b = obj_new(&leaf_type);
    is_text(g_strdup(story->str), "iI7iI7", "init runs root type first, defaults are there");
    g_string_truncate(story, 0);

    ok(obj_add_child(root, "a", a, NULL) && obj_add_child(a, "b", b, NULL), "children are added");
    is(a->refs, 2, "the parent holds a reference");
    obj_unref(b);
    is_text(obj_path(b), "/a/b", "canonical path");
    obj_prop_set_link(b, "friend", a, NULL);
    is(a->links, 1, "links are counted");
    ok(obj_user_of(root, a) == b, "the user of an object is found");

    obj_unparent(a);
    is_text(g_strdup(story->str), "U1ua U0ub Ff",
            "the parent's hooks run first, children are still there");
    g_string_truncate(story, 0);
    ok(!a->parent && !a->name && a->refs == 1 && a->links == 0, "only our reference is left");
    obj_unparent(a);
    is_text(g_strdup(story->str), "", "unparenting again does nothing");
    obj_unref(a);
    is_text(g_strdup(story->str), "Ff", "finalize with the last reference, most derived first");

    /* A cycle of links does not keep anything alive. */
    g_string_truncate(story, 0);
    a = obj_new(&leaf_type), b = obj_new(&leaf_type);
    obj_add_child(root, "a", a, NULL);
    obj_add_child(root, "b", b, NULL);
    obj_prop_set_link(a, "friend", b, NULL);
    obj_prop_set_link(b, "friend", a, NULL);
    obj_unref(a);
    obj_unref(b);
    g_string_truncate(story, 0);
    obj_unparent(a);
    obj_unparent(b);
    is_text(g_strdup(story->str), "U0ua U0ub FfFf", "two that link each other are freed");
    obj_unref(root);
    g_string_free(story, TRUE);
}

static void test_names(void)
{
    Obj *root = obj_new(&obj_container_type);
    g_autoptr(GError) err = NULL;
    const char *bad[] = { "", ".", "..", "a/b", "a b", "\xc3\xa4" };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Obj) o = obj_new(&obj_container_type);
        ok(!obj_add_child(root, bad[i], o, &err), "'%s' is no name", bad[i]);
        is_error(&err, "is no name", "and it says so");
    }
    for (guint i = 0; i < 3; i++) {
        g_autoptr(Obj) o = obj_new(&obj_container_type);
        obj_add_child(root, "disk[*]", o, NULL);
    }
    ok(obj_child(root, "disk[0]") && obj_child(root, "disk[2]"), "[*] counts up");
    obj_unparent(obj_child(root, "disk[1]"));
    g_autoptr(Obj) o = obj_new(&obj_container_type);
    obj_add_child(root, "disk[*]", o, NULL);
    is_text(obj_path(o), "/disk[1]", "the first free one is taken");
    g_autoptr(Obj) other = obj_new(&obj_container_type);
    ok(!obj_add_child(root, "disk[1]", other, &err), "a taken name is refused");
    is_error(&err, "there is a 'disk[1]' already", "and it says so");
    ok(obj_container(root, "new") == obj_container(root, "new"), "containers are made once");
    obj_unparent(root);
    obj_unref(root);
}

static void test_paths(void)
{
    story = g_string_new(NULL);
    Obj *root = obj_new(&obj_container_type), *m = obj_container(root, "machine");
    Obj *p = obj_container(m, "peripheral"), *q = obj_container(m, "other");
    g_autoptr(Obj) a = obj_new(&leaf_type), b = obj_new(&leaf_type), c = obj_new(&leaf_type);
    g_autoptr(GError) err = NULL;

    obj_add_child(p, "uart0", a, NULL);
    obj_add_child(q, "rtc", b, NULL);
    obj_add_child(b, "uart0", c, NULL);
    obj_prop_set_text(b, "friend", "/machine/peripheral/uart0", NULL);
    ok(obj_resolve(root, "/", NULL, NULL) == root, "the root");
    ok(obj_resolve(root, "/machine/peripheral/uart0", NULL, NULL) == a, "an absolute path");
    ok(obj_resolve(root, "/machine/other/rtc/friend", NULL, NULL) == a, "through a link");
    ok(obj_resolve(root, "rtc", NULL, NULL) == b, "a name that is there once");
    ok(obj_resolve(root, "peripheral/uart0", NULL, NULL) == a, "the end of a path");
    ok(!obj_resolve(root, "uart0", NULL, &err), "an ambiguous name");
    is_error(&err, "'uart0' is the name of 2 objects", "says how many there are");
    ok(!obj_resolve(root, "uart1", NULL, &err), "an absent name");
    is_error(&err, "did you mean 'uart0'?", "suggests the nearest");
    ok(!obj_resolve(root, "/machine/peripheral/uart9", NULL, &err), "an absent absolute path");
    is_error(&err, "did you mean 'uart0'?", "suggests the nearest as well");
    ok(!obj_resolve(root, "/machine", &leaf_type, &err), "an object of another type");
    is_error(&err, "'/machine' is a container, not a leaf", "says what it is");
    ok(!obj_resolve(root, "", NULL, &err), "an empty path");
    is_error(&err, "there is no object ''", "is an error");
    is_text(obj_path(a), "/machine/peripheral/uart0", "a has a path");
    obj_unparent(root);
    ok(!obj_path(a), "and none outside the tree");
    obj_unref(root);
}

int main(void)
{
    test_types();
    test_check();
    test_life();
    test_names();
    test_paths();
    return tap_done();
}
