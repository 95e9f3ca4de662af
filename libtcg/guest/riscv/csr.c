/* SPDX-License-Identifier: BSD-2-Clause */
/* Control and status registers of machines [RVP 2, 3, 10], fcsr [RVU 20.2], vectors [RVU 31.3],
 * counters [RVU 8], Sstc [RVP 17], triggers [RVD 5].
 *
 * A row is a number with its name and either a field of RvHart and the bits of it that can be written, or functions.
 * cycle and instret run in nanoseconds, as in user mode: a 1 GHz clock that retires one instruction a cycle. */
#include "guest/riscv/insn.h"
#include "guest/riscv/priv.h"
#include "guest/riscv/v.h"
#include "run/soft.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

typedef struct Csr {
    uint16_t number, field;             /* field: offset in RvHart, or 0 */
    const char *name;
    uint64_t mask;                      /* of field: bits that can be written */
    uint64_t (*read)(RvHart *h);
    void (*write)(RvHart *h, uint64_t v);
    bool (*allowed)(const RvHart *h, unsigned csr, unsigned priv);      /* beyond what the number says; NULL: always */
} Csr;

/* Who may */

static bool fp_on(const RvHart *h, unsigned csr, unsigned priv)
{
    return (h->mstatus & MS_FS) != 0;
}

static bool vectors_on(const RvHart *h, unsigned csr, unsigned priv)
{
    return rv_hart_has(h, RV_EXT_zve32x) && (h->mstatus & MS_VS);
}

static bool counter_on(const RvHart *h, unsigned csr, unsigned priv)
{
    uint64_t bit = (uint64_t)1 << (csr & 31);

    return (priv == RV_M || (h->mcounteren & bit)) && (priv != RV_U || (h->scounteren & bit));
}

static bool pmp_there(const RvHart *h, unsigned csr, unsigned priv)
{
    return h->cpu.model->pmp;
}

static bool not_tvm(const RvHart *h, unsigned csr, unsigned priv)
{
    return priv != RV_S || !(h->mstatus & MS_TVM);
}

static bool stce(const RvHart *h, unsigned csr, unsigned priv)
{
    return rv_hart_has(h, RV_EXT_sstc) && (priv == RV_M || ((h->menvcfg & ENV_STCE) && (h->mcounteren & 2)));
}

/* Floating point */

static uint64_t fflags_read(RvHart *h)
{
    return rv_fcsr_get(&h->cpu) & 31;
}

static void fflags_write(RvHart *h, uint64_t v)
{
    rv_fcsr_set(&h->cpu, (rv_fcsr_get(&h->cpu) & 0xe0) | ((uint32_t)v & 31));
    h->mstatus |= MS_FS_DIRTY;
}

static uint64_t frm_read(RvHart *h)
{
    return h->cpu.frm;
}

static void frm_write(RvHart *h, uint64_t v)
{
    rv_fcsr_set(&h->cpu, (rv_fcsr_get(&h->cpu) & 31) | ((uint32_t)v & 7) << 5);
    h->mstatus |= MS_FS_DIRTY;
}

static uint64_t fcsr_read(RvHart *h)
{
    return rv_fcsr_get(&h->cpu);
}

static void fcsr_write(RvHart *h, uint64_t v)
{
    rv_fcsr_set(&h->cpu, (uint32_t)v & 0xff);
    h->mstatus |= MS_FS_DIRTY;
}

/* Vectors [RVU 31.3] */

#define VECTOR_READ(name, number) \
    static uint64_t name##_read(RvHart *h) \
    { \
        return rv_h_v_csr_read(&h->cpu.env, number, 0, 0); \
    }
#define VECTOR_WRITE(name, number) \
    static void name##_write(RvHart *h, uint64_t v) \
    { \
        rv_h_v_csr_write(&h->cpu.env, number, v, 0); \
        h->mstatus |= MS_VS_DIRTY; \
    }
VECTOR_READ(vstart, 0x008) VECTOR_WRITE(vstart, 0x008)
VECTOR_READ(vxsat, 0x009) VECTOR_WRITE(vxsat, 0x009)
VECTOR_READ(vxrm, 0x00a) VECTOR_WRITE(vxrm, 0x00a)
VECTOR_READ(vcsr, 0x00f) VECTOR_WRITE(vcsr, 0x00f)
VECTOR_READ(vl, 0xc20) VECTOR_READ(vtype, 0xc21) VECTOR_READ(vlenb, 0xc22)

