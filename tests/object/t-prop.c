/* SPDX-License-Identifier: BSD-2-Clause */
/* Property rows: every kind, ranges, errors that name object, property and value, links, aliases. */
#include "harness.h"

#include "obj/prop.h"

#include <stdbool.h>

typedef struct Mac {
    uint8_t port;
    char *name;
} Mac;

typedef struct Dev {
    Obj obj;
    gboolean flag;
    bool small;
    int16_t level;
    uint8_t shift;
    uint64_t base, wide;
    uint64_t ram;
    char *label;
    int mode;
    Obj *peer;
    Mac mac;
    ObjList macs, ports;
    guint changes;
    uint32_t ticks;
} Dev;

enum { MODE_SLOW, MODE_FAST = 5 };
static const ObjName modes[] = {
    { "slow", MODE_SLOW, "With little noise." }, { "fast", MODE_FAST, "With much noise." }, { 0 } };
static const ObjProp mac_rows[] = {
    OBJ_PROP_UINT("port", "The port it is on.", Mac, port, 3, 0, 9),
    OBJ_PROP_STR("name", "What it is called.", Mac, name, "eth"),
    { 0 },
};
static const ObjProp mac_item[] = {
    { .name = "mac", .text = "One address.", .kind = OBJ_STRUCT, .width = sizeof(Mac), .members = mac_rows } };
static const ObjProp port_item[] = {
    { .name = "port", .text = "One port.", .kind = OBJ_UINT, .width = 2, .max = 1000 } };

static gboolean check_label(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    const char *s = *(char *const *)value;

    if (s && strchr(s, '!')) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "'%s' shouts", s);
        return FALSE;
    }
    return TRUE;
}

static void count_change(Obj *o, const ObjProp *p)
{
    ((Dev *)o)->changes++;
}

static void tick(Obj *o, const ObjProp *p)
{
    ((Dev *)o)->ticks++;
}

extern const ObjType dev_type;
static const ObjProp props[] = {
    OBJ_PROP_BOOL("flag", "A wide boolean.", Dev, flag, TRUE, .flags = OBJ_LIVE),
    OBJ_PROP_BOOL("small", "A narrow boolean.", Dev, small, FALSE),
    OBJ_PROP_INT("level", "A signed number.", Dev, level, -3, -100, 100),
    OBJ_PROP_UINT("reg-shift", "Distance of registers.", Dev, shift, 1, 0, 3),
    OBJ_PROP_UINT("base", "An address.", Dev, base, 0x1000, 0, UINT64_MAX, .flags = OBJ_HEX),
    OBJ_PROP_UINT("wide", "Any 64 bits.", Dev, wide, 0, 0, UINT64_MAX),
    OBJ_PROP_SIZE("ram", "How much memory.", Dev, ram, 128 << 20, 4096, UINT64_C(1) << 40),
    OBJ_PROP_STR("label", "What is written on it.", Dev, label, "none", .check = check_label,
                 .changed = count_change),
    OBJ_PROP_ENUM("mode", "How it works.", Dev, mode, MODE_FAST, modes),
    OBJ_PROP_LINK("peer", "The other end.", Dev, peer, &dev_type),
    OBJ_PROP_STRUCT("mac", "Its own address.", Dev, mac, mac_rows),
    OBJ_PROP_LIST("macs", "Further addresses.", Dev, macs, mac_item, 4),
    OBJ_PROP_LIST("ports", "Further ports.", Dev, ports, port_item, 8),
    OBJ_PROP_UINT("ticks", "How often this was read.", Dev, ticks, 0, 0, UINT32_MAX,
                  .flags = OBJ_READ_ONLY, .refresh = tick),
    { 0 },
};
const ObjType dev_type = { .name = "dev", .text = OBJ_TEXT("A device with everything."),
                           .size = sizeof(Dev), .props = props };

