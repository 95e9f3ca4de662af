/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernels and firmware of machines: ELF, Linux images, gzip, put into memory.  The first byte says how it is loaded. */
#include "seed-elf.h"

#include "load.h"

#include "dev/fake.h"
#include "dev/lock.h"

#include <unistd.h>
#include <zlib.h>

const char fuzz_name[] = "image";

enum { MEMORY = 16 << 20 };

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    guint how = (guint)feed(&f, 1);
    g_autofree char *path = NULL;
    g_autoptr(GError) err = NULL;

    dev_lock_take();
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_assert(dev_realize(&b->dev, NULL));
    int fd = fuzz_file(f.at, f.left, &path);
    g_autoptr(SysImage) image = sys_image_load("kernel", path, EM_RISCV, DEV_FAKE_RAM_BASE + (how & 2 ? 0x200000 : 0),
                                               how & 1, MEMORY, &err);
    g_assert(!image == !!err);
    gboolean fits = image != NULL;
    for (guint i = 0; fits && i < image->blobs->len; i++) {
        fits = sys_blob_check(image->blobs->pdata[i], b->space, NULL);
    }
    for (guint i = 0; fits && i < image->blobs->len; i++) {
        sys_blob_put(image->blobs->pdata[i], b->space);
    }
    close(fd);
    dev_board_free(b);
    dev_lock_drop();
    return 0;
}

static void put_kernel(GByteArray *a)
{
    put_elf(a, ET_EXEC, EM_RISCV, DEV_FAKE_RAM_BASE, 0, 2);
    for (guint i = 0; i < 2; i++) {
        put_segment(a, PT_LOAD, PF_R | PF_X, 64 * i, DEV_FAKE_RAM_BASE + 0x1000 * i, 100, 4096 >> i);
    }
}

static void put_linux(GByteArray *a)
{
    put(a, 0x13, 4);
    put(a, 0x13, 4);
    put(a, 0x200000, 8);
    put(a, 0x10000, 8);
    put(a, 0, 8);
    put(a, 2, 4);
    put(a, 0, 4);
    put(a, 0, 8);
    put(a, 0x5643534952, 8);
    put(a, 0x05435352, 4);
    put(a, 0, 4);
}

static void pack(GByteArray *a)
{
    guint8 packed[1024];
    z_stream z = { .next_in = a->data + 1, .avail_in = a->len - 1, .next_out = packed, .avail_out = sizeof packed };

    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    g_byte_array_set_size(a, 1);
    g_byte_array_append(a, packed, (guint)(sizeof packed - z.avail_out));
    deflateEnd(&z);
}

GByteArray *fuzz_seed(guint i)
{
    GByteArray *a = g_byte_array_new();

    if (i > 5) {
        g_byte_array_unref(a);
        return NULL;
    }
    put(a, i & 3, 1);
    switch (i % 3) {
    case 0:
        put_kernel(a);
        break;
    case 1:
        put_linux(a);
        break;
    default:
        put_text(a, "any bytes");
    }
    if (i > 2) {
        pack(a);
    }
    return a;
}
