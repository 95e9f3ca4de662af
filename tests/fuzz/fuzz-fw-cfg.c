/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware configuration device by a guest.  An input is accesses of its registers and memory; a request of DMA
 * must leave alone what it was not told to write.
 *
 *     0: selector u16        1: data, bytes u8      2: register u8, bytes u8, value u64
 *     3: memory u16 at, value u64      4: request control u32, length u32, address u64
 */
#include "fuzz.h"

#include "dev/misc/fw-cfg.h"

#include "dev/fake.h"
#include "dev/lock.h"

const char fuzz_name[] = "fw-cfg";

#define AT UINT64_C(0x10100000)
#define REQUEST (DEV_FAKE_RAM_BASE + 0x1000)

static void request(DevBoard *b, guint32 control, guint32 length, guint64 gpa)
{
    dev_mem_store(b->space, REQUEST, 4, GUINT32_TO_BE(control));
    dev_mem_store(b->space, REQUEST + 4, 4, GUINT32_TO_BE(length));
    dev_mem_store(b->space, REQUEST + 8, 8, GUINT64_TO_BE(gpa));
    dev_mem_store(b->space, AT + 16, 8, GUINT64_TO_BE(REQUEST));
}

static void step(DevBoard *b, Feed *f)
{
    uint64_t value;
    guint64 at, size;

    switch (feed(f, 1) % 5) {
    case 0:
        dev_mem_store(b->space, AT + 8, 2, feed(f, 2));
        break;
    case 1:
        dev_mem_load(b->space, AT, 1u << (feed(f, 1) & 3), &value);
        break;
    case 2:
        at = feed(f, 1);
        size = 1u << (feed(f, 1) & 3);
        dev_mem_store(b->space, AT + at % 32, (guint)size, feed(f, 8));
        break;
    case 3:
        at = feed(f, 2);
        dev_mem_store(b->space, DEV_FAKE_RAM_BASE + at, 8, feed(f, 8));
        break;
    default:
        at = feed(f, 4);
        size = feed(f, 4);
        request(b, (guint32)at, (guint32)size, feed(f, 8));
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };

    dev_lock_take();
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    Dev *d = dev_fake_add(b, &sys_fw_cfg, "fw_cfg", AT);
    g_assert(dev_realize(&b->dev, NULL));
    sys_fw_cfg_file(d, "opt/one", g_bytes_new_static("stripes", 7), NULL);
    sys_fw_cfg_file(d, "opt/none", g_bytes_new_static("", 0), NULL);
    for (guint steps = 0; f.left && steps < 64; steps++) {
        step(b, &f);
    }
    dev_board_free(b);
    dev_lock_drop();
    return 0;
}

static void put_request(GByteArray *a, guint32 control, guint32 length, guint64 gpa)
{
    put(a, 4, 1);
    put(a, control, 4);
    put(a, length, 4);
    put(a, gpa, 8);
}

GByteArray *fuzz_seed(guint i)
{
    GByteArray *a = g_byte_array_new();

    switch (i) {
    case 0:
        put(a, 0, 1);
        put(a, GUINT16_SWAP_LE_BE(SYS_FW_CFG_FILES), 2);
        for (guint k = 0; k < 4; k++) {
            put(a, 1, 1);
            put(a, k, 1);
        }
        return a;
    case 1:
        put_request(a, 8 | 2 | 0x20 << 16, 12, DEV_FAKE_RAM_BASE + 0x2000);
        put_request(a, 4, 100, 0);
        put_request(a, 2, 100, DEV_FAKE_RAM_BASE + 0x3000);
        put_request(a, 16 | 8 | 0x20 << 16, 4, DEV_FAKE_RAM_BASE);
        return a;
    case 2:
        put_request(a, 8 | 2 | 0x19 << 16, 0xffffffff, DEV_FAKE_RAM_BASE + 0xfffff0);
        put_request(a, 2, 32, REQUEST - 8);
        put_request(a, 2, 32, AT);
        put_request(a, 2, 32, UINT64_MAX - 8);
        return a;
    case 3:
        for (guint k = 0; k < 3; k++) {
            put(a, 2, 1);
            put(a, 16 + 4 * (k & 1), 1);
            put(a, 2 + k / 2, 1);
            put(a, GUINT64_SWAP_LE_BE(AT + 16) >> (k == 2 ? 0 : 32), 8);
        }
        return a;
    default:
        g_byte_array_unref(a);
        return NULL;
    }
}