/* Counters */

/* While instructions are counted, a cycle is one. */
static uint64_t clock_now(const RvHart *h)
{
    struct timespec now;

    if (tcg_state.config.count_insns) {
        return h->cpu.count.insns;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t counter(const RvHart *h, uint64_t base, unsigned bit)
{
    return h->mcountinhibit >> bit & 1 ? base : clock_now(h) + base;
}

static uint64_t cycle_read(RvHart *h)
{
    return counter(h, h->cycle_base, 0);
}

static uint64_t instret_read(RvHart *h)
{
    return counter(h, h->instret_base, 2);
}

static void cycle_write(RvHart *h, uint64_t v)
{
    h->cycle_base = h->mcountinhibit & 1 ? v : v - clock_now(h);
}

static void instret_write(RvHart *h, uint64_t v)
{
    h->instret_base = h->mcountinhibit & 4 ? v : v - clock_now(h);
}

static uint64_t inhibit_read(RvHart *h)
{
    return h->mcountinhibit;
}

static void inhibit_write(RvHart *h, uint64_t v)
{
    uint64_t cycle = cycle_read(h), instret = instret_read(h);

    h->mcountinhibit = v & 5;
    cycle_write(h, cycle);
    instret_write(h, instret);
}

static uint64_t time_read(RvHart *h)
{
    return tcg_machine->time(tcg_machine->opaque);
}

static uint64_t zero_read(RvHart *h)
{
    return 0;
}

static void ignore_write(RvHart *h, uint64_t v)
{
}

/* Status */

static uint64_t with_sd(uint64_t s)
{
    return (s & MS_FS) == MS_FS_DIRTY || (s & MS_VS) == MS_VS_DIRTY ? s | MS_SD : s;
}

static uint64_t mstatus_read(RvHart *h)
{
    return with_sd(h->mstatus);
}

static void status_write(RvHart *h, uint64_t v, uint64_t mask)
{
    uint64_t was = h->mstatus;

    if ((v & MS_MPP) == (uint64_t)2 << MS_MPP_SHIFT) {
        mask &= ~MS_MPP;
    }
    if (!rv_hart_has(h, RV_EXT_zve32x)) {
        mask &= ~MS_VS;
    }
    h->mstatus = (was & ~mask) | (v & mask);
    if ((was ^ h->mstatus) & MS_MXR) {
        tcg_tlb_clear(&h->cpu.env, FLUSH_TLB);
    }
}

static void mstatus_write(RvHart *h, uint64_t v)
{
    status_write(h, v, MS_SIE | MS_MIE | MS_SPIE | MS_MPIE | MS_SPP | MS_MPP | MS_FS | MS_VS | MS_MPRV | MS_SUM | MS_MXR
                           | MS_TVM | MS_TW | MS_TSR);
}

#define SSTATUS (MS_SIE | MS_SPIE | MS_SPP | MS_FS | MS_VS | MS_SUM | MS_MXR)

static uint64_t sstatus_read(RvHart *h)
{
    return with_sd(h->mstatus & (SSTATUS | MS_UXL));
}

static void sstatus_write(RvHart *h, uint64_t v)
{
    status_write(h, v, SSTATUS);
}

static uint64_t misa_read(RvHart *h)
{
    static const struct { uint8_t ext, letter; } rows[] = {
        { RV_EXT_a, 'a' }, { RV_EXT_c, 'c' }, { RV_EXT_d, 'd' }, { RV_EXT_f, 'f' }, { RV_EXT_i, 'i' },
        { RV_EXT_m, 'm' }, { RV_EXT_s, 's' }, { RV_EXT_s, 'u' }, { RV_EXT_v, 'v' },
    };
    uint64_t v = (uint64_t)2 << 62;

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        v |= rv_hart_has(h, rows[k].ext) ? (uint64_t)1 << (rows[k].letter - 'a') : 0;
    }
    return v;
}

/* Interrupts */

#define S_IRQS ((uint64_t)(1 << RV_IRQ_SSI | 1 << RV_IRQ_STI | 1 << RV_IRQ_SEI))

static uint64_t mip_read(RvHart *h)
{
    return rv_pending(h);
}

static void pending_write(RvHart *h, uint64_t v, uint64_t mask)
{
    __atomic_store_n(&h->mip, (h->mip & ~mask) | (v & mask), __ATOMIC_SEQ_CST);
}

static void mip_write(RvHart *h, uint64_t v)
{
    pending_write(h, v, h->menvcfg & ENV_STCE ? S_IRQS & ~((uint64_t)1 << RV_IRQ_STI) : S_IRQS);
}

static uint64_t sip_read(RvHart *h)
{
    return rv_pending(h) & h->mideleg;
}

static void sip_write(RvHart *h, uint64_t v)
{
    pending_write(h, v, h->mideleg & (uint64_t)1 << RV_IRQ_SSI);
}

static uint64_t sie_read(RvHart *h)
{
    return h->mie & h->mideleg;
}

static void sie_write(RvHart *h, uint64_t v)
{
    h->mie = (h->mie & ~h->mideleg) | (v & h->mideleg);
}

/* A reserved mode leaves the register as it is. */
static void tvec_write(uint64_t *tvec, uint64_t v)
{
    if (!(v & 2)) {
        *tvec = v;
    }
}

static void mtvec_write(RvHart *h, uint64_t v)
{
    tvec_write(&h->mtvec, v);
}

static void stvec_write(RvHart *h, uint64_t v)
{
    tvec_write(&h->stvec, v);
}

static uint64_t mtvec_read(RvHart *h)
{
    return h->mtvec;
}

static uint64_t stvec_read(RvHart *h)
{
    return h->stvec;
}

/* Address translation and environment */

static uint64_t satp_read(RvHart *h)
{
    return h->satp;
}

static void satp_write(RvHart *h, uint64_t v)
{
    unsigned mode = (unsigned)(v >> 60);

    if (mode != 0 && (mode < 8 || mode > 5 + rv_max_levels(h->cpu.model))) {
        return;                         /* no effect at all [RVP 10.1.11] */
    }
    if (h->satp != v) {
        h->satp = v;
        tcg_tlb_clear_local(&h->cpu.env);
    }
}

static uint64_t menvcfg_read(RvHart *h)
{
    return h->menvcfg;
}

static void menvcfg_write(RvHart *h, uint64_t v)
{
    uint64_t mask = ENV_FIOM, was = h->menvcfg;

    mask |= rv_hart_has(h, RV_EXT_zicbom) ? ENV_CBIE | ENV_CBCFE : 0;
    mask |= rv_hart_has(h, RV_EXT_zicboz) ? ENV_CBZE : 0;
    mask |= rv_hart_has(h, RV_EXT_svadu) ? ENV_ADUE : 0;
    mask |= rv_hart_has(h, RV_EXT_svpbmt) ? ENV_PBMTE : 0;
    mask |= rv_hart_has(h, RV_EXT_sstc) ? ENV_STCE : 0;
    if ((v & ENV_CBIE) == (uint64_t)2 << 4) {
        mask &= ~ENV_CBIE;
    }
    h->menvcfg = (was & ~mask) | (v & mask);
    if ((was ^ h->menvcfg) & (ENV_PBMTE | ENV_ADUE)) {
        tcg_tlb_clear(&h->cpu.env, FLUSH_TLB);
    }
    rv_timer_update(h);
}

static uint64_t senvcfg_read(RvHart *h)
{
    return h->senvcfg;
}

static void senvcfg_write(RvHart *h, uint64_t v)
{
    uint64_t mask = ENV_FIOM;

    mask |= rv_hart_has(h, RV_EXT_zicbom) ? ENV_CBIE | ENV_CBCFE : 0;
    mask |= rv_hart_has(h, RV_EXT_zicboz) ? ENV_CBZE : 0;
    if ((v & ENV_CBIE) == (uint64_t)2 << 4) {
        mask &= ~ENV_CBIE;
    }
    h->senvcfg = (h->senvcfg & ~mask) | (v & mask);
}

static uint64_t stimecmp_read(RvHart *h)
{
    return h->stimecmp;
}

static void stimecmp_write(RvHart *h, uint64_t v)
{
    __atomic_store_n(&h->stimecmp, v, __ATOMIC_SEQ_CST);
    rv_timer_update(h);
    if (tcg_machine->timer) {
        tcg_machine->timer(tcg_machine->opaque, &h->cpu.env, v);
    }
}

/* PMP: a locked entry cannot be written, nor the address below a locked range [RVP 3.7.1.1]. */

enum { PMP_LOCK = 128, PMP_TOR = 1 << 3, PMP_A = 3 << 3, PMP_RW = 3, PMP_W = 2, PMP_BITS = 0x9f };

static uint64_t pmpcfg_read(const RvHart *h, unsigned first)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < 8; k++) {
        v |= (uint64_t)h->pmpcfg[first + k] << 8 * k;
    }
    return v;
}

