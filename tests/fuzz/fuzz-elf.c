/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs of user mode: what a file is, and the headers of ELF files, for each guest.  The first byte chooses it. */
#include "seed-elf.h"

#include "load.h"
#include "target.h"

#include <unistd.h>

const char fuzz_name[] = "elf";

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    static const LuTarget targets[] = { { .program = "rhea-riscv64", .abi = &lu_abi_riscv64 },
                                        { .program = "rhea-aarch64", .abi = &lu_abi_aarch64 } };
    Feed f = { data, n };
    LuImage image;
    LuProbe probe;

    lu_target = &targets[feed(&f, 1) & 1];
    int fd = fuzz_file(f.at, f.left, NULL);
    lu_probe(fd, &probe);
    const char *bad = lu_image_check(fd, &image);
    g_assert(bad || (image.start < image.end && image.end <= (guint64)1 << 47));
    close(fd);
    return 0;
}

GByteArray *fuzz_seed(guint i)
{
    static const guint16 machines[] = { EM_RISCV, EM_AARCH64, EM_X86_64 };
    static const char *const scripts[] = { "#!/bin/sh\n", "#! /usr/bin/env  -S x y \n", "#!", "" };
    GByteArray *a = g_byte_array_new();

    put(a, i & 1, 1);
    if (i >= 6 && i < 6 + G_N_ELEMENTS(scripts)) {
        put_text(a, scripts[i - 6]);
        return a;
    }
    if (i >= 6) {
        g_byte_array_unref(a);
        return NULL;
    }
    put_elf(a, i < 3 ? ET_EXEC : ET_DYN, machines[i % 3], 0x10000, i % 3 == 0 ? 5 : 0, 5);
    put_segment(a, PT_LOAD, PF_R | PF_X, 0, 0x10000, 420, 420);
    put_segment(a, PT_LOAD, PF_R | PF_W, 0x100, 0x20100, 16, 0x3000);
    put_segment(a, PT_INTERP, PF_R, 344, 0x10158, 16, 16);
    put_segment(a, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
    put_segment(a, PT_GNU_PROPERTY, PF_R, 360, 0x10168, 32, 32);
    put_text(a, "/lib/ld-linux.s");
    put(a, 0, 1);
    put(a, 4, 4);               /* a note: GNU, type 5, one property */
    put(a, 16, 4);
    put(a, 5, 4);
    put_text(a, "GNU");
    put(a, 0, 1);
    put(a, 0xc0000000, 4);
    put(a, 4, 4);
    put(a, 3, 8);
    put(a, 0, 8);
    put(a, 0, 8);
    put(a, 0, 8);
    put(a, 0, 4);
    return a;
}