static void test_values(Obj *o)
{
    static const struct {
        const char *name, *text, *reads;
    } good[] = {
        { "flag", "off", "off" },       { "flag", "true", "on" },         { "small", "y", "on" },
        { "level", "-100", "-100" },    { "level", "0x10", "16" },        { "reg-shift", "3", "3" },
        { "base", "0xfedcba9876543210", "0xfedcba9876543210" },           { "base", "16", "0x10" },
        { "wide", "18446744073709551615", "0xffffffffffffffff" },         { "ram", "1.5G", "1610612736" },
        { "ram", "64K", "65536" },      { "ram", "0x2000", "8192" },      { "ram", "5000b", "5000" },
        { "label", "x=y", "x=y" },      { "mode", "slow", "slow" },       { "ports", "1,2,1000", "[1,2,1000]" },
        { "ports", "[5]", "[5]" },
        { "mac", "{\"port\":9}", "{\"port\":9,\"name\":\"eth\"}" },
        { "macs", "[{\"name\":\"a\"},{\"port\":1}]",
          "[{\"port\":3,\"name\":\"a\"},{\"port\":1,\"name\":\"eth\"}]" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) err = NULL;
        ok(obj_prop_set_text(o, good[i].name, good[i].text, &err), "%s=%s%s", good[i].name,
           good[i].text, err ? err->message : "");
        is_text(obj_prop_get_text(o, good[i].name, NULL), good[i].reads, "%s reads back",
                good[i].name);
    }
}

static void test_errors(Obj *o)
{
    static const struct {
        const char *name, *text, *says;
    } bad[] = {
        { "flag", "maybe", "uart0 (dev): flag: 'maybe' is not 'on' or 'off'" },
        { "level", "101", "uart0 (dev): level: 101 is out of range: -100 to 100" },
        { "level", "9223372036854775808", "is not an integer" },
        { "reg-shift", "4", "uart0 (dev): reg-shift: 4 is out of range: 0 to 3" },
        { "reg-shift", "-1", "'-1' is not a whole number" },
        { "reg-shift", "3x", "'3x' is not a whole number" },
        { "reg-shift", "", "'' is not a whole number" },
        { "wide", "18446744073709551616", "is not a whole number" },
        { "ram", "17E", "'17E' is not a size" },
        { "ram", "1.5", "'1.5' is not a size" },
        { "ram", "1Q", "'1Q' is not a size" },
        { "ram", "2K", "2048 is out of range: 4K to 1T" },
        { "label", "stop!", "uart0 (dev): label: 'stop!' shouts" },
        { "mode", "fats", "'fats' is none of: slow, fast; did you mean 'fast'?" },
        { "ports", "1,2,3,4,5,6,7,8,9", "9 items: at most 8" },
        { "ports", "1,1001", "ports: item 1: 1001 is out of range: 0 to 1000" },
        { "macs", "[{\"nam\":\"a\"}]", "macs: item 0: there is no member 'nam'; did you mean 'name'?" },
        { "macs", "[{\"port\":\"x\"}]", "macs: item 0: port: 'x' is not" },
        { "mac", "7", "mac: '7' is not an object" },
        { "ticks", "1", "ticks: cannot be set" },
        { "reg-shfit", "1", "uart0 (dev): there is no property 'reg-shfit'; did you mean 'reg-shift'?" },
        { "zzzzzzzz", "1", "there is no property 'zzzzzzzz'" },
        { "peer", "nobody", "there is no dev 'nobody'" },
        { "peer", "/", "'/' is a container, not a dev" },
    };
    g_autoptr(GError) err = NULL;
    g_autoptr(JsonNode) node = obj_json_parse("1.5", -1, NULL);

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *before = obj_prop_get_text(o, bad[i].name, NULL);
        ok(!obj_prop_set_text(o, bad[i].name, bad[i].text, &err), "%s=%s is refused", bad[i].name,
           bad[i].text);
        is_error(&err, bad[i].says, "with: %s", bad[i].says);
        if (strcmp(bad[i].name, "ticks")) {
            is_text(obj_prop_get_text(o, bad[i].name, NULL), before, "and nothing changes");
        }
    }
    ok(!obj_prop_set_json(o, "level", node, &err), "1.5 is no integer");
    is_error(&err, "1.5 is not an integer", "and it says so");
}

static void test_frozen(Obj *o)
{
    g_autoptr(GError) err = NULL;

    o->frozen = TRUE;
    ok(!obj_prop_set_text(o, "level", "1", &err), "a property of an object in use");
    is_error(&err, "uart0 (dev): level: can be set only before", "is refused");
    ok(obj_prop_set_text(o, "flag", "off", &err), "a live one is not");
    o->frozen = FALSE;
}

