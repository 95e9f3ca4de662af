/* SPDX-License-Identifier: BSD-2-Clause */
/* A RISC-V hart of a machine: privileged state and what its owner does with it. The RISC-V Instruction Set Manual
 * Volume II (RVP), 20240411.
 *
 * M, S and U modes; Sv39, Sv48, Sv57; 16 PMP entries. Exceptions and interrupts are taken inside tcg_run. It returns
 *   TCG_EXIT_POLL     after tcg_kick
 *   TCG_EXIT_HALT     WFI with no interrupt pending; pc is behind it: sleep until rv_has_work, then run again. Also
 *                     the WFI of a loop that waits for something else with an interrupt pending that it does not
 *                     take: rv_has_work then, and a short sleep takes nothing from the guest; polls says how
 *                     often it was so
 *   TCG_EXIT_SYSCALL  rv_firmware_set was called: ECALL from S; pc is behind it
 *   TCG_EXIT_BREAK    a breakpoint of the owner's
 * and for nothing else. */
#ifndef TCG_HART_RISCV_H
#define TCG_HART_RISCV_H

#include "tcg/cpu-riscv.h"
#include "tcg/mem.h"

enum { RV_U = 0, RV_S = 1, RV_M = 3 };
enum { RV_PMPS = 16, RV_HPMS = 29 };
enum { RV_POLLS = 64 };            /* so many WFIs in a row that did not wait are a loop that polls */

/* Numbers of interrupts: bits of mip and mie, causes [RVP 3.1.15]. */
typedef enum RvIrq {
    RV_IRQ_SSI = 1, RV_IRQ_MSI = 3, RV_IRQ_STI = 5, RV_IRQ_MTI = 7, RV_IRQ_SEI = 9, RV_IRQ_MEI = 11
} RvIrq;

/* A range of physical memory with PMP rights [RVP 3.7]. */
typedef struct RvPmp {
    uint64_t low, high;                 /* first and last byte */
    uint8_t cfg;
} RvPmp;

/* The guest for tcg_machine_init. Its CPUs are RvHart. */
extern const TcgGuest rv_machine_guest;

/* All but cpu is libtcg's own, to be read by others while the hart does not run. Values are as the CSRs show them,
 * but for what is said. */
typedef struct RvHart {
    RvCpu cpu;                          /* first; pc, x, f */
    uint64_t hartid;
    uint64_t reset_pc;
    uint8_t priv;                       /* RV_U, RV_S, RV_M */
    bool firmware;                      /* see rv_firmware_set */
    uint64_t mstatus;                   /* without SD, which follows from FS and VS */
    uint64_t medeleg, mideleg, mie;
    uint64_t mip;                       /* bits that software wrote; lines are in irq */
    uint64_t irq;                       /* lines, by rv_irq_set; atomic */
    uint64_t mtvec, mscratch, mepc, mcause, mtval, mcounteren, mcountinhibit, menvcfg;
    uint64_t stvec, sscratch, sepc, scause, stval, scounteren, senvcfg, satp, stimecmp;
    uint64_t cycle_base, instret_base;  /* counter - clock; the counter itself while inhibited */
    uint8_t pmpcfg[RV_PMPS];
    uint64_t pmpaddr[RV_PMPS];
    RvPmp pmp[RV_PMPS];                 /* the entries that are on, in order */
    unsigned npmp;
    unsigned polls;                     /* WFIs in a row that did not wait, no trap and no CSR written between */
} RvHart;

/* A hart after tcg_env_new: sets hartid and what it has. Then rv_hart_reset. Not while it runs. */
void rv_hart_init(RvHart *h, const RvModel *model, uint64_t hartid, uint64_t reset_pc);

/* The state after reset [RVP 3.4]: M mode, pc = reset_pc, x and f 0. Interrupt lines keep their level. Not while it
 * runs. */
void rv_hart_reset(RvHart *h);

/* Sets the level of an interrupt line: the hart's pending bit is that or what software wrote. Kicks the hart if it
 * rises. Any thread. */
void rv_irq_set(RvHart *h, RvIrq irq, bool level);

/* Is an interrupt pending and enabled in mie, whatever the global enables say [RVP 3.3.3]? Any thread. */
bool rv_has_work(const RvHart *h);

/* Recomputes the supervisor timer's pending bit from the time and stimecmp (Sstc), as the owner has to when the time
 * that TcgMachine.timer was told has come. Any thread. */
void rv_timer_update(RvHart *h);

/* There is no M-mode software: the owner is the firmware. The hart goes to S mode; all exceptions but ECALL from S
 * are taken in S mode, all supervisor interrupts are delegated, and menvcfg, mcounteren and PMP permit all that S
 * and U mode have. Call it after rv_hart_reset. Not while it runs. */
void rv_firmware_set(RvHart *h);

/* A CSR by number, with M mode's rights and the WARL rules of a CSR instruction. False: there is none of that
 * number, or it is read-only. Not while the hart runs, or on its own thread. */
bool rv_csr_read(RvHart *h, unsigned csr, uint64_t *value);
bool rv_csr_write(RvHart *h, unsigned csr, uint64_t value);

/* Name of a CSR that machines have, or NULL. Static. After a first rv_hart_init. */
const char *rv_csr_name(unsigned csr);

/* The largest page-table mode, as the device tree's mmu-type has it: "riscv,sv57". Static; NULL if
 * there are none. */
const char *rv_mmu_type(const RvModel *model);

#endif
