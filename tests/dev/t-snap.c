/* SPDX-License-Identifier: BSD-2-Clause */
/* Saved state: a round trip, older and newer versions, and streams damaged in every way a byte can be. */
#include "harness.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"
#include "dev/reset.h"
#include "dev/snap.h"

#include <zlib.h>

#define CARD UINT64_C(0x40000000)       /* registers of the card in slot 0 */

static DevBoard *new_machine(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_autoptr(JsonObject) args = dev_plug_parse("fake-card,id=card", "driver", NULL);

    obj_prop_set_text(&b->dev.obj, "memory", "256K", NULL);
    dev_realize(&b->dev, NULL);
    dev_plug(b, dev_fake_types, args, NULL);
    return b;
}

static GBytes *save(DevBoard *b)
{
    g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
    g_autoptr(GError) err = NULL;

    ok(dev_snap_save(b, out, &err), "the machine is saved");
    g_output_stream_close(out, NULL, NULL);
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
}

static gboolean load(DevBoard *b, const void *data, gsize n, GError **err)
{
    g_autoptr(GInputStream) in = g_memory_input_stream_new_from_data(data, (gssize)n, NULL);

    return dev_snap_load(b, in, err);
}

static char *state(DevBoard *b)
{
    g_autoptr(JsonNode) n = dev_snap_inspect((Dev *)obj_resolve(b->root, "card", NULL, NULL));

    return obj_json_text(n);
}

/* A machine with something in every field, a timer that is set and a line that is high. */
static DevBoard *busy_machine(void)
{
    DevBoard *b = new_machine();

    dev_clock_start(b->clock);
    dev_fake_store(b, CARD + 0x00, 4, 1);
    dev_fake_store(b, CARD + 0x08, 4, 100);
    dev_fake_wait(b, 150);
    dev_fake_store(b, CARD + 0x08, 4, 5000);
    dev_fake_store(b, CARD + 0x14, 4, 0xabcd);
    dev_fake_store(b, CARD + 0x20, 8, UINT64_C(0x0123456789abcdef));
    dev_fake_store(b, DEV_FAKE_RAM_BASE + 0x12340, 8, 77);
    dev_clock_stop(b->clock);
    return b;
}

static void test_round(void)
{
    DevBoard *a = busy_machine(), *b = new_machine();
    g_autoptr(GError) err = NULL;
    g_autoptr(GBytes) bytes = save(a);
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);
    g_autofree char *text = dev_board_text(a), *fields = state(a);

    is_text(g_strdup(fields),
            "{\"control\":1,\"status\":1,\"array\":[17,43981,17,17],\"scratch\":81985529216486895,"
            "\"timer\":5150}",
            "its fields can be inspected");
    dev_fake_store(b, DEV_FAKE_RAM_BASE, 4, 5);
    if (!ok(load(b, data, n, &err), "and loaded into another")) {
        printf("# %s\n", err->message);
    }
    is_text(dev_board_text(b), text, "lines, timers and the rest are the same");
    is_text(state(b), fields, "and so are the fields");
    is(dev_fake_load(b, DEV_FAKE_RAM_BASE + 0x12340, 8), 77, "RAM has come");
    is(dev_fake_load(b, DEV_FAKE_RAM_BASE, 4), 0, "and what was there has gone");
    g_autoptr(GBytes) again = save(b);
    ok(g_bytes_equal(bytes, again), "saved again, it is the same stream");
    dev_clock_start(b->clock);
    dev_fake_store(b, CARD + 0x04, 4, 1);
    dev_fake_wait(b, 4999);
    is(dev_fake_load(b, CARD + 4, 4), 0, "the timer is not early");
    dev_fake_wait(b, 1);
    is(dev_fake_load(b, CARD + 4, 4), 1, "nor late");
    dev_board_free(a);
    dev_board_free(b);
}

static void test_reset(void)
{
    DevBoard *b = busy_machine();

    dev_reset(&b->dev, DEV_RESET_COLD);
    is_text(state(b),
            "{\"control\":0,\"status\":0,\"array\":[17,17,17,17],\"scratch\":81985529216486895,"
            "\"timer\":9223372036854775807}",
            "reset comes from the same rows");
    dev_board_free(b);
}

/* --- damage ---------------------------------------------------------------------------------- */
static guint32 get32(const guint8 *p)
{
    return (guint32)p[0] | (guint32)p[1] << 8 | (guint32)p[2] << 16 | (guint32)p[3] << 24;
}

static void put32(guint8 *p, guint32 value)
{
    for (guint i = 0; i < 4; i++) {
        p[i] = (guint8)(value >> 8 * i);
    }
}

/* Makes the checksum of each section right again, so that damage is seen by what lies below it. */
static void mend(guint8 *data, gsize n)
{
    for (gsize at = 0; at + 12 <= n;) {
        gsize len = get32(data + at + 4);
        if (len > n - at - 12) {
            return;
        }
        put32(data + at + 8 + len, (guint32)crc32(0, data + at, (uInt)len + 8));
        at += len + 12;
    }
}

/* Where a text is in the stream. */
static guint8 *seek(guint8 *data, gsize n, const char *text)
{
    gsize len = strlen(text);

    for (gsize i = 0; i + len <= n; i++) {
        if (!memcmp(data + i, text, len)) {
            return data + i;
        }
    }
    return NULL;
}

/* Each byte in turn is changed, with the checksum mended or not; nothing may crash, and what is not mended
 * is always found. */
