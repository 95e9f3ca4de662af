/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual memory: Sv39, Sv48, Sv57 [RVP 10.3 to 10.6], Svnapot, Svpbmt, Svadu and Svade [RVP 11, 12, 15, 16]. */
#include "guest/riscv/priv.h"
#include "run/soft.h"

#include <string.h>

enum {
    PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_G = 32, PTE_A = 64, PTE_D = 128,
    PTE_PPN_SHIFT = 10, SATP_MODE_SHIFT = 60, VPN_BITS = 9, PAGE_BITS = 12, NAPOT_BITS = 4,
};
#define PTE_N ((uint64_t)1 << 63)
#define PTE_PBMT ((uint64_t)3 << 61)
#define PTE_RESERVED ((uint64_t)0x7f << 54)
#define PTE_PPN ((uint64_t)0xfffffffffff)
#define SATP_PPN PTE_PPN
#define PHYS_END ((uint64_t)1 << 56)

unsigned rv_max_levels(const RvModel *model)
{
    return model->levels;
}

unsigned rv_mmu_index(const RvHart *h)
{
    unsigned priv = h->priv;

    if (priv == RV_M && (h->mstatus & MS_MPRV)) {
        priv = h->mstatus >> MS_MPP_SHIFT & 3;
    }
    return priv == RV_M ? RV_MMU_M : priv == RV_U ? RV_MMU_U : h->mstatus & MS_SUM ? RV_MMU_SUM : RV_MMU_S;
}

/* A leaf that was found. */
typedef struct Leaf {
    uint64_t pte, at;           /* at: its physical address */
    unsigned level;
    bool global;
} Leaf;

static unsigned levels(const RvHart *h)
{
    unsigned mode = (unsigned)(h->satp >> SATP_MODE_SHIFT);

    return mode ? mode - 5 : 0; /* 8: Sv39 */
}

static bool pte_valid(const RvHart *h, uint64_t pte, unsigned level)
{
    bool leaf = pte & (PTE_R | PTE_X);

    if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || (pte & PTE_RESERVED)) {
        return false;
    }
    if (!leaf) {
        return !(pte & (PTE_N | PTE_PBMT | PTE_U | PTE_A | PTE_D));
    }
    if ((pte & PTE_PBMT) && (!(h->menvcfg & ENV_PBMTE) || (pte & PTE_PBMT) == PTE_PBMT)) {
        return false;
    }
    if (pte & PTE_N) {          /* 64 KiB is the only size [RVP 11] */
        return rv_hart_has(h, RV_EXT_svnapot) && level == 0 && (pte >> PTE_PPN_SHIFT & 15) == 8;
    }
    return !(pte >> PTE_PPN_SHIFT & (((uint64_t)1 << VPN_BITS * level) - 1));
}

static TcgMmuFault walk(RvHart *h, uint64_t gva, Leaf *leaf)
{
    unsigned n = levels(h), width = PAGE_BITS + VPN_BITS * n;
    uint64_t table = (h->satp & SATP_PPN) << PAGE_BITS;
    bool part;

    if ((uint64_t)((int64_t)(gva << (64 - width)) >> (64 - width)) != gva) {
        return TCG_MMU_PAGE;
    }
    leaf->global = false;
    for (unsigned level = n; level-- > 0;) {
        leaf->level = level;
        leaf->at = table + (gva >> (PAGE_BITS + VPN_BITS * level) & 511) * 8;
        if (!rv_pmp_check(h, leaf->at, 8, TCG_LOAD, RV_S, &part)
            || !tcg_phys_load64(&h->cpu.env, leaf->at, &leaf->pte)) {
            return TCG_MMU_ACCESS;
        }
        if (!pte_valid(h, leaf->pte, level)) {
            return TCG_MMU_PAGE;
        }
        leaf->global |= (leaf->pte & PTE_G) != 0;
        if (leaf->pte & (PTE_R | PTE_X)) {
            return TCG_MMU_OK;
        }
        table = (leaf->pte >> PTE_PPN_SHIFT & PTE_PPN) << PAGE_BITS;
    }
    return TCG_MMU_PAGE;
}

static bool permitted(const RvHart *h, uint64_t pte, int access, unsigned mmu)
{
    if (mmu == RV_MMU_U ? !(pte & PTE_U) : (pte & PTE_U) && (mmu != RV_MMU_SUM || access == TCG_FETCH)) {
        return false;
    }
    switch (access) {
    case TCG_FETCH: return pte & PTE_X;
    case TCG_STORE: return pte & PTE_W;
    default:        return (pte & PTE_R) || ((pte & PTE_X) && (h->mstatus & MS_MXR));
    }
}