static void pmp_changed(RvHart *h)
{
    rv_pmp_update(h);
    tcg_tlb_clear(&h->cpu.env, FLUSH_TLB);
}

static void pmpcfg_write(RvHart *h, unsigned first, uint64_t v)
{
    for (unsigned k = first; k < first + 8; k++, v >>= 8) {
        uint8_t cfg = (uint8_t)v & PMP_BITS;
        if (!(h->pmpcfg[k] & PMP_LOCK) && (cfg & PMP_RW) != PMP_W) {    /* W without R is reserved */
            h->pmpcfg[k] = cfg;
        }
    }
    pmp_changed(h);
}

static void pmpaddr_write(RvHart *h, unsigned k, uint64_t v)
{
    bool next = k + 1 < RV_PMPS && (h->pmpcfg[k + 1] & PMP_LOCK) && (h->pmpcfg[k + 1] & PMP_A) == PMP_TOR;

    if (!(h->pmpcfg[k] & PMP_LOCK) && !next) {
        h->pmpaddr[k] = v & (((uint64_t)1 << 54) - 1);
        pmp_changed(h);
    }
}

/* The table */

#define FIELD(num, n, member, bits) { num, offsetof(RvHart, member), n, bits, NULL, NULL, NULL }
#define FUNC(num, n, rd, wr, who) { num, 0, n, 0, rd, wr, who }

