/* SPDX-License-Identifier: BSD-2-Clause */
/* The backward pass: last uses, dead records, and which results may go straight to a guest register's home. */
#include "host/x86_64/emit.h"

static void use(Emit *E, TcgRef v, uint32_t at)
{
    v = ra_resolve_at(E, v, at);
    if (!E->r[v].last) {
        E->r[v].last = at;
    }
}

static void use_operands(Emit *E, const TcgIns *i, uint32_t at)
{
    unsigned values = tcg_op_info[i->op].values;

    if ((i->op == TCG_OP_ld || i->op == TCG_OP_st) && (i->aux & TCG_MO_INDEX)) {
        values |= 2;
    } else if (i->op == TCG_OP_vcall && (E->b->guest->helpers[i->aux].flags & TCG_H_C_IMM)) {
        values &= 3;
    }
    if ((values & 1) && i->a) {
        use(E, i->a, at);
    }
    if ((values & 2) && i->b) {
        use(E, i->b, at);
    }
    if ((values & 4) && i->c) {
        use(E, i->c, at);
    }
}

/* Can something between two records see the guest's registers? */
static bool observes(const Emit *E, const TcgIns *i)
{
    if (i->op == TCG_OP_hcall || i->op == TCG_OP_vcall) {
        return (E->b->guest->helpers[i->aux].flags & (TCG_H_READ | TCG_H_WRITE | TCG_H_FAULT)) != 0;
    }
    return (tcg_op_effects((TcgOp)i->op) & (TCG_EFF_F | TCG_EFF_E)) != 0;
}

static bool removable(const Emit *E, const TcgIns *i)
{
    if (i->op == TCG_OP_hcall || i->op == TCG_OP_vcall) {
        return (E->b->guest->helpers[i->aux].flags & TCG_H_PURE) != 0;
    }
    return !(tcg_op_effects((TcgOp)i->op) & (TCG_EFF_S | TCG_EFF_F | TCG_EFF_P));
}

/* May the value be computed into the home it will be put to? Not if the old content is seen or read before the put. */
static bool may_hint(const Emit *E, uint32_t at, uint32_t next_seen, const uint32_t *got)
{
    uint32_t put = E->r[at].put_at, get = got[E->ins[put].a];

    return next_seen > put && !(get > at && get < put);
}

/* A scalar's widened form that is wanted anyway serves all later uses of the scalar. */
static void stand_in(Emit *E, TcgRef v, uint32_t at)
{
    if (E->ins[v].op != TCG_OP_vlow) {
        if (E->r[v].last > E->r[at].last) {
            E->r[at].last = E->r[v].last;
        }
        E->r[v].last = at;
        E->r[v].alias = at;
    }
}

void hx_liveness(Emit *E)
{
    uint32_t next_seen = E->n;                      /* nearest later record that observes */
    uint32_t flags_seen = E->n;                     /* last record before the next put of flags that observes */
    uint32_t put_over[TCG_MAX_REGS];                /* nearest later put of each register, or 0 */
    uint32_t got[TCG_MAX_REGS];                     /* nearest later get of each register, or 0 */

    memset(got, 0, E->b->guest->nregs * sizeof *got);
    memset(put_over, 0, E->b->guest->nregs * sizeof *put_over);
    for (uint32_t at = E->n - 1; at > 0; at--) {
        const TcgIns *i = &E->ins[at];
        if (i->op == TCG_OP_insn || i->op == TCG_OP_const) {
            continue;
        }
        if (i->op == TCG_OP_put) {
            if (i->a == E->fl_reg) {
                E->r[at].fl_last = flags_seen;
                flags_seen = 0;
            }
            if (put_over[i->a] && put_over[i->a] < next_seen) {
                E->r[at].mark = MARK_DEAD;
                continue;
            }
            put_over[i->a] = at;
            if (ra_resolve_at(E, i->b, at) == i->b) {
                E->r[i->b].put_at = at;
            }
            use(E, i->b, at);
            continue;
        }
        if (removable(E, i) && !E->r[at].last) {
            E->r[at].mark = MARK_DEAD;
            continue;
        }
        if (i->op == TCG_OP_get) {
            put_over[i->a] = 0;                     /* an earlier put is read here */
            got[i->a] = at;
        }
        if (E->r[at].put_at && may_hint(E, at, next_seen, got)) {
            E->r[at].mark |= MARK_HINT;
        }
        if (i->op == TCG_OP_vzext) {
            stand_in(E, i->a, at);
        }
        if (observes(E, i)) {
            next_seen = at;
            flags_seen = flags_seen ? flags_seen : at;
        }
        use_operands(E, i, at);
    }
    E->fl_until = flags_seen;                       /* of the flags at entry */
}
