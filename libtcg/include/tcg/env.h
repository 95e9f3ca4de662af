/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of a guest CPU's state that generated code and the run time share.
 *
 * Memory around it, low to high: TcgThread (run/thread.h, private to libtcg) | TcgEnv | guest registers.
 * Generated code addresses all of it from one host register holding env + TCG_ENV_BIAS, so that the
 * first 256 bytes of TcgEnv and guest registers are in reach of an 8-bit displacement. */
#ifndef TCG_ENV_H
#define TCG_ENV_H

#include "base/fp.h"

#include <stdint.h>

#define TCG_ENV_BIAS 128

/* A scalar (in u64[0]) or a vector. */
typedef union TcgVal {
    uint64_t u64[2];
    uint32_t u32[4];
    uint16_t u16[8];
    uint8_t u8[16];
    int64_t s64[2];
    int32_t s32[4];
    int16_t s16[8];
    int8_t s8[16];
} __attribute__((aligned(16))) TcgVal;

/* First member of every guest's CPU struct. A guest's struct may not be copied: use tcg_env_clone. */
typedef struct TcgEnv {
    uint32_t exit_request;      /* not 0: leave at the next poll */
    uint16_t flags;             /* condition flags in the host's form: see tcg_flags_get */
    uint16_t reserved;
    FpEnv fp;                   /* rounding, soft sticky flags, mode; see tcg_fp_* */
    uint32_t mxcsr;             /* x86-64 hosts: scratch of the FP functions */
    uint64_t pc;                /* exact outside tcg_run */
    void *jump_cache;           /* of this thread; swapped for an empty one to force a miss */
    const void *poll;           /* readable memory; swapped for unreadable to make a loop's poll fault */
    uint64_t excl_addr;         /* open reservation, or ~0 */
    uint64_t excl_val[2];       /* what the exclusive load saw */
} TcgEnv;

#endif