static const Csr table[] = {
    FUNC(0x001, "fflags", fflags_read, fflags_write, fp_on),
    FUNC(0x002, "frm", frm_read, frm_write, fp_on),
    FUNC(0x003, "fcsr", fcsr_read, fcsr_write, fp_on),
    FUNC(0x008, "vstart", vstart_read, vstart_write, vectors_on),
    FUNC(0x009, "vxsat", vxsat_read, vxsat_write, vectors_on),
    FUNC(0x00a, "vxrm", vxrm_read, vxrm_write, vectors_on),
    FUNC(0x00f, "vcsr", vcsr_read, vcsr_write, vectors_on),
    FUNC(0xc20, "vl", vl_read, NULL, vectors_on),
    FUNC(0xc21, "vtype", vtype_read, NULL, vectors_on),
    FUNC(0xc22, "vlenb", vlenb_read, NULL, vectors_on),
    FUNC(0xc00, "cycle", cycle_read, NULL, counter_on),
    FUNC(0xc01, "time", time_read, NULL, counter_on),
    FUNC(0xc02, "instret", instret_read, NULL, counter_on),
    FUNC(0x100, "sstatus", sstatus_read, sstatus_write, NULL),
    FUNC(0x104, "sie", sie_read, sie_write, NULL),
    FUNC(0x105, "stvec", stvec_read, stvec_write, NULL),
    FIELD(0x106, "scounteren", scounteren, 0xffffffff),
    FUNC(0x10a, "senvcfg", senvcfg_read, senvcfg_write, NULL),
    FIELD(0x140, "sscratch", sscratch, ~(uint64_t)0),
    FIELD(0x141, "sepc", sepc, ~(uint64_t)1),
    FIELD(0x142, "scause", scause, ~(uint64_t)0),
    FIELD(0x143, "stval", stval, ~(uint64_t)0),
    FUNC(0x144, "sip", sip_read, sip_write, NULL),
    FUNC(0x14d, "stimecmp", stimecmp_read, stimecmp_write, stce),
    FUNC(0x180, "satp", satp_read, satp_write, not_tvm),
    FUNC(0xf11, "mvendorid", zero_read, NULL, NULL),
    FUNC(0xf12, "marchid", zero_read, NULL, NULL),
    FUNC(0xf13, "mimpid", zero_read, NULL, NULL),
    FIELD(0xf14, "mhartid", hartid, 0),
    FUNC(0xf15, "mconfigptr", zero_read, NULL, NULL),
    FUNC(0x300, "mstatus", mstatus_read, mstatus_write, NULL),
    FUNC(0x301, "misa", misa_read, ignore_write, NULL),
    FIELD(0x302, "medeleg", medeleg, 0xb3ff),
    FIELD(0x303, "mideleg", mideleg, S_IRQS),
    FIELD(0x304, "mie", mie, 0xaaa),
    FUNC(0x305, "mtvec", mtvec_read, mtvec_write, NULL),
    FIELD(0x306, "mcounteren", mcounteren, 0xffffffff),
    FUNC(0x30a, "menvcfg", menvcfg_read, menvcfg_write, NULL),
    FUNC(0x320, "mcountinhibit", inhibit_read, inhibit_write, NULL),
    FIELD(0x340, "mscratch", mscratch, ~(uint64_t)0),
    FIELD(0x341, "mepc", mepc, ~(uint64_t)1),
    FIELD(0x342, "mcause", mcause, ~(uint64_t)0),
    FIELD(0x343, "mtval", mtval, ~(uint64_t)0),
    FUNC(0x344, "mip", mip_read, mip_write, NULL),
    FUNC(0x7a0, "tselect", zero_read, ignore_write, NULL),      /* no triggers: type 0 [RVD 5.7] */
    FUNC(0x7a1, "tdata1", zero_read, ignore_write, NULL),
    FUNC(0x7a2, "tdata2", zero_read, ignore_write, NULL),
    FUNC(0x7a3, "tdata3", zero_read, ignore_write, NULL),
    FUNC(0xb00, "mcycle", cycle_read, cycle_write, NULL),
    FUNC(0xb02, "minstret", instret_read, instret_write, NULL),
};

