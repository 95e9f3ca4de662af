/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory protection [RVP 3.7]. The grain is 4 bytes. */
#include "guest/riscv/priv.h"

enum { CFG_R = 1, CFG_W = 2, CFG_X = 4, CFG_A_SHIFT = 3, CFG_L = 128 };
enum { A_OFF, A_TOR, A_NA4, A_NAPOT };

void rv_pmp_update(RvHart *h)
{
    unsigned n = 0;

    for (unsigned k = 0; k < RV_PMPS; k++) {
        uint64_t addr = h->pmpaddr[k], low = addr << 2, high;
        switch (h->pmpcfg[k] >> CFG_A_SHIFT & 3) {
        case A_TOR:
            low = k ? h->pmpaddr[k - 1] << 2 : 0;
            if (low >= addr << 2) {
                continue;
            }
            high = (addr << 2) - 1;
            break;
        case A_NA4:
            high = low + 3;
            break;
        case A_NAPOT:
            low = (addr & (addr + 1)) << 2;
            high = low + (((addr ^ (addr + 1)) + 1) << 2) - 1;
            break;
        default:
            continue;
        }
        h->pmp[n++] = (RvPmp){ low, high, h->pmpcfg[k] };
    }
    h->npmp = n;
}

/* The lowest-numbered entry that matches any byte decides, and has to match all [RVP 3.7.1.3]. */
bool rv_pmp_check(const RvHart *h, uint64_t gpa, unsigned size, int access, unsigned priv, bool *part)
{
    uint64_t page = gpa & ~(uint64_t)4095, last = gpa + size - 1;
    unsigned need = access == TCG_FETCH ? CFG_X : access == TCG_STORE ? CFG_W : CFG_R;

    if (!h->cpu.model->pmp) {
        return true;
    }
    for (unsigned k = 0; k < h->npmp; k++) {
        const RvPmp *p = &h->pmp[k];
        if (p->high < page || p->low > page + 4095) {
            continue;
        }
        if (p->low > page || p->high < page + 4095) {
            *part = true;
        }
        if (p->high < gpa || p->low > last) {
            continue;
        }
        if (p->low > gpa || p->high < last) {
            return false;
        }
        return (priv == RV_M && !(p->cfg & CFG_L)) || (p->cfg & need);
    }
    return priv == RV_M;
}
