/* SPDX-License-Identifier: BSD-2-Clause */
/* The life cycles of the test devices, and of things nested in things. */
#include "harness.h"
#include "life.h"

#include "dev/lock.h"
#include "dev/reset.h"

/* A bridge with two cards, one of them below another bridge: the inner ones fail, everything goes. */
static Dev *add_on(DevBoard *b, const DevType *t, const char *name, DevBus *bus)
{
    g_autoptr(Obj) o = obj_new(&t->obj);

    obj_add_child(obj_container(&b->dev.obj, "peripheral"), name, o, NULL);
    gboolean good = dev_bus_put(bus, (Dev *)o, NULL);
    g_assert(good);
    return (Dev *)o;
}

static void test_nested(void)
{
    guint n = 1, bad = 0;
    gboolean good = FALSE;

    for (; !good; n++) {
        DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
        g_autoptr(GError) err = NULL;
        dev_realize(&b->dev, NULL);
        g_autofree char *before = dev_board_text(b);
        Dev *outer = add_on(b, &dev_fake_bridge_type, "outer",
                            (DevBus *)obj_resolve(b->root, "cards", NULL, NULL));
        Dev *inner =
            add_on(b, &dev_fake_bridge_type, "inner", (DevBus *)obj_child(&outer->obj, "inner"));
        add_on(b, &dev_fake_card_type, "card1", (DevBus *)obj_child(&outer->obj, "inner"));
        Dev *card =
            add_on(b, &dev_fake_card_type, "card2", (DevBus *)obj_child(&inner->obj, "inner"));
        b->fault_at = n;
        good = dev_realize(outer, &err);
        b->fault_at = 0;
        if (good) {
            ok(card->state == DEV_LIVE && inner->state == DEV_LIVE,
               "a nest of four devices is realized from the top");
            obj_ref(&card->obj);
        } else {
            bad += card->state == DEV_LIVE || outer->state != DEV_DEAD;
        }
        obj_unparent(&outer->obj);
        if (good) {
            ok(card->state == DEV_DEAD && !card->obj.parent, "who takes the top away takes all");
            obj_unref(&card->obj);
        }
        g_autofree char *after = dev_board_text(b);
        bad += strcmp(before, after) != 0;
        dev_board_free(b);
    }
    ok(n > 15 && !bad, "a nest fails at each of %u steps and leaves no trace", n - 2);
}

/* What comes later goes with its bus's owner; what leaves early is not missed. */
static void test_late_and_early(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_autoptr(GError) err = NULL;
    dev_realize(&b->dev, NULL);
    g_autofree char *before = dev_board_text(b);
    Dev *outer = add_on(b, &dev_fake_bridge_type, "outer",
                        (DevBus *)obj_resolve(b->root, "cards", NULL, NULL));
    DevBus *bus = (DevBus *)obj_child(&outer->obj, "inner");
    Dev *early = add_on(b, &dev_fake_card_type, "early", bus);

    ok(dev_realize(outer, &err) && early->state == DEV_LIVE, "a bridge with a card");
    Dev *late = add_on(b, &dev_fake_card_type, "late", bus);
    ok(dev_realize(late, &err) && late->address == 1, "a card comes later");
    obj_unparent(&early->obj);
    ok(bus->devs->len == 1, "the first leaves");
    Dev *third = add_on(b, &dev_fake_card_type, "third", bus);
    ok(third->address == 0, "its slot is free again");
    dev_realize(third, NULL);
    obj_unparent(&outer->obj);
    is_text(dev_board_text(b), before, "the bridge takes all that sits on it");
    dev_board_free(b);
}

int main(int argc, char **argv)
{
    life_start(argv);
    life_test(dev_fake_types, NULL);
    dev_lock_take();
    test_nested();
    test_late_and_early();
    dev_lock_drop();
    return tap_done();
}