static void test_links(Obj *root, Obj *o)
{
    g_autoptr(Obj) other = obj_new(&dev_type);
    g_autoptr(GError) err = NULL;
    Dev *d = (Dev *)o;

    obj_add_child(root, "other", other, NULL);
    ok(obj_prop_set_text(o, "peer", "other", &err), "a link by name");
    ok(d->peer == other && other->refs == 3 && other->links == 1, "holds a reference");
    is_text(obj_prop_get_text(o, "peer", NULL), "/other", "reads as a path");
    ok(!obj_prop_set_link(o, "peer", root, &err), "a link of the wrong type");
    is_error(&err, "container is no value of link<dev>", "is refused");
    ok(!obj_prop_set_link(o, "flag", other, &err), "a link for a boolean");
    is_error(&err, "is no value of bool", "is refused");
    ok(obj_prop_set_text(o, "peer", "", &err) && !d->peer && !other->links,
       "an empty path clears it");
    obj_unparent(other);
}

static void each_name(const ObjPropInfo *info, void *data)
{
    g_autofree char *kind = info->row ? obj_prop_type_name(info->row) : g_strdup("child");

    g_string_append_printf(data, "%s:%s ", info->name, kind);
}

static void test_aliases(Obj *o)
{
    Obj *inner = obj_new(&dev_type);
    g_autoptr(GError) err = NULL;
    GString *s = g_string_new(NULL);

    obj_add_child(o, "inner", inner, NULL);
    ok(obj_prop_alias(o, "speed", inner, "mode", &err), "an alias");
    ok(obj_prop_set_text(o, "speed", "slow", &err) && ((Dev *)inner)->mode == MODE_SLOW,
       "sets the target");
    is_text(obj_prop_get_text(o, "speed", NULL), "slow", "reads the target");
    ok(!obj_prop_set_text(o, "speed", "sloow", &err), "a wrong value");
    is_error(&err, "uart0 (dev): speed: 'sloow'", "is told by the alias's name");
    ok(!obj_prop_alias(o, "flag", inner, "mode", &err), "an alias over a property is refused");
    g_clear_error(&err);
    ok(!obj_prop_alias(o, "x", inner, "moed", &err), "an alias of nothing is refused");
    is_error(&err, "did you mean 'mode'?", "with the nearest");
    is_text(obj_prop_get_text(o, "inner", NULL), "/uart0/inner", "a child reads as its path");
    ok(!obj_prop_set_text(o, "inner", "x", &err), "a child cannot be set");
    g_clear_error(&err);
    obj_prop_each(o, each_name, s);
    is_text(g_string_free(s, FALSE),
            "flag:bool small:bool level:int16 reg-shift:uint8 base:uint64 wide:uint64 ram:size label:str mode:enum "
            "peer:link<dev> mac:struct macs:[struct] ports:[uint16] ticks:uint32 speed:enum inner:child ",
            "introspection lists rows, aliases and children");
    obj_unref(inner);
}

static void test_help(void)
{
    is_text(obj_prop_default(obj_type_prop(&dev_type, "ram")), "128M",
            "a size's default for humans");
    is_text(obj_prop_default(obj_type_prop(&dev_type, "base")), "0x1000", "an address's");
    is_text(obj_prop_default(obj_type_prop(&dev_type, "level")), "-3", "a signed number's");
    is_text(obj_prop_default(obj_type_prop(&dev_type, "mode")), "fast", "a name's");
    is_text(obj_prop_range(obj_type_prop(&dev_type, "flag")), "on, off", "a boolean's range");
}

int main(void)
{
    Obj *root = obj_new(&obj_container_type), *o = obj_new(&dev_type);
    g_autoptr(GError) err = NULL;
    Dev *d = (Dev *)o;

    if (!ok(obj_type_check(&dev_type, &err), "the rows are sound")) {
        printf("# %s\n", err->message);
    }
    obj_add_child(root, "uart0", o, NULL);
    ok(d->flag && d->level == -3 && d->shift == 1 && d->mode == MODE_FAST && d->mac.port == 3 &&
           !strcmp(d->mac.name, "eth") && !strcmp(d->label, "none") && d->macs.n == 0, "defaults");
    test_values(o);
    test_errors(o);
    is(d->changes, 1, "changed is called for what was stored");
    test_frozen(o);
    test_links(root, o);
    test_aliases(o);
    test_help();
    obj_unparent(o);
    obj_unref(o);
    obj_unref(root);
    return tap_done();
}
