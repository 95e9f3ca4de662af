/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware configuration device: selector, data, directory, DMA; and requests of a guest that means harm. */
#include "harness.h"

#include "dev/misc/fw-cfg.h"

#include "dev/fake.h"
#include "dev/lock.h"

#define AT UINT64_C(0x10100000)
#define REQUEST (DEV_FAKE_RAM_BASE + 0x1000)
#define BUFFER (DEV_FAKE_RAM_BASE + 0x2000)

static DevBoard *b;

static void select_item(guint16 key)
{
    dev_fake_store(b, AT + 8, 2, GUINT16_SWAP_LE_BE(key));
}

/* Writes a request and its address as two words; returns what its control became. */
static guint32 request(guint32 control, guint32 length, guint64 gpa)
{
    dev_fake_store(b, REQUEST, 4, GUINT32_SWAP_LE_BE(control));
    dev_fake_store(b, REQUEST + 4, 4, GUINT32_SWAP_LE_BE(length));
    dev_fake_store(b, REQUEST + 8, 8, GUINT64_SWAP_LE_BE(gpa));
    dev_fake_store(b, AT + 16, 4, GUINT32_SWAP_LE_BE((guint32)(REQUEST >> 32)));
    dev_fake_store(b, AT + 20, 4, GUINT32_SWAP_LE_BE((guint32)REQUEST));
    return GUINT32_SWAP_LE_BE((guint32)dev_fake_load(b, REQUEST, 4));
}

static void reading(void)
{
    select_item(SYS_FW_CFG_SIGNATURE);
    is(dev_fake_load(b, AT, 1), 'Q', "data comes byte by byte");
    is(dev_fake_load(b, AT, 2), 'E' | 'M' << 8, "in order of address");
    is(dev_fake_load(b, AT, 8), 'U', "and is 0 behind the end");
    select_item(SYS_FW_CFG_SIGNATURE);
    is(dev_fake_load(b, AT, 4), 0x554d4551, "selecting begins anew");
    select_item(0x7fff);
    is(dev_fake_load(b, AT, 8), 0, "an item that is not there is empty");
    is(dev_fake_load(b, AT + 16, 8), 0x47464320554d4551, "the DMA register reads QEMU CFG");
}

static void directory(Dev *d)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *longest = g_strnfill(55, 'n'), *too_long = g_strnfill(56, 'n');

    ok(sys_fw_cfg_file(d, "opt/zebra", g_bytes_new_static("stripes", 7), NULL) &&
           sys_fw_cfg_file(d, "bootorder", g_bytes_new_static("", 0), NULL) &&
           sys_fw_cfg_file(d, longest, g_bytes_new_static("!", 1), NULL),
       "three files");
    ok(!sys_fw_cfg_file(d, too_long, g_bytes_new_static("", 0), &err), "a name of 56 letters");
    is_error(&err, "too long", "is too long");
    select_item(SYS_FW_CFG_FILES);
    is(dev_fake_load(b, AT, 4), GUINT32_SWAP_LE_BE(3), "the directory has three");
    is(dev_fake_load(b, AT, 4), 0, "the first by name is empty");
    is(dev_fake_load(b, AT, 2), GUINT16_SWAP_LE_BE(0x20), "and item 0x20");
    dev_fake_load(b, AT, 2);
    is(dev_fake_load(b, AT, 8), 0x6564726f746f6f62, "\"bootorde\"");
    is(request(8 | 4 | SYS_FW_CFG_FILES << 16, 4 + 2 * 64, 0), 0, "DMA skips to the third");
    is(dev_fake_load(b, AT, 4), GUINT32_SWAP_LE_BE(7), "of 7 bytes");
    is(dev_fake_load(b, AT, 2), GUINT16_SWAP_LE_BE(0x22), "item 0x22");
}

static void dma(void)
{
    dev_fake_store(b, BUFFER + 8, 8, UINT64_MAX);
    is(request(8 | 2 | 0x22 << 16, 12, BUFFER), 0, "DMA reads more than there is");
    is(dev_fake_load(b, BUFFER, 8), 0x0073657069727473, "stripes");
    is(dev_fake_load(b, BUFFER + 8, 8), 0xffffffff00000000, "and zeros, and no more");
    is(request(16 | 8 | 0x22 << 16, 4, BUFFER), 1, "writing is an error");
    is(request(2 | 8 | 0x22 << 16, 4, 0x40), 1, "so is reading to where no memory is");
    is(request(2 | 8 | 0x22 << 16, 4, AT), 1, "or to its own registers");
    is(request(2, UINT32_MAX, BUFFER), 1, "or more than memory holds");
    is(request(4, UINT32_MAX, 0), 0, "skipping far");
    is(request(4, UINT32_MAX, 0), 0, "and further");
    is(dev_fake_load(b, AT, 4), 0, "leaves nothing to read");
    dev_fake_store(b, AT + 16, 8, GUINT64_SWAP_LE_BE(UINT64_C(0x123456789abc)));
    ok(1, "a request outside memory is only logged");
}

int main(void)
{
    dev_lock_take();
    b = dev_fake_new(DEV_CLOCK_INSNS);
    Dev *d = dev_fake_add(b, &sys_fw_cfg, "fw_cfg", AT);
    ok(dev_realize(&b->dev, NULL), "a machine with it");
    reading();
    directory(d);
    dma();
    dev_board_free(b);
    dev_lock_drop();
    return tap_done();
}
