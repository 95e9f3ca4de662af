/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine code that tests write. */
#ifndef USER_FN_H
#define USER_FN_H

#include <stdint.h>
#include <string.h>

/* Writes a function at p, of 16 bytes at most, that returns v (0 to 2047); make_fn so that it can be called. */
static inline void write_fn(void *p, int v)
{
#if defined(__aarch64__)
    const uint32_t code[] = { 0x52800000 | (uint32_t)v << 5, 0xd65f03c0 };
#elif defined(__riscv)
    const uint32_t code[] = { 0x00000513 | (uint32_t)v << 20, 0x00008067 };
#else
    const uint8_t code[] = { 0xb8, v, v >> 8, 0, 0, 0xc3 };
#endif
    memcpy(p, code, sizeof code);
}

static inline void make_fn(void *p, int v)
{
    write_fn(p, v);
    __builtin___clear_cache((char *)p, (char *)p + 16);
}

#endif