/* Physical address of gva's page, and the bytes that the leaf maps. */
static uint64_t leaf_page(const Leaf *leaf, uint64_t gva, uint64_t *bytes)
{
    uint64_t ppn = leaf->pte >> PTE_PPN_SHIFT & PTE_PPN;
    unsigned bits = VPN_BITS * leaf->level;

    if (leaf->pte & PTE_N) {
        bits = NAPOT_BITS;
        ppn &= ~(uint64_t)15;
    }
    *bytes = (uint64_t)1 << (PAGE_BITS + bits);
    return (ppn << PAGE_BITS) | (gva & (*bytes - 1) & ~(uint64_t)4095);
}

/* Sets A, and D for a store. TCG_MMU_OK with *again: the entry changed meanwhile. */
static TcgMmuFault set_used(RvHart *h, const Leaf *leaf, int access, bool *again)
{
    uint64_t want = leaf->pte | PTE_A | (access == TCG_STORE ? PTE_D : 0);
    bool part;

    if (want == leaf->pte) {
        return TCG_MMU_OK;
    }
    if (!(h->menvcfg & ENV_ADUE)) {
        return TCG_MMU_PAGE;
    }
    if (!rv_pmp_check(h, leaf->at, 8, TCG_STORE, RV_S, &part)) {
        return TCG_MMU_ACCESS;
    }
    switch (tcg_phys_cas64(&h->cpu.env, leaf->at, leaf->pte, want)) {
    case TCG_CAS_NONE:    return TCG_MMU_ACCESS;
    case TCG_CAS_CHANGED: *again = true; return TCG_MMU_OK;
    default:              return TCG_MMU_OK;
    }
}

TcgMmuFault rv_mmu_translate(TcgEnv *env, uint64_t gva, unsigned size, int access, unsigned mmu, TcgMmuPage *page)
{
    RvHart *h = (RvHart *)env;
    unsigned priv = mmu == RV_MMU_M ? RV_M : mmu == RV_MMU_U ? RV_U : RV_S;
    uint64_t gpa = gva;

    *page = (TcgMmuPage){ .global = mmu == RV_MMU_M };
    if (mmu != RV_MMU_M && levels(h)) {
        Leaf leaf;
        bool again;
        do {
            again = false;
            TcgMmuFault fault = walk(h, gva, &leaf);
            if (fault == TCG_MMU_OK && !permitted(h, leaf.pte, access, mmu)) {
                fault = TCG_MMU_PAGE;
            }
            if (fault == TCG_MMU_OK) {
                fault = set_used(h, &leaf, access, &again);
            }
            if (fault != TCG_MMU_OK) {
                return fault;
            }
        } while (again);
        gpa = leaf_page(&leaf, gva, &page->large) | (gva & 4095);
        page->large = page->large > 4096 ? page->large : 0;
        page->global = leaf.global;
    }
    if (gpa >= PHYS_END || !rv_pmp_check(h, gpa, size, access, priv, &page->part)) {
        return TCG_MMU_ACCESS;
    }
    page->gpa = gpa & ~(uint64_t)4095;
    return TCG_MMU_OK;
}

static bool quietly(RvHart *h, uint64_t gva, unsigned mmu, uint64_t *gpa)
{
    Leaf leaf;
    uint64_t bytes;

    if (mmu == RV_MMU_M || !levels(h)) {
        *gpa = gva;
        return true;
    }
    if (walk(h, gva, &leaf) != TCG_MMU_OK) {
        return false;
    }
    *gpa = leaf_page(&leaf, gva, &bytes) | (gva & 4095);
    return true;
}

bool rv_mmu_debug(TcgEnv *env, uint64_t gva, uint64_t *gpa)
{
    return quietly((RvHart *)env, gva, rv_mmu_index((RvHart *)env), gpa);
}

bool rv_mmu_peek(RvHart *h, uint64_t pc, void *to, unsigned n)
{
    for (unsigned k = 0; k < n; k += 2) {
        uint64_t gpa;
        unsigned flags;
        if (!quietly(h, pc + k, h->priv == RV_M ? RV_MMU_M : RV_MMU_S, &gpa)) {
            return false;
        }
        const char *page = tcg_phys_page(&h->cpu.env, gpa, &flags);
        if (!page) {
            return false;
        }
        memcpy((char *)to + k, page + (gpa & 4095), 2);
    }
    return true;
}
