/* SPDX-License-Identifier: BSD-2-Clause */
/* The RISC-V CPU as its owner sees it. */
#ifndef TCG_CPU_RISCV_H
#define TCG_CPU_RISCV_H

#include "tcg/env.h"
#include "tcg/exec.h"
#include "tcg/guest.h"

enum { RV_V_MAX_BYTES = 32 };   /* VLEN is at most 256 */

typedef struct RvCpu {
    TcgEnv env;                 /* pc is in here */
    uint64_t x[32];             /* x[0] stays 0 */
    uint64_t f[32];             /* NaN-boxed */
    uint8_t frm;                /* as written to fcsr; use rv_fcsr_set */
    uint8_t v_used;             /* a vector instruction out of line has */
    const struct RvModel *model;
    uint64_t vl, vtype, vstart, vxsat, vxrm;
    uint64_t v_legal[128];      /* vector instructions out of line that were found legal, with their vtype */
    uint8_t vtail[8 * RV_V_MAX_BYTES] __attribute__((aligned(32)));     /* scratch: ones below vl elements of SEW */
    uint8_t v[32 * RV_V_MAX_BYTES] __attribute__((aligned(32)));    /* model->vlenb bytes each, one after the other */
    TcgCount count;             /* machines */
} RvCpu;

/* Register ids in IR: x1..x31 are 1..31, f0..f31 are 32..63; then v by pieces of 16 bytes, vl, vtype, vstart, vxsat,
 * vxrm, vtail by pieces; RvCpu.count is between. */
enum {
    RV_X0 = 0, RV_RA = 1, RV_SP = 2, RV_GP = 3, RV_TP = 4, RV_A0 = 10, RV_A7 = 17, RV_F0 = 32, RV_V0 = 64,
    RV_VL = RV_V0 + 2 * RV_V_MAX_BYTES, RV_VTYPE, RV_VSTART, RV_VXSAT, RV_VXRM, RV_INSNS, RV_UNTIL, RV_VTAIL0
};

extern const TcgGuest rv_guest;

/* fcsr: frm in bits 7..5, fflags in bits 4..0. Only on the CPU's own thread. */
uint32_t rv_fcsr_get(RvCpu *cpu);
void rv_fcsr_set(RvCpu *cpu, uint32_t v);

/* CPU models: a row of ext.def's bits. */
typedef struct RvModel {
    const char *name, *text;
    uint64_t ext;                       /* bits of guest/riscv/ext.def */
    uint64_t machine;                   /* those that it has beside them in a machine */
    unsigned vlenb;                     /* VLEN / 8: 16 or 32; 0 without vectors */
    uint8_t levels;                     /* of page tables, at most: 3 to 5 for Sv39 to Sv57; less: only bare */
    bool pmp;                           /* a machine has physical memory protection */
} RvModel;

extern const RvModel rv_models[];       /* ends with a row whose name is NULL; the first is the default, max */

typedef struct RvModelError {
    const char *at;                     /* the part of the text that is wrong, length bytes of it */
    size_t length;
    const char *why;                    /* static */
} RvModelError;

/* The model that text describes: a name of rv_models, then ",property=value" any number of times: extensions as the ISA
 * string names them, on or off, vlen, sv39 to sv57, mmu, pmp and more. NULL, and *e says why. The result is static; the
 * same for the same properties. On one thread. */
const RvModel *rv_model_parse(const char *text, RvModelError *e);
void rv_cpu_reset(RvCpu *cpu, const RvModel *model);

static inline bool rv_has_vectors(const RvModel *model)
{
    return model->vlenb != 0;
}

/* Has the program touched its vectors? (It can do so with vill for whole registers only.) */
static inline bool rv_v_used(const RvCpu *cpu)
{
    return cpu->v_used || !(cpu->vtype >> 63);
}

/* The vector state, as vsetvl with vtype and at most vl elements, then writes of the control registers would leave it.
 * Only on the CPU's own thread. */
void rv_v_state_set(RvCpu *cpu, uint64_t vl, uint64_t vtype, uint64_t vstart, uint64_t vcsr);

/* AT_HWCAP of Linux (bits 'a'..'z' of the single-letter extensions). */
uint64_t rv_hwcap(const RvModel *model);

/* The ISA string of /proc/cpuinfo, written into buf. */
void rv_isa_string(const RvModel *model, char *buf, size_t size);

/* The same for the device tree of a machine. */
void rv_machine_isa_string(const RvModel *model, char *buf, size_t size);

/* riscv_hwprobe(2): value for key, or -1 if the key is not known. */
int64_t rv_hwprobe(const RvModel *model, int64_t key);

#endif
