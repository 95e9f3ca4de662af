/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest floating point state kept in MXCSR [SDM 1 10.2.3].
 *
 * MXCSR belongs to the guest from a thread's first tcg_run on: rounding is the guest's, all exceptions are masked,
 * the sticky bits collect what generated code raised. env->fp.flags collects what soft-float raised. */
#include "host/x86_64/emit.h"

static uint32_t mxcsr_read(void)
{
    uint32_t v;

    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}

static void mxcsr_write(uint32_t v)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(v));
}

void hx_fp_flags_init(uint8_t table[64])
{
    for (unsigned m = 0; m < 64; m++) {
        table[m] = (m & 0x20 ? FP_NX : 0) | (m & 0x10 ? FP_UF : 0) | (m & 8 ? FP_OF : 0) | (m & 4 ? FP_DZ : 0)
            | (m & 1 ? FP_NV : 0);
    }
}

unsigned tcg_fp_flags_get(TcgEnv *env)
{
    return env->fp.flags | tcg_thread(env)->fp_flags[mxcsr_read() & 0x3f];
}

/* Writing MXCSR is slow: flags there that are set in the guest's as well may stay. */
void tcg_fp_flags_set(TcgEnv *env, unsigned flags)
{
    uint32_t m = mxcsr_read();

    env->fp.flags = (uint8_t)flags;
    if (tcg_thread(env)->fp_flags[m & 0x3f] & ~flags) {
        mxcsr_write(m & ~0x3fu);
    }
}

void tcg_fp_round_set(TcgEnv *env, unsigned round)
{
    static const uint8_t rc[8] = { [FP_RNE] = 0, [FP_RTZ] = 3, [FP_RDN] = 1, [FP_RUP] = 2, [FP_RMM] = 0 };

    env->fp.round = (uint8_t)round;
    mxcsr_write((mxcsr_read() & ~0x6000u) | (uint32_t)rc[round & 7] << 13);
}

void tcg_fp_suspend(TcgEnv *env)
{
    env->fp.flags = (uint8_t)tcg_fp_flags_get(env);
    mxcsr_write(0x1f80);
}

void tcg_fp_resume(TcgEnv *env)
{
    tcg_fp_thread_start(env);
}

void tcg_fp_thread_start(TcgEnv *env)
{
    mxcsr_write(0x1f80);
    tcg_fp_round_set(env, env->fp.round);
}
