/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices by users' words: parsing, choosing, errors, unplugging. */
#include "harness.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"

static Dev *plug(DevBoard *b, const char *text, GError **err)
{
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", err);

    return args ? dev_plug(b, dev_fake_types, args, err) : NULL;
}

static void test_parse(void)
{
    static const struct {
        const char *text, *json, *says;
    } cases[] = {
        { "fake-card,id=a", "{\"driver\":\"fake-card\",\"id\":\"a\"}", NULL },
        { "x,flag,path=a,,b=c", "{\"driver\":\"x\",\"flag\":\"on\",\"path\":\"a,b=c\"}", NULL },
        { "driver=x,empty=", "{\"driver\":\"x\",\"empty\":\"\"}", NULL },
        { "x,a=1,a=2", NULL, "'a' is given twice" },
        { "x,=1", NULL, "a name is missing" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_autoptr(JsonObject) o = dev_plug_parse(cases[i].text, "driver", &err);
        if (cases[i].says) {
            is_error(&err, cases[i].says, "%s", cases[i].text);
            continue;
        }
        g_autoptr(JsonNode) n = json_node_init_object(json_node_alloc(), o);
        is_text(obj_json_text(n), cases[i].json, "%s", cases[i].text);
    }
}

static void test_errors(DevBoard *b)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "fake-crad", "there is no device 'fake-crad'; did you mean 'fake-card'?" },
        { "id=x", "a device needs a 'driver'" },
        { "fake-probe", "fake-probe is part of boards and cannot be added" },
        { "fake-card,id=a/b", "'a/b' is no name" },
        { "fake-card,id=x,lable=1", "x (fake-card): there is no property 'lable'; did you mean 'label'?" },
        { "fake-card,id=x,rom=2G", "x (fake-card): rom: 2147483648 is out of range: 1 to 1G" },
        { "fake-card,id=x,bus=card", "there is no bus 'card'; did you mean 'cards'?" },
        { "fake-card,id=x,bus=sysbus", "x (fake-card): does not fit bus 'sysbus', a sysbus; it needs a fake-bus" },
        { "fake-card,id=x,fail=on", "x (fake-card): fail=on: as asked for" },
        { "fake-card,id=x,peer=y", "x (fake-card): peer: there is no device 'y'" },
    };
    g_autofree char *before = dev_board_text(b);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        ok(!plug(b, cases[i].text, &err), "%s", cases[i].text);
        is_error(&err, cases[i].says, "says: %s", cases[i].says);
        is_text(dev_board_text(b), before, "and leaves nothing");
    }
    g_autoptr(GError) err = NULL;
    g_autoptr(JsonNode) n = obj_json_parse("{\"driver\":5}", -1, NULL);
    ok(!dev_plug(b, dev_fake_types, json_node_get_object(n), &err), "a driver that is a number");
    is_error(&err, "'driver' must be a string", "is refused");
}

static void test_plug(DevBoard *b)
{
    g_autofree char *before = dev_board_text(b);
    g_autoptr(GError) err = NULL;
    Dev *a = plug(b, "fake-card,id=a,label=one", &err), *c = plug(b, "fake-card,peer=a", &err);

    ok(a && a->state == DEV_LIVE && c && c->address == 1, "two cards");
    is_text(obj_path(&c->obj), "/machine/peripheral-anon/device[0]", "one without a name");
    ok(!plug(b, "fake-card,id=a", &err), "a name that is taken");
    is_error(&err, "there is a 'a' already", "is refused");
    ok(!dev_unplug(a, &err), "a device in use");
    is_error(&err, "a (fake-card) is used by device[0] (fake-card)", "cannot be unplugged");
    ok(plug(b, "fake-card", &err) && plug(b, "fake-card", &err), "two more");
    ok(!plug(b, "fake-card", &err), "a fifth");
    is_error(&err, "is full: it holds 4", "finds no slot");
    ok(!dev_unplug((Dev *)dev_fake_probe(b), &err), "a part of the board");
    is_error(&err, "is part of another device", "cannot be unplugged");
    ok(!obj_prop_set_text(&a->obj, "rom", "8192", &err), "a property in use");
    is_error(&err, "can be set only before", "cannot be set");
    ok(obj_prop_set_text(&a->obj, "label", "two", &err), "a live one can");
    for (guint i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("device[%u]", i);
        ok(dev_unplug((Dev *)obj_resolve(b->root, name, NULL, NULL), &err), "%s is unplugged",
           name);
    }
    ok(dev_unplug(a, &err), "and a");
    is_text(dev_board_text(b), before, "all is as before");
}

static void test_help(void)
{
    g_autofree char *text = dev_plug_help(&dev_fake_card_type);

    ok(strstr(
           text,
           "rom=<size>                   Bytes of its read-only memory. [1 to 1G] (default: 8K)"),
       "help");
}

int main(void)
{
    dev_lock_take();
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    dev_realize(&b->dev, NULL);
    test_parse();
    test_errors(b);
    test_plug(b);
    test_help();
    dev_board_free(b);
    dev_lock_drop();
    return tap_done();
}
