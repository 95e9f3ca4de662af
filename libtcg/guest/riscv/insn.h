/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of RISC-V instructions share. */
#ifndef GUEST_RISCV_INSN_H
#define GUEST_RISCV_INSN_H

#include "guest/riscv/ext.h"
#include "guest/riscv/riscv-isa.h"
#include "tcg/build.h"
#include "tcg/cpu-riscv.h"

/* The mode word: what frm and vxrm hold, then the index of the model in rv_models. */
enum {
    RV_MODE_RMM = 1,            /* frm is RMM, which the host's units do not have */
    RV_MODE_BAD_FRM = 2,        /* frm is reserved: dynamic rounding is illegal [RVU 20.2] */
    RV_MODE_VS_OFF = 4,         /* machines, mstatus.VS: vectors are illegal */
    RV_MODE_VS_CLEAN = 8,       /* it is not Dirty */
    RV_MODE_COUNT = 16,         /* machines: instructions are counted */
    RV_MODE_VXRM_SHIFT = 5,     /* 2 bits: how fixed point rounds */
    RV_MODE_MODEL_SHIFT = 8,
    RV_MODE_MODEL_MASK = 255,   /* after the shift */
    RV_MODE_MACHINE = 1 << 16,  /* of a machine, as the others up to bit 23 */
    RV_MODE_FS_OFF = 1 << 17,   /* mstatus.FS: floating point is illegal */
    RV_MODE_FS_CLEAN = 1 << 18, /* it is not Dirty */
    RV_MODE_PRIV_SHIFT = 19,    /* 2 bits */
    RV_MODE_MMU_SHIFT = 21,     /* 2 bits: MMU index of loads and stores */
};

/* Helpers. */
enum {
#define ROW(id, fn, flags) RV_H_##id,
#define VROW ROW
#include "guest/riscv/helper.def"
#undef VROW
    RV_H_USER_COUNT,
    RV_H_USER_LAST = RV_H_USER_COUNT - 1,
#include "guest/riscv/helper-priv.def"
#undef ROW
    RV_H_MACHINE_COUNT
};
extern const TcgHelper rv_helpers[RV_H_USER_COUNT];

#define ROW(id, fn, flags) TcgScalarFn fn;
#define VROW(id, fn, flags) TcgVectorFn fn;
#include "guest/riscv/helper.def"
#undef VROW
#undef ROW

/* An exit of blocks beside those of exec.h: EBREAK in a machine. */
enum { RV_EXIT_EBREAK = TCG_EXIT_GUEST };

/* Arguments of helpers. */
enum {
    RV_FENCE_PAGE = 1, RV_FENCE_ASID = 2, RV_FENCE_ORDER = 4,           /* RV_H_SFENCE */
    RV_CBO_CLEAN = 0, RV_CBO_INVAL = 1, RV_CBO_ZERO = 2,                /* RV_H_CBO */
    RV_CSR_RD_SHIFT = 12, RV_CSR_OP_SHIFT = 17, RV_CSR_WRITE = 1 << 20, RV_CSR_READ = 1 << 21,  /* RV_H_CSR */
};

/* insn-priv.c: what instructions are in a machine. */
void rv_machine_csr(TcgBuild *b, int csr, int rd, int rs1, int op, bool immediate);
void rv_machine_cbo(TcgBuild *b, unsigned which, int rs1);

/* Counts the instruction that begins; at the start of a block, leaves if there were enough. */
void rv_machine_count(TcgBuild *b);

/* PAUSE: lets other harts run. */
void rv_machine_pause(TcgBuild *b);

/* False: the instruction was dealt with, for floating point or vectors are off, or clean and about to be written. */
bool rv_machine_state(TcgBuild *b, int row, unsigned ext);

static inline bool rv_machine(const TcgBuild *b)
{
    return tcg_build_mode(b) & RV_MODE_MACHINE;
}

/* guest.c: what all RISC-V guests share. */
enum { RV_REGS = RV_VTAIL0 + RV_V_MAX_BYTES / 2 };
extern const TcgRegInfo rv_regs[RV_REGS];
uint32_t rv_mode(const TcgEnv *env);
void rv_translate(TcgBuild *b);
unsigned rv_disas(const uint8_t *code, size_t avail, uint64_t pc, char *buf, size_t size);

/* For TcgGuest.redo: a vector load or store, which only a helper faults in exactly. */
bool rv_redo(const TcgEnv *env, uint32_t insn);

/* A model as a number, for the mode word: of rv_models, or from RV_MODELS_CHOSEN on. */
enum { RV_MODELS_CHOSEN = 128 };
extern RvModel rv_models_chosen[RV_MODELS_CHOSEN];      /* of rv_model_parse; filled one by one */

static inline uint32_t rv_model_index(const RvModel *model)
{
    return model >= rv_models_chosen && model < rv_models_chosen + RV_MODELS_CHOSEN
        ? RV_MODELS_CHOSEN + (uint32_t)(model - rv_models_chosen) : (uint32_t)(model - rv_models);
}

static inline const RvModel *rv_model_at(uint32_t index)
{
    return index >= RV_MODELS_CHOSEN ? &rv_models_chosen[index - RV_MODELS_CHOSEN] : &rv_models[index];
}

/* The name of an extension in the ISA string; "" if it has none of its own. Static. */
const char *rv_ext_name(unsigned ext);

/* The extensions that a model has in a machine. */
uint64_t rv_machine_ext(const RvModel *model);


/* For TcgGuest.known: the extensions that the CPU model has. */
uint64_t rv_known(uint32_t mode);

/* Whether the CPU model has an extension (RV_EXT_*). */
static inline bool rv_has(const TcgBuild *b, unsigned ext)
{
    return tcg_build_known(b) >> ext & 1;
}

const RvModel *rv_model(const TcgBuild *b);

/* Is csr one of the vector extension's, and may it be written? */
bool rv_v_csr_known(const TcgBuild *b, int csr, bool write);

/* Reads one that holds what the translator or a guest register knows, if it may be read. False: not done. */
bool rv_v_csr_read(TcgBuild *b, int csr, int rd);

/* It was written. */
void rv_v_csr_written(TcgBuild *b, int csr);

/* Does the mode word stay as it is when a, with the operation op (1: write), writes one of those? */
bool rv_v_csr_keeps_mode(const TcgBuild *b, const RvArgs *a, int op, bool immediate);

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
