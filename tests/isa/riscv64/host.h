/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V: between the tests' state and libtcg's. */
#ifndef ISA_RISCV64_HOST_H
#define ISA_RISCV64_HOST_H

#include "tcg/cpu-riscv.h"

#include <string.h>

#define HOST_GUEST (&rv_guest)
#define RUN_SYSCALL 0x00000073
#define HOST_ADDRESS(a) (a)

static inline bool host_reset(TcgEnv *env, const char *model)
{
    for (const RvModel *m = rv_models; m->name; m++) {
        if (!model || !strcmp(model, m->name)) {
            rv_cpu_reset((RvCpu *)env, m);
            return true;
        }
    }
    return false;
}

static inline void host_load(TcgEnv *env, const RunState *s)
{
    RvCpu *cpu = (RvCpu *)env;

    memcpy(cpu->x, s->x, sizeof(cpu->x));
    for (int i = 0; i < 32; i++) {
        cpu->f[i] = s->v[i][0];
    }
    rv_fcsr_set(cpu, s->fpcr << 5 | s->fpsr);
    env->excl_addr = ~(uint64_t)0;
}

static inline void host_store(TcgEnv *env, RunState *s)
{
    RvCpu *cpu = (RvCpu *)env;
    const uint32_t fcsr = rv_fcsr_get(cpu);

    memcpy(s->x, cpu->x, sizeof(cpu->x));
    for (int i = 0; i < 32; i++) {
        s->v[i][0] = cpu->f[i];
    }
    s->fpcr = fcsr >> 5;
    s->fpsr = fcsr & 31;
}

#endif
