/* SPDX-License-Identifier: BSD-2-Clause */
/* Flash with the Intel command set, as a driver sees it; and what of it reaches the file. */
#include "harness.h"

#include "back/block/block.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/ram.h"
#include "dev/reset.h"

#include <unistd.h>

#define AT UINT64_C(0x20000000)
#define BLOCK 8192u
#define BYTES (128 * BLOCK)

extern const DevType sys_pflash_cfi01;

static DevBoard *b;
static char *path;

/* Both chips get a command. */
static void command(guint64 at, guint8 value)
{
    dev_fake_store(b, AT + at, 4, value | (guint32)value << 16);
}

static guint32 word(guint64 at)
{
    return (guint32)dev_fake_load(b, AT + at, 4);
}

static guint32 in_file(guint64 at)
{
    g_autofree char *data = NULL;
    gsize n;
    guint32 value;

    sys_block_drain((SysBlock *)obj_resolve(b->root, "disk", NULL, NULL));
    g_assert(g_file_get_contents(path, &data, &n, NULL) && n == BYTES);
    memcpy(&value, data + at, 4);
    return GUINT32_FROM_LE(value);
}

static gboolean start(gboolean read_only, guint64 bytes, GError **err)
{
    g_autofree char *text = g_strdup_printf("raw,id=disk,path=%s,read-only=%s", path, read_only ? "on" : "off");

    g_assert(truncate(path, (off_t)bytes) == 0);
    b = dev_fake_new(DEV_CLOCK_INSNS);
    Dev *d = dev_fake_add(b, &sys_pflash_cfi01, "flash", AT);
    return sys_block_new(obj_child(b->root, "objects"), text, err) &&
           obj_prop_set_uint(&d->obj, "sector-length", BLOCK, err) &&
           obj_prop_set_text(&d->obj, "drive", "disk", err) && dev_realize(&b->dev, err);
}

static void queries(void)
{
    is(word(0), 0, "an array is read");
    command(0x154, 0x98);
    is(word(0x40), 0x510051, "Q of both chips");
    is(word(0x44), 0x520052, "R");
    is(word(0x48), 0x590059, "Y");
    is(word(0x4c), 0x010001, "the Intel command set");
    is(word(4 * 0x27), 0x130013, "each chip has 2^19 bytes");
    is(word(4 * 0x2d), 0x7f007f, "128 blocks");
    is(word(4 * 0x2f), 0x100010, "of 16 times 256 bytes");
    is(dev_fake_load(b, AT + 0x42, 2), 0x51, "half a word is one chip's");
    is(word(4 * 0x1000), 0, "there is nothing behind the table");
    command(0, 0x90);
    is(word(0), 0x890089, "manufacturer");
    is(word(4), 0x180018, "device");
    command(0, 0xff);
    is(word(0), 0, "and the array again");
}

static void programming(void)
{
    command(0x3000, 0x20);
    command(0x3000, 0xd0);
    is(word(0x3000), 0x800080, "erasing: ready, without errors");
    command(0, 0xff);
    is(word(0x2000), 0xffffffff, "a block is erased from its beginning");
    is(word(0x3ffc), 0xffffffff, "to its end");
    is(word(0x4000), 0, "and no more");
    command(0x2000, 0x40);
    dev_fake_store(b, AT + 0x2000, 4, 0x12345678);
    command(0x2000, 0x10);
    dev_fake_store(b, AT + 0x2000, 2, 0x00ff);
    command(0, 0xff);
    is(word(0x2000), 0x12340078, "programming clears bits, of one chip if it is told so");
    is(in_file(0x2000), 0x12340078, "and the file has them");
    is(in_file(0x3ffc), 0xffffffff, "and what was erased");
    is(dev_mem_store(b->space, AT + 0x2008, 8, 0x00ff00ff00ff00ff), DEV_TX_OK, "a wide write is two commands");
}

static void buffers(void)
{
    command(0x2100, 0xe8);
    is(word(0x2100), 0x800080, "a buffer is free");
    command(0x2100, 3);
    for (guint i = 0; i < 4; i++) {
        dev_fake_store(b, AT + 0x2100 + 4 * i, 4, 0x01010101 * (i + 1));
    }
    command(0x2100, 0xd0);
    is(word(0x2100), 0x800080, "it is written without errors");
    command(0, 0xff);
    is(word(0x20fc), 0xffffffff, "nothing before it");
    is(word(0x2100), 0x01010101, "its first word");
    is(word(0x210c), 0x04040404, "its last word");
    is(word(0x2110), 0xffffffff, "nothing behind it");
    is(in_file(0x210c), 0x04040404, "the file has it");
}

static void mistakes(void)
{
    command(0, 0x20);
    command(0, 0xff);
    is(word(0), 0xb000b0, "an erase that is not confirmed: a wrong sequence");
    command(0, 0x50);
    command(0, 0x70);
    is(word(0), 0x800080, "errors are cleared");
    command(0, 0xe8);
    dev_fake_store(b, AT, 4, 0x03ff03ff);
    is(word(0) & 0x300030, 0x300030, "a buffer of more words than there are");
    command(0, 0x50);
    command(0, 0xff);
    command(0, 0xe8);
    command(0, 1);
    dev_fake_store(b, AT + BYTES - 4, 4, 0);
    is(word(0) & 0x300030, 0x300030, "a word outside the buffer's range");
    command(0, 0x50);
    command(BYTES - 4, 0xe8);
    dev_reset(&b->dev, DEV_RESET_COLD);
    is(word(BYTES - 4), 0, "a reset leads back to the array");
}

int main(void)
{
    g_autoptr(GError) err = NULL;
    int fd = g_file_open_tmp("rhea-flash-XXXXXX", &path, NULL);

    g_assert(fd >= 0);
    close(fd);
    dev_lock_take();
    ok(start(FALSE, BYTES, NULL), "a machine with flash");
    queries();
    programming();
    buffers();
    mistakes();
    dev_board_free(b);

    ok(start(TRUE, BYTES, NULL), "a file for reading only");
    is(word(0x2100), 0x01010101, "has what was programmed");
    command(0x2000, 0x20);
    command(0x2000, 0xd0);
    is(word(0), 0xa200a2, "a block of it cannot be erased: locked");
    command(0, 0xff);
    is(word(0x2100), 0x01010101, "and keeps its contents");
    dev_board_free(b);

    ok(!start(FALSE, BYTES - 512, &err), "a file of another size");
    is_error(&err, "needs exactly 1048576", "is refused with the right one");
    dev_board_free(b);
    dev_lock_drop();
    unlink(path);
    return tap_done();
}
