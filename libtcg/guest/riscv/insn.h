/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of RISC-V instructions share. */
#ifndef GUEST_RISCV_INSN_H
#define GUEST_RISCV_INSN_H

#include "guest/riscv/ext.h"
#include "guest/riscv/riscv-isa.h"
#include "tcg/build.h"
#include "tcg/cpu-riscv.h"

/* The mode word: what frm holds, then the index of the model in rv_models. */
enum {
    RV_MODE_RMM = 1,            /* frm is RMM, which the host's units do not have */
    RV_MODE_BAD_FRM = 2,        /* frm is reserved: dynamic rounding is illegal [RVU 20.2] */
    RV_MODE_MODEL_SHIFT = 8,
    RV_MODE_MODEL_MASK = 255,
};

/* For TcgGuest.redo: a vector load or store, which only a helper faults in exactly. */
bool rv_redo(const TcgEnv *env, uint32_t insn);

/* A model as a number, for the mode word. */
extern RvModel rv_model_chosen;         /* of rv_model_parse */

static inline uint32_t rv_model_index(const RvModel *model)
{
    return model == &rv_model_chosen ? RV_MODE_MODEL_MASK : (uint32_t)(model - rv_models);
}

static inline const RvModel *rv_model_at(uint32_t index)
{
    return index == RV_MODE_MODEL_MASK ? &rv_model_chosen : &rv_models[index];
}

/* Helpers, see helper.c. */
enum {
    RV_H_CSR_READ, RV_H_CSR_WRITE, RV_H_FENCE_I, RV_H_CBO_ZERO, RV_H_FCLASS, RV_H_FCVTMOD,
    RV_H_V_EXEC, RV_H_V_MEM, RV_H_VSETVL, RV_H_V_CSR_READ, RV_H_V_CSR_WRITE,
    RV_H_V_TAIL, RV_H_V_FOURS, RV_H_SHA2MS, RV_H_SHA2CH, RV_H_SHA2CL,
    RV_H_COUNT
};
extern const TcgHelper rv_helpers[RV_H_COUNT];

/* Whether the CPU model has an extension (RV_EXT_*). */
bool rv_has(const TcgBuild *b, unsigned ext);
const RvModel *rv_model(const TcgBuild *b);

/* Is csr one of the vector extension's, and may it be written? */
bool rv_v_csr_known(const TcgBuild *b, int csr, bool write);

static inline TcgRef rv_x(TcgBuild *b, int n)
{
    return n ? tcg_get(b, (unsigned)n) : tcg_const(b, 0);
}

static inline void rv_put_x(TcgBuild *b, int n, TcgRef v)
{
    if (n) {
        tcg_put(b, (unsigned)n, v);
    }
}

static inline TcgRef rv_imm(TcgBuild *b, int64_t v)
{
    return tcg_const(b, (uint64_t)v);
}

#endif
