/* SPDX-License-Identifier: BSD-2-Clause */
/* Seeds that are ELF files of 64 bits, little-endian. [gABI 4.1, "ELF Header", "Program Header"] */
#ifndef TESTS_FUZZ_SEED_ELF_H
#define TESTS_FUZZ_SEED_ELF_H

#include "fuzz.h"

#include <elf.h>

/* The header of a file with n segments, whose headers follow. */
static inline void put_elf(GByteArray *a, guint type, guint machine, guint64 entry, guint flags, guint n)
{
    g_byte_array_append(a, (const guint8 *)"\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16);
    put(a, type, 2);
    put(a, machine, 2);
    put(a, 1, 4);
    put(a, entry, 8);
    put(a, 64, 8);
    put(a, 0, 8);
    put(a, flags, 4);
    put(a, 64, 2);
    put(a, 56, 2);
    put(a, n, 2);
    put(a, 0, 6);
}

static inline void put_segment(GByteArray *a, guint type, guint flags, guint64 at, guint64 va, guint64 bytes,
                               guint64 memory)
{
    put(a, type, 4);
    put(a, flags, 4);
    put(a, at, 8);
    put(a, va, 8);
    put(a, va, 8);
    put(a, bytes, 8);
    put(a, memory, 8);
    put(a, 4096, 8);
}

#endif
