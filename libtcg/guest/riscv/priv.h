/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the privileged architecture share. The RISC-V Instruction Set Manual Volume II (RVP), 20240411. */
#ifndef GUEST_RISCV_PRIV_H
#define GUEST_RISCV_PRIV_H

#include "guest/riscv/insn.h"
#include "tcg/hart-riscv.h"

/* mstatus [RVP 3.1.6] */
#define MS_SIE ((uint64_t)1 << 1)
#define MS_MIE ((uint64_t)1 << 3)
#define MS_SPIE ((uint64_t)1 << 5)
#define MS_MPIE ((uint64_t)1 << 7)
#define MS_SPP ((uint64_t)1 << 8)
#define MS_VS ((uint64_t)3 << 9)
#define MS_MPP ((uint64_t)3 << 11)
#define MS_FS ((uint64_t)3 << 13)
#define MS_MPRV ((uint64_t)1 << 17)
#define MS_SUM ((uint64_t)1 << 18)
#define MS_MXR ((uint64_t)1 << 19)
#define MS_TVM ((uint64_t)1 << 20)
#define MS_TW ((uint64_t)1 << 21)
#define MS_TSR ((uint64_t)1 << 22)
#define MS_UXL ((uint64_t)2 << 32)
#define MS_SXL ((uint64_t)2 << 34)
#define MS_SD ((uint64_t)1 << 63)
enum { MS_MPP_SHIFT = 11, MS_SPP_SHIFT = 8, MS_FS_SHIFT = 13 };
#define MS_FS_DIRTY MS_FS
#define MS_VS_DIRTY MS_VS

/* menvcfg, senvcfg [RVP 3.1.18] */
#define ENV_FIOM ((uint64_t)1)
#define ENV_CBIE ((uint64_t)3 << 4)
#define ENV_CBCFE ((uint64_t)1 << 6)
#define ENV_CBZE ((uint64_t)1 << 7)
#define ENV_ADUE ((uint64_t)1 << 61)
#define ENV_PBMTE ((uint64_t)1 << 62)
#define ENV_STCE ((uint64_t)1 << 63)

/* Exceptions [RVP 3.1.15]. */
enum {
    RV_X_FETCH_ALIGN = 0, RV_X_FETCH_ACCESS = 1, RV_X_ILLEGAL = 2, RV_X_BREAK = 3,
    RV_X_LOAD_ALIGN = 4, RV_X_LOAD_ACCESS = 5, RV_X_STORE_ALIGN = 6, RV_X_STORE_ACCESS = 7,
    RV_X_ECALL_U = 8, RV_X_ECALL_S = 9, RV_X_ECALL_M = 11,
    RV_X_FETCH_PAGE = 12, RV_X_LOAD_PAGE = 13, RV_X_STORE_PAGE = 15,
};
#define RV_INTERRUPT ((uint64_t)1 << 63)

/* MMU indexes. */
enum { RV_MMU_U, RV_MMU_S, RV_MMU_SUM, RV_MMU_M };

static inline bool rv_hart_has(const RvHart *h, unsigned ext)
{
    return rv_machine_ext(h->cpu.model) >> ext & 1;
}

/* trap.c */

/* Takes an exception or (RV_INTERRUPT set) interrupt: env.pc is where it comes from, then where its handler is
 * [RVP 3.1.6.1, 10.1.1]. */
void rv_trap(RvHart *h, uint64_t cause, uint64_t tval);

/* The same from a helper; does not return. */
void rv_raise(RvHart *h, uint64_t cause, uint64_t tval) __attribute__((noreturn));
void rv_raise_illegal(RvHart *h) __attribute__((noreturn));

/* Pending bits as mip shows them. */
uint64_t rv_pending(const RvHart *h);

/* The interrupt that would be taken now, or -1 [RVP 3.1.9]. */
int rv_interrupt_now(const RvHart *h);

int rv_machine_leave(TcgEnv *env, int reason);
void rv_machine_interrupt(TcgEnv *env);
void rv_machine_raise(TcgEnv *env, TcgMmuFault fault, int access, uint64_t gva);

/* mmu.c */
unsigned rv_mmu_index(const RvHart *h);                 /* of loads and stores */
TcgMmuFault rv_mmu_translate(TcgEnv *env, uint64_t gva, unsigned size, int access, unsigned mmu, TcgMmuPage *page);
bool rv_mmu_debug(TcgEnv *env, uint64_t gva, uint64_t *gpa);
unsigned rv_max_levels(const RvModel *model);           /* of page tables: 3 to 5 */

/* Reads n bytes of code at pc, without effects. */
bool rv_mmu_peek(RvHart *h, uint64_t pc, void *to, unsigned n);

/* pmp.c */

/* Recomputes what pmp_* of RvHart hold from the CSRs. */
void rv_pmp_update(RvHart *h);

/* May size bytes at gpa be accessed with the rights of priv? *part: the same need not be true of the whole page. */
bool rv_pmp_check(const RvHart *h, uint64_t gpa, unsigned size, int access, unsigned priv, bool *part);

/* csr.c */

/* Before any of the others, as often as wanted. */
void rv_csr_init(void);

/* A CSR instruction's access: with priv's rights. False: illegal instruction. */
bool rv_csr_get(RvHart *h, unsigned csr, unsigned priv, uint64_t *value);
bool rv_csr_set(RvHart *h, unsigned csr, unsigned priv, uint64_t value);
uint64_t rv_helper_csr(TcgEnv *env, uint64_t what, uint64_t value, uint64_t z);

/* helper-priv.c */
TcgScalarFn rv_helper_mret, rv_helper_sret, rv_helper_wfi, rv_helper_sfence, rv_helper_dirty, rv_helper_cbo;
TcgScalarFn rv_helper_pause, rv_helper_recheck, rv_helper_count;

#endif
