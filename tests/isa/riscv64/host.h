/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V: between the tests' state and libtcg's. */
#ifndef ISA_RISCV64_HOST_H
#define ISA_RISCV64_HOST_H

#include "tcg/cpu-riscv.h"

#include <string.h>

/* The vectors' state is that of tests which choose the model. */
static bool host_vectors;
#define HOST_VLENB(env) (host_vectors ? ((RvCpu *)(env))->model->vlenb : 0)
#define HOST_GUEST (&rv_guest)
#define RUN_SYSCALL 0x00000073
#define HOST_ADDRESS(a) (a)

static inline bool host_reset(TcgEnv *env, const char *model)
{
    RvModelError e;
    const RvModel *m = rv_model_parse(model ? model : rv_models->name, &e);

    if (m) {
        rv_cpu_reset((RvCpu *)env, m);
        host_vectors = model && strstr(model, "vlen");
    }
    return m != NULL;
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
    if (HOST_VLENB(env)) {
        memcpy(cpu->v, s->vr, 32 * cpu->model->vlenb);
        rv_v_state_set(cpu, s->vl, s->vtype, s->vstart, s->vcsr);
    }
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
    if (HOST_VLENB(env)) {
        memcpy(s->vr, cpu->v, 32 * cpu->model->vlenb);
        s->vl = cpu->vl;
        s->vtype = cpu->vtype;
        s->vstart = cpu->vstart;
        s->vcsr = (uint64_t)cpu->vxrm << 1 | cpu->vxsat;
    }
}

#endif
