/* SPDX-License-Identifier: BSD-2-Clause */
/* Device trees of users (-dtb): completed for a kernel, as a board does it. */
#include "fuzz.h"

#include "fdt.h"

const char fuzz_name[] = "fdt";

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    static const guint8 seed[32] = "seed";
    const SysFdtChosen chosen = { .append = "console=ttyS0", .initrd = 0x88000000, .initrd_bytes = 4096,
                                  .rng_seed = seed };
    g_autoptr(GBytes) tree = g_bytes_new(data, n);
    g_autoptr(GError) err = NULL;
    g_autoptr(GBytes) done = sys_fdt_complete(tree, &chosen, "fuzz", &err);

    g_assert(!done == !!err);
    if (done) {                 /* what came out must be one too */
        g_autoptr(GBytes) again = sys_fdt_complete(done, &chosen, "fuzz", NULL);
        g_assert(again);
    }
    return 0;
}

GByteArray *fuzz_seed(guint i)
{
    SysFdt *f = sys_fdt_new(0);

    if (i > 2) {
        g_bytes_unref(sys_fdt_finish(f));
        return NULL;
    }
    sys_fdt_cells(f, "#address-cells", 2);
    sys_fdt_str(f, "compatible", "riscv-virtio");
    if (i) {
        sys_fdt_begin(f, "chosen");
        sys_fdt_str(f, "bootargs", "quiet");
        sys_fdt_flag(f, "linux,initrd-end");
        sys_fdt_end(f);
    }
    for (guint k = 0; k < 3 * i; k++) {
        sys_fdt_begin(f, "memory@%x", k);
        sys_fdt_cells(f, "reg", SYS_FDT_64(0x80000000), SYS_FDT_64(0x8000000));
        sys_fdt_begin(f, "inner");
        sys_fdt_end(f);
        sys_fdt_end(f);
    }
    return g_bytes_unref_to_array(sys_fdt_finish(f));
}
