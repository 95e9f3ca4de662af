/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64: between the tests' state and libtcg's. */
#ifndef ISA_AARCH64_HOST_H
#define ISA_AARCH64_HOST_H

#include "tcg/cpu-aarch64.h"

#include <string.h>

#define HOST_VLENB(env) 0
#define HOST_GUEST (&a64_guest)
#define RUN_SYSCALL 0xd4000001
#define HOST_ADDRESS(a) ((a) >> 55 & 1 ? (a) : (a) << 8 >> 8)   /* Linux tells addresses without the top byte */

static inline bool host_reset(TcgEnv *env, const char *model)
{
    for (const A64Model *m = a64_models; m->name; m++) {
        if (!model || !strcmp(model, m->name)) {
            a64_cpu_reset((A64Cpu *)env, m);
            return true;
        }
    }
    return false;
}

static inline void host_load(TcgEnv *env, const RunState *s)
{
    A64Cpu *cpu = (A64Cpu *)env;

    memcpy(cpu->x, s->x, sizeof(cpu->x));
    cpu->sp = s->x[31];
    memcpy(cpu->v, s->v, sizeof(cpu->v));
    tcg_flags_set(env, s->flags);
    a64_fpcr_set(cpu, s->fpcr);
    a64_fpsr_set(cpu, s->fpsr);
    env->excl_addr = ~(uint64_t)0;
}

static inline void host_store(TcgEnv *env, RunState *s)
{
    A64Cpu *cpu = (A64Cpu *)env;

    memcpy(s->x, cpu->x, sizeof(cpu->x));
    s->x[31] = cpu->sp;
    memcpy(s->v, cpu->v, sizeof(cpu->v));
    s->flags = tcg_flags_get(env);
    s->fpcr = cpu->fpcr;
    s->fpsr = a64_fpsr_get(cpu);
}

#endif
