/* SPDX-License-Identifier: BSD-2-Clause */
/* What RISC-V instructions do out of line. */
#include "guest/riscv/insn.h"
#include "guest/riscv/v.h"

#include "base/fp.h"
#include "run/atomic.h"

#include <time.h>

static uint64_t csr_read(TcgEnv *env, uint64_t csr, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    struct timespec now;

    switch (csr) {
    case 2: return cpu->frm;
    case 3: return rv_fcsr_get(cpu);
    default:
        /* The counters run in nanoseconds: a 1 GHz clock that retires one instruction a cycle. */
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    }
}

static uint64_t csr_write(TcgEnv *env, uint64_t csr, uint64_t v, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;

    switch (csr) {
    case 2:  rv_fcsr_set(cpu, (rv_fcsr_get(cpu) & 31) | ((uint32_t)v & 7) << 5); break;
    default: rv_fcsr_set(cpu, (uint32_t)v); break;
    }
    return 0;
}

/* FENCE.I names no address: everything is translated anew. [RVU 6] */
static uint64_t fence_i(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    tcg_invalidate(0, ~(uint64_t)0);
    return 0;
}

static uint64_t cbo_zero(TcgEnv *env, uint64_t addr, uint64_t y, uint64_t z)
{
    static const uint64_t zero;

    addr &= ~(uint64_t)63;
    for (unsigned k = 0; k < 64; k += 8) {
        tcg_guest_write(env, addr + k, &zero, 8);
    }
    return 0;
}

static uint64_t fclass(TcgEnv *env, uint64_t v, uint64_t fmt, uint64_t z)
{
    return fmt == 0 ? fp_f32_class((uint32_t)v) : fmt == 1 ? fp_f64_class(v) : fp_f16_class((uint16_t)v);
}

static uint64_t fcvtmod(TcgEnv *env, uint64_t v, uint64_t y, uint64_t z)
{
    FpEnv fp = { .round = FP_RTZ, .mode = FP_DEFAULT_NAN };
    uint64_t r = (uint64_t)(int64_t)(int32_t)fp_f64_to_i32_js(&fp, v, NULL);

    env->fp.flags |= fp.flags;
    return r;
}

const TcgHelper rv_helpers[RV_H_COUNT] = {
    [RV_H_CSR_READ] = { "csr_read", csr_read, NULL, 0 },
    [RV_H_CSR_WRITE] = { "csr_write", csr_write, NULL, 0 },
    [RV_H_FENCE_I] = { "fence_i", fence_i, NULL, TCG_H_READ },
    [RV_H_CBO_ZERO] = { "cbo_zero", cbo_zero, NULL, TCG_H_FAULT },
    [RV_H_FCLASS] = { "fclass", fclass, NULL, TCG_H_PURE },
    [RV_H_FCVTMOD] = { "fcvtmod", fcvtmod, NULL, 0 },
    [RV_H_V_EXEC] = { "v_exec", rv_h_v_exec, NULL, TCG_H_READ | TCG_H_WRITE | TCG_H_FAULT },
    [RV_H_V_MEM] = { "v_mem", rv_h_v_mem, NULL, TCG_H_READ | TCG_H_WRITE | TCG_H_FAULT },
    [RV_H_VSETVL] = { "vsetvl", rv_h_vsetvl, NULL, TCG_H_READ | TCG_H_WRITE },
    [RV_H_V_CSR_READ] = { "v_csr_read", rv_h_v_csr_read, NULL, TCG_H_READ },
    [RV_H_V_TAIL] = { "v_tail", rv_h_v_tail, NULL, TCG_H_READ | TCG_H_WRITE },
    [RV_H_V_FOURS] = { "v_fours", rv_h_v_fours, NULL, TCG_H_READ | TCG_H_WRITE },
    [RV_H_SHA2MS] = { "sha2ms", NULL, rv_h_sha2ms, TCG_H_PURE },
    [RV_H_SHA2CH] = { "sha2ch", NULL, rv_h_sha2ch, TCG_H_PURE },
    [RV_H_SHA2CL] = { "sha2cl", NULL, rv_h_sha2cl, TCG_H_PURE },
    [RV_H_V_CSR_WRITE] = { "v_csr_write", rv_h_v_csr_write, NULL, TCG_H_READ | TCG_H_WRITE },
};
