/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of helpers, and those of the system instructions. */
#include "guest/aarch64/insn.h"

#include <sys/random.h>
#include <time.h>

const TcgHelper a64_helpers[A64_H_COUNT] = {
#define SCALAR(name, flags) { #name, a64_h_##name, NULL, flags },
#define VECTOR(name, flags) { #name, NULL, a64_h_##name, flags },
#include "guest/aarch64/helper.def"
#undef SCALAR
#undef VECTOR
};

uint64_t a64_h_fpcr_get(TcgEnv *env, uint64_t a, uint64_t b, uint64_t c)
{
    return ((A64Cpu *)env)->fpcr;
}

/* Where the mode word changes, this block and what it links to are for the old one: leave, and do the (now idle)
 * instruction again in the new mode. */
uint64_t a64_h_fpcr_set(TcgEnv *env, uint64_t v, uint64_t b, uint64_t c)
{
    const unsigned before = env->fp.mode;

    a64_fpcr_set((A64Cpu *)env, v);
    if (env->fp.mode != before) {
        tcg_helper_leave(env, TCG_EXIT_POLL);
    }
    return 0;
}

uint64_t a64_h_fpsr_get(TcgEnv *env, uint64_t a, uint64_t b, uint64_t c)
{
    return a64_fpsr_get((A64Cpu *)env);
}

uint64_t a64_h_fpsr_set(TcgEnv *env, uint64_t v, uint64_t b, uint64_t c)
{
    a64_fpsr_set((A64Cpu *)env, v);
    return 0;
}

/* DIT is bit 24, SSBS bit 12 of their registers. */

uint64_t a64_h_pstate_get(TcgEnv *env, uint64_t sysreg, uint64_t b, uint64_t c)
{
    const A64Cpu *cpu = (A64Cpu *)env;

    return sysreg == A64_SYS_DIT ? (uint64_t)cpu->dit << 24 : (uint64_t)cpu->ssbs << 12;
}

uint64_t a64_h_pstate_set(TcgEnv *env, uint64_t sysreg, uint64_t v, uint64_t c)
{
    A64Cpu *cpu = (A64Cpu *)env;

    if (sysreg == A64_SYS_DIT) {
        cpu->dit = v >> 24 & 1;
    } else {
        cpu->ssbs = v >> 12 & 1;
    }
    return 0;
}

/* CNTVCT_EL0: nanoseconds, see CNTFRQ_EL0. */
uint64_t a64_h_counter(TcgEnv *env, uint64_t a, uint64_t b, uint64_t c)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

uint64_t a64_h_random(TcgEnv *env, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t v = 0;

    if (getrandom(&v, sizeof(v), 0) != sizeof(v)) {
        v = a64_h_counter(env, 0, 0, 0);
    }
    return v;
}

uint64_t a64_h_ic_ivau(TcgEnv *env, uint64_t addr, uint64_t b, uint64_t c)
{
    addr = (uint64_t)((int64_t)(addr << 8) >> 8);
    tcg_invalidate(addr & ~63ull, 64);
    return 0;
}
