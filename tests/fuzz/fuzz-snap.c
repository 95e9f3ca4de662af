/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams of saved machines.  An input is the stream; unless its first byte is 0, the sections' lengths and checksums
 * are put right first, so that what is inside is looked at too.  After a stream was refused, the machine still works.
 */
#include "fuzz.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"
#include "dev/reset.h"
#include "dev/snap.h"

#include <gio/gio.h>
#include <zlib.h>

const char fuzz_name[] = "snap";

#define CARD UINT64_C(0x40000000)       /* registers of the card in slot 0 */

static DevBoard *new_machine(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_autoptr(JsonObject) args = dev_plug_parse("fake-card,id=card", "driver", NULL);

    g_assert(obj_prop_set_text(&b->dev.obj, "memory", "64K", NULL) && dev_realize(&b->dev, NULL) &&
             dev_plug(b, dev_fake_types, args, NULL));
    return b;
}

/* Section after section; the last one reaches to the end. */
static void put_right(guint8 *data, gsize n)
{
    gsize at = 0;

    while (n - at >= 12) {
        guint32 length;
        memcpy(&length, data + at + 4, 4);
        length = GUINT32_FROM_LE(length);
        gsize bytes = MIN(length, n - at - 12);
        length = GUINT32_TO_LE((guint32)bytes);
        memcpy(data + at + 4, &length, 4);
        guint32 crc = GUINT32_TO_LE((guint32)crc32(0, data + at, (uInt)bytes + 8));
        memcpy(data + at + 8 + bytes, &crc, 4);
        at += bytes + 12;
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    gboolean right = feed(&f, 1) != 0;
    g_autofree guint8 *copy = g_memdup2(f.at, f.left);

    if (right) {
        put_right(copy, f.left);
    }
    dev_lock_take();
    DevBoard *b = new_machine();
    g_autoptr(GInputStream) in = g_memory_input_stream_new_from_data(copy, (gssize)f.left, NULL);
    g_autoptr(GError) err = NULL;
    g_assert(dev_snap_load(b, in, &err) == !err);
    dev_clock_start(b->clock);
    dev_fake_wait(b, 1000);
    dev_clock_stop(b->clock);
    dev_reset(&b->dev, DEV_RESET_COLD);
    dev_fake_store(b, DEV_FAKE_RAM_BASE + 8, 8, 77);
    g_assert(dev_fake_load(b, DEV_FAKE_RAM_BASE + 8, 8) == 77);
    dev_board_free(b);
    dev_lock_drop();
    return 0;
}

static GByteArray *save(gboolean busy)
{
    GByteArray *a = g_byte_array_new();
    g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();

    dev_lock_take();
    DevBoard *b = new_machine();
    if (busy) {
        dev_clock_start(b->clock);
        dev_fake_store(b, CARD, 4, 1);
        dev_fake_store(b, CARD + 0x08, 4, 100);
        dev_fake_wait(b, 150);
        dev_fake_store(b, CARD + 0x08, 4, 5000);
        dev_fake_store(b, CARD + 0x20, 8, UINT64_C(0x0123456789abcdef));
        dev_clock_stop(b->clock);
    }
    g_assert(dev_snap_save(b, out, NULL) && g_output_stream_close(out, NULL, NULL));
    dev_board_free(b);
    dev_lock_drop();
    g_autoptr(GBytes) bytes = g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);
    put(a, 1, 1);
    g_byte_array_append(a, data, (guint)n);
    return a;
}

GByteArray *fuzz_seed(guint i)
{
    GByteArray *a = i < 3 ? save(i & 1) : NULL;

    if (i == 2) {
        a->data[0] = 0;
    }
    return a;
}