static void test_damage(void)
{
    DevBoard *a = busy_machine(), *b = new_machine();
    g_autoptr(GBytes) bytes = save(a);
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);
    guint found = 0, accepted = 0, refused = 0, cut = 0;
    gsize limit = MIN(n, 4000);

    for (gsize i = 0; i < limit; i++) {
        g_autofree guint8 *copy = g_memdup2(data, n);
        g_autoptr(GError) err = NULL;
        copy[i] ^= 0x41;
        found += !load(b, copy, n, &err);
        g_clear_error(&err);
        mend(copy, n);
        if (load(b, copy, n, &err)) {
            accepted++;
        } else {
            refused++;
        }
        g_clear_error(&err);
        cut += !load(b, data, i, &err);
    }
    is(found, limit, "a changed byte is found by its checksum");
    is(cut, limit, "a stream that ends too early is refused");
    ok(refused > limit / 20 && accepted > 0,
       "with checksums mended %u are refused, %u only change values", refused, accepted);
    g_autoptr(GError) err = NULL;
    ok(load(b, data, n, &err), "the machine is none the worse");
    dev_board_free(a);
    dev_board_free(b);
}

typedef void Spoil(guint8 *data, gsize n);

static void spoil_version(guint8 *data, gsize n)
{
    put32(seek(data, n, "fake-card") + 9, 3);
}

static void spoil_old_version(guint8 *data, gsize n)
{
    put32(seek(data, n, "fake-card") + 9, 1);
}

static void spoil_format(guint8 *data, gsize n)
{
    put32(seek(data, n, "rheasnap") + 8, 9);
}

static void spoil_name(guint8 *data, gsize n)
{
    memcpy(seek(data, n, "control"), "kontrol", 7);
}

static void spoil_control(guint8 *data, gsize n)
{
    put32(seek(data, n, "status") + 6 + 5, 0x400);
}

static void spoil_path(guint8 *data, gsize n)
{
    seek(data, n, "fake-card")[-2 - 4] = 'd';       /* the end of the path before it */
}

static void spoil_type(guint8 *data, gsize n)
{
    memcpy(seek(data, n, "fake-card"), "fake-cart", 9);
}

static void spoil_timer(guint8 *data, gsize n)
{
    seek(data, n, "timer")[5 + 5 + 7] = 0x80;
}

static void spoil_count(guint8 *data, gsize n)
{
    put32(seek(data, n, "array") + 5 + 1, 0x40000000);
}

static void spoil_pages(guint8 *data, gsize n)
{
    memset(seek(data, n, "PAGE") + 8 + 4, 0xff, 8);
}

static void spoil_length(guint8 *data, gsize n)
{
    put32(seek(data, n, "DEVI") + 4, 0xfffffff0);
}

static void test_refusals(void)
{
    static const struct {
        Spoil *spoil;
        const char *says;
    } cases[] = {
        { spoil_format, "its format has version 9, this program reads version 1" },
        { spoil_version, "card has state of version 3, this program knows up to 2; use a newer one" },
        { spoil_old_version, "card: state 'scratch' is 1 values of 8 bytes" },
        { spoil_name, "card has a state 'kontrol' that this program does not know" },
        { spoil_control, "card: state 'status' is 1024, at most 3 is possible" },
        { spoil_path, "it has a device '/machine/peripheral/dard' (fake-card) that this machine has not" },
        { spoil_type, "is a fake-cart, here a fake-card" },
        { spoil_timer, "timer 'timer' is due before the machine began" },
        { spoil_count, "state 'array' is 1073741824 values of 4 bytes" },
        { spoil_pages, "the machine was reset: saved machine: pages outside RAM 'ram'" },
        { spoil_length, "a section of 4294967280 bytes is too long" },
    };
    DevBoard *a = busy_machine();
    g_autoptr(GBytes) bytes = save(a);
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        DevBoard *b = busy_machine();
        g_autofree char *before = dev_board_text(b), *fields = state(b);
        g_autofree guint8 *copy = g_memdup2(data, n);
        g_autoptr(GError) err = NULL;
        cases[i].spoil(copy, n);
        mend(copy, n);
        gboolean touched = cases[i].spoil == spoil_pages;
        ok(!load(b, copy, n, &err), "refused");
        is_error(&err, cases[i].says, "with: %s", cases[i].says);
        if (!touched) {
            is_text(dev_board_text(b), before, "and the machine is as it was");
            is_text(state(b), fields, "in every field");
        }
        dev_board_free(b);
    }
    dev_board_free(a);
}

/* Another machine's state. */
static void test_other_machine(void)
{
    DevBoard *a = busy_machine(), *b = dev_fake_new(DEV_CLOCK_INSNS), *c = new_machine();
    g_autoptr(GBytes) bytes = save(a);
    g_autoptr(JsonObject) args = dev_plug_parse("fake-card,id=second", "driver", NULL);
    g_autoptr(GError) err = NULL;
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);

    dev_realize(&b->dev, NULL);
    ok(!load(b, data, n, &err), "a machine with other RAM");
    is_error(&err, "it has 2 RAMs, this machine has 1", "is refused");
    dev_plug(c, dev_fake_types, args, NULL);
    ok(!load(c, data, n, &err), "a machine with one device more");
    is_error(&err, "RAMs", "is refused");
    dev_board_free(a);
    dev_board_free(b);
    dev_board_free(c);
}

int main(void)
{
    dev_lock_take();
    test_round();
    test_reset();
    test_damage();
    test_refusals();
    test_other_machine();
    dev_lock_drop();
    return tap_done();
}
