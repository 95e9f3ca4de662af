/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64: between the tests' state and libtcg's. */
#ifndef ISA_AARCH64_HOST_H
#define ISA_AARCH64_HOST_H

#include "tcg/cpu-aarch64.h"

#include <string.h>

/* SVE state is that of tests which choose the model. */
static bool host_vectors;
#define HOST_VLENB(env) (host_vectors ? ((A64Cpu *)(env))->vq * 16u : 0)
#define HOST_GUEST (&a64_guest)
#define RUN_SYSCALL 0xd4000001
#define HOST_ADDRESS(a) ((a) >> 55 & 1 ? (a) : (a) << 8 >> 8)   /* Linux tells addresses without the top byte */

static inline bool host_reset(TcgEnv *env, const char *model)
{
    const char *bad;
    size_t length;
    const A64Model *m = a64_model_parse(model ? model : a64_models->name, &bad, &length);

    if (m) {
        a64_cpu_reset((A64Cpu *)env, m);
        host_vectors = model && strstr(model, "sve");
    }
    return m != NULL;
}

static inline void host_load_sve(A64Cpu *cpu, const RunState *s)
{
    const unsigned bytes = cpu->vq * 2u;

    a64_sve_use(cpu, true);
    for (int i = 0; i < 32; i++) {
        memcpy(&cpu->zh[i], s->vr + i * bytes + 2, cpu->vq > 1 ? 16 : 0);
    }
    for (int i = 0; i < 16; i++) {
        cpu->p[i] = 0;
        memcpy(&cpu->p[i], (const char *)s->p + i * bytes, bytes);
    }
    cpu->ffr = 0;
    memcpy(&cpu->ffr, (const char *)s->p + 16 * bytes, bytes);
}

static inline void host_store_sve(const A64Cpu *cpu, RunState *s)
{
    const unsigned bytes = cpu->vq * 2u;

    for (int i = 0; i < 32; i++) {
        memcpy(s->vr + i * bytes, &cpu->v[i], 16);
        memcpy(s->vr + i * bytes + 2, &cpu->zh[i], cpu->vq > 1 ? 16 : 0);
    }
    for (int i = 0; i < 16; i++) {
        memcpy((char *)s->p + i * bytes, &cpu->p[i], bytes);
    }
    memcpy((char *)s->p + 16 * bytes, &cpu->ffr, bytes);
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
    if (HOST_VLENB(env)) {
        host_load_sve(cpu, s);
    }
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
    if (HOST_VLENB(env)) {
        host_store_sve(cpu, s);
    }
}

#endif