/* Those that come in rows: what can count has no events, PMP. */
static const Csr hpm_user = FUNC(0, "hpmcounter", zero_read, NULL, counter_on);
static const Csr hpm = FUNC(0, "mhpmcounter", zero_read, ignore_write, NULL);
static const Csr hpm_event = FUNC(0, "mhpmevent", zero_read, ignore_write, NULL);
static const Csr pmpcfg = FUNC(0, "pmpcfg", NULL, NULL, pmp_there);
static const Csr pmpaddr = FUNC(0, "pmpaddr", NULL, NULL, pmp_there);

enum {
    CSR_SIP = 0x144, CSR_MIP = 0x344,
    CSR_PMPCFG = 0x3a0, CSR_PMPADDR = 0x3b0, CSR_HPM_EVENT = 0x323, CSR_HPM = 0xb03, CSR_HPM_USER = 0xc03,
};

static bool in_row(unsigned csr, unsigned first, unsigned n)
{
    return csr >= first && csr < first + n;
}

static uint8_t row_of[4096];             /* + 1 */

void rv_csr_init(void)
{
    for (unsigned k = 0; k < sizeof table / sizeof *table; k++) {
        row_of[table[k].number] = (uint8_t)(k + 1);
    }
}

static const Csr *find(unsigned csr)
{
    if (row_of[csr & 0xfff]) {
        return &table[row_of[csr & 0xfff] - 1];
    }
    if (csr == CSR_PMPCFG || csr == CSR_PMPCFG + 2) {
        return &pmpcfg;
    }
    return in_row(csr, CSR_PMPADDR, RV_PMPS) ? &pmpaddr : in_row(csr, CSR_HPM, RV_HPMS) ? &hpm
        : in_row(csr, CSR_HPM_EVENT, RV_HPMS) ? &hpm_event : in_row(csr, CSR_HPM_USER, RV_HPMS) ? &hpm_user : NULL;
}

const char *rv_csr_name(unsigned csr)
{
    const Csr *c = find(csr);

    return c ? c->name : NULL;
}

/* The row, if priv may use it at all [RVP 2.1]. */
static const Csr *usable(const RvHart *h, unsigned csr, unsigned priv)
{
    const Csr *c = (csr >> 8 & 3) <= priv ? find(csr) : NULL;

    return c && (!c->allowed || c->allowed(h, csr, priv)) ? c : NULL;
}

