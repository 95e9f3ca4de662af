/* SPDX-License-Identifier: BSD-2-Clause */
/* The life cycles of every device of system/dev/models.list, and of its back ends' users. */
#include "harness.h"
#include "life.h"

#include "back/char/char.h"
#include "models.h"

extern const DevType sys_virtio_mmio;

/* What the machine needs to hold them all: a transport for virtio devices. */
static gboolean plain(DevBoard *b, Dev *d, GError **err)
{
    if (!d) {
        dev_fake_add(b, &sys_virtio_mmio, "virtio", UINT64_C(0x51000000));
    }
    return TRUE;
}

/* A device with a character back end gets one: its realize is then longer. */
static gboolean with_chardev(DevBoard *b, Dev *d, GError **err)
{
    if (!d) {
        return plain(b, d, err) &&
               sys_char_new(obj_child(b->root, "chardevs"), "ringbuf,id=ring", err);
    }
    return !obj_type_prop(d->obj.type, "chardev") ||
           obj_prop_set_text(&d->obj, "chardev", "ring", err);
}

int main(int argc, char **argv)
{
    guint n = 0;

    life_start(argv);
    for (const DevType *const *t = sys_models; *t; t++) {
        n++;
    }
    ok(n >= 10, "%u types are in the list", n);
    life_test(sys_models, plain);
    life_test(sys_models, with_chardev);
    return tap_done();
}
