/* SPDX-License-Identifier: BSD-2-Clause */
/* The life cycles of every device of system/dev/models.list, and of its back ends' users. */
#include "harness.h"
#include "life.h"

#include "back/char/char.h"
#include "back/fs/fs.h"
#include "back/net/net.h"
#include "back/block/block.h"
#include "models.h"

#include "dev/virtio/virtio.h"

#include <unistd.h>

extern const DevType sys_gpex_pcihost, sys_virtio_mmio;
extern const SysVirtioType sys_virtio_serial;

static char *disk;          /* a file */

/* Also those that a transport has from its device. */
static gboolean has_prop(Dev *d, const char *name)
{
    g_autofree char *value = obj_prop_get_text(&d->obj, name, NULL);

    return value != NULL;
}

/* What the machine needs to hold them all: a transport for virtio devices, a disk. */
static gboolean plain(DevBoard *b, Dev *d, GError **err)
{
    if (d) {
        if (has_prop(d, "sector-length") &&      /* flash: as large as the disk */
            !obj_prop_set_uint(&d->obj, "sector-length", (1 << 20) / 128, err)) {
            return FALSE;
        }
        if (has_prop(d, "fsdev")) {
            return obj_prop_set_text(&d->obj, "fsdev", "share", err) &&
                obj_prop_set_text(&d->obj, "mount_tag", "tag", err);
        }
        return !has_prop(d, "drive") ||
               obj_prop_set_text(&d->obj, "drive", "disk", err);
    }
    g_autofree char *text = g_strdup_printf("raw,id=disk,path=%s", disk);
    dev_fake_add(b, &sys_virtio_mmio, "virtio", UINT64_C(0x51000000));
    dev_fake_add(b, &sys_gpex_pcihost, "pci", UINT64_C(0x60000000));
    Dev *mmio = dev_fake_add(b, &sys_virtio_mmio, "virtio-of-ports", UINT64_C(0x51001000));
    g_autoptr(Obj) ports = obj_new(&sys_virtio_serial.dev.obj);
    if (!obj_add_child(&b->dev.obj, "ports", ports, err) ||
        !dev_bus_put(obj_cast(obj_child(&mmio->obj, "virtio-mmio-bus"), &dev_bus_type), (Dev *)ports, err)) {
        return FALSE;
    }
    return sys_fs_new(obj_child(b->root, "objects"), "local,id=share,path=/", err) &&
           sys_block_new(obj_child(b->root, "objects"), text, err);
}

/* A device with a character back end gets one: its realize is then longer. */
static gboolean with_chardev(DevBoard *b, Dev *d, GError **err)
{
    if (!d) {
        return plain(b, d, err) &&
               sys_char_new(obj_child(b->root, "chardevs"), "ringbuf,id=ring", err) &&
               sys_net_new(obj_child(b->root, "objects"), "null,id=wire", err);
    }
    if (has_prop(d, "netdev")) {
        return obj_prop_set_text(&d->obj, "netdev", "wire", err);
    }
    if (has_prop(d, "chardev")) {
        return obj_prop_set_text(&d->obj, "chardev", "ring", err);
    }
    return plain(b, d, err);
}

int main(int argc, char **argv)
{
    guint n = 0;

    life_start(argv);
    int fd = g_file_open_tmp("rhea-disk-XXXXXX", &disk, NULL);
    g_assert(fd >= 0 && ftruncate(fd, 1 << 20) == 0);
    close(fd);
    for (const DevType *const *t = sys_models; *t; t++) {
        n++;
    }
    ok(n >= 10, "%u types are in the list", n);
    life_test(sys_models, plain);
    life_test(sys_models, with_chardev);
    unlink(disk);
    return tap_done();
}