static uint64_t *field_of(RvHart *h, const Csr *c)
{
    return (uint64_t *)(void *)((char *)h + c->field);
}

bool rv_csr_get(RvHart *h, unsigned csr, unsigned priv, uint64_t *value)
{
    const Csr *c = usable(h, csr, priv);

    if (!c) {
        return false;
    }
    if (c == &pmpcfg) {
        *value = pmpcfg_read(h, csr == CSR_PMPCFG ? 0 : 8);
    } else if (c == &pmpaddr) {
        *value = h->pmpaddr[csr - CSR_PMPADDR];
    } else {
        *value = c->field ? *field_of(h, c) : c->read(h);
    }
    return true;
}

bool rv_csr_set(RvHart *h, unsigned csr, unsigned priv, uint64_t value)
{
    const Csr *c = csr >> 10 == 3 ? NULL : usable(h, csr, priv);

    if (!c) {
        return false;
    }
    h->polls = 0;
    if (c == &pmpcfg) {
        pmpcfg_write(h, csr == CSR_PMPCFG ? 0 : 8, value);
    } else if (c == &pmpaddr) {
        pmpaddr_write(h, csr - CSR_PMPADDR, value);
    } else if (c->field) {
        uint64_t *f = field_of(h, c);
        *f = (*f & ~c->mask) | (value & c->mask);
    } else {
        c->write(h, value);
    }
    return true;
}

/* What a set or clear works on: of SEIP and the like the software's bit, not the line's [RVP 3.1.9]. */
static uint64_t base_value(const RvHart *h, unsigned csr, uint64_t old)
{
    if (csr == CSR_MIP) {
        return (old & ~S_IRQS) | (h->mip & S_IRQS);
    }
    return csr == CSR_SIP ? (old & ~S_IRQS) | (h->mip & h->mideleg & S_IRQS) : old;
}

/* Must the next instruction be looked up anew? */
static bool changed(RvHart *h)
{
    TcgEnv *env = &h->cpu.env;

    return __atomic_load_n(&env->exit_request, __ATOMIC_SEQ_CST) || rv_interrupt_now(h) >= 0
        || tcg_state.guest->mode(env) != tcg_soft(env)->now->mode;
}

uint64_t rv_helper_csr(TcgEnv *env, uint64_t what, uint64_t value, uint64_t z)
{
    RvHart *h = (RvHart *)env;
    unsigned csr = what & 0xfff, rd = what >> RV_CSR_RD_SHIFT & 31, op = what >> RV_CSR_OP_SHIFT & 3;
    uint64_t old = 0;

    if (((what & RV_CSR_WRITE) && csr >> 10 == 3) || ((what & RV_CSR_READ) ? !rv_csr_get(h, csr, h->priv, &old)
                                                                           : !usable(h, csr, h->priv))) {
        rv_raise_illegal(h);
    }
    if (what & RV_CSR_WRITE) {
        uint64_t base = base_value(h, csr, old);
        rv_csr_set(h, csr, h->priv, op == 1 ? value : op == 2 ? base | value : base & ~value);
    }
    if (rd) {
        h->cpu.x[rd] = old;
    }
    if ((what & RV_CSR_WRITE) && changed(h)) {
        env->pc += 4;
        tcg_helper_leave(env, TCG_EXIT_POLL);
    }
    return 0;
}

/* For the owner, whether it is switched on or not; mstatus stays as it is. */
static bool is_there(const RvHart *h, const Csr *c)
{
    return c && (c->allowed == fp_on || (c->allowed == vectors_on && rv_hart_has(h, RV_EXT_zve32x)));
}

bool rv_csr_read(RvHart *h, unsigned csr, uint64_t *value)
{
    const Csr *c = find(csr);

    if (is_there(h, c)) {
        *value = c->read(h);
        return true;
    }
    return rv_csr_get(h, csr, RV_M, value);
}

bool rv_csr_write(RvHart *h, unsigned csr, uint64_t value)
{
    const Csr *c = find(csr);

    if (is_there(h, c) && c->write) {
        const uint64_t mstatus = h->mstatus;
        c->write(h, value);
        h->mstatus = mstatus;
        return true;
    }
    return rv_csr_set(h, csr, RV_M, value);
}
