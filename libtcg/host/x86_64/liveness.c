/* SPDX-License-Identifier: BSD-2-Clause */
/* The backward pass: last uses, dead records, and which results may go straight to a guest register's home. */
#include "host/x86_64/emit.h"

/* The pass walks every record: what it reads often is in locals of its own. */
typedef struct Live {
    const Emit *E;
    const TcgIns *ins;
    RefState *r;
    bool views;
    uint32_t next_seen;             /* nearest later record that observes */
    uint32_t flags_seen;            /* last record before the next put of flags that observes */
    struct {
        uint16_t put, get;          /* nearest later put and get of the register, or 0 */
    } next[TCG_MAX_REGS];
} Live;

static inline void use(Live *l, TcgRef v, uint32_t at)
{
    while (l->views && l->ins[v].op == TCG_OP_vlow) {
        v = l->ins[v].a;
    }
    if (!l->r[v].last) {
        l->r[v].last = (uint16_t)at;
    }
}

static inline bool is_helper(const TcgIns *i)
{
    return i->op == TCG_OP_hcall || i->op == TCG_OP_vcall;
}

/* Can something between two records see the guest's registers? */
static inline bool observes(const Emit *E, const TcgIns *i, unsigned effects)
{
    if (is_helper(i)) {
        return (E->b->guest->helpers[i->aux].flags & (TCG_H_READ | TCG_H_WRITE | TCG_H_FAULT)) != 0;
    }
    return (effects & (TCG_EFF_F | TCG_EFF_E)) != 0;
}

static inline bool removable(const Emit *E, const TcgIns *i, unsigned effects)
{
    if (is_helper(i)) {
        return (E->b->guest->helpers[i->aux].flags & TCG_H_PURE) != 0;
    }
    return !(effects & (TCG_EFF_S | TCG_EFF_F | TCG_EFF_P));
}

/* A table over zeroes: the host's instruction gives these itself. */
static bool over_zeroes(const Emit *E, const TcgIns *i)
{
    const TcgIns *x = &E->ins[i->a];

    return x->op == TCG_OP_vconst && !(E->b->vpool[x->a].u64[0] | E->b->vpool[x->a].u64[1]);
}

static unsigned value_operands(const Emit *E, const TcgIns *i, const TcgOpInfo *info)
{
    if (i->op == TCG_OP_vtbx && over_zeroes(E, i)) {
        return info->values & ~1u;
    }
    if ((i->op == TCG_OP_ld || i->op == TCG_OP_st) && (i->aux & TCG_MO_INDEX)) {
        return info->values | 2u;
    }
    if (i->op == TCG_OP_vcall && (E->b->guest->helpers[i->aux].flags & TCG_H_C_IMM)) {
        return info->values & 3u;
    }
    return info->values;
}

/* May the value be computed into the home it will be put to? Not if the old content is seen or read before the put. */
static inline bool may_hint(const Live *l, uint32_t at)
{
    uint32_t put = l->r[at].put_at, get = l->next[l->ins[put].a].get;

    return l->next_seen > put && !(get > at && get < put);
}

static inline void pass_put(Live *l, const TcgIns *i, uint32_t at)
{
    uint32_t over = l->next[i->a].put;

    if (i->a == l->E->fl_reg) {
        l->r[at].fl_last = (uint16_t)l->flags_seen;
        l->flags_seen = 0;
    }
    bool dead = over && over < l->next_seen;
    if (!(l->views && l->ins[i->b].op == TCG_OP_vlow) && (!dead || l->E->pins->of[i->a] >= 0)) {
        l->r[i->b].put_at = (uint16_t)at;           /* a dead put still says where the value may be until the next */
    }
    if (dead) {
        l->r[at].mark = MARK_DEAD;
        return;
    }
    l->next[i->a].put = (uint16_t)at;
    use(l, i->b, at);
}

/* A scalar's widened form that is wanted anyway serves all later uses of the scalar. */
static void stand_in(Live *l, TcgRef v, uint32_t at)
{
    RefState *r = &l->r[v];

    if (l->ins[v].op != TCG_OP_vlow) {
        if (r->last > l->r[at].last) {
            l->r[at].last = r->last;
        }
        r->last = r->alias = (uint16_t)at;
        r->mark |= MARK_ALIAS;
    }
}

static inline void pass_get(Live *l, const TcgIns *i, uint32_t at)
{
    if (!l->r[at].last) {
        l->r[at].mark = MARK_DEAD;
        return;
    }
    l->next[i->a].put = 0;                          /* an earlier put is read here */
    l->next[i->a].get = (uint16_t)at;
}

static inline void pass_one(Live *l, const TcgIns *i, uint32_t at)
{
    const TcgOpInfo *info = &tcg_op_info[i->op];
    RefState *r = &l->r[at];

    if (!r->last && removable(l->E, i, info->effects)) {
        r->mark = MARK_DEAD;
        return;
    }
    if (r->put_at && !(r->mark & MARK_ALIAS) && may_hint(l, at)) {
        r->mark |= MARK_HINT;
    }
    if (observes(l->E, i, info->effects)) {
        l->next_seen = at;
        l->flags_seen = l->flags_seen ? l->flags_seen : at;
    }
    if (i->op == TCG_OP_vzext) {
        stand_in(l, i->a, at);
    }
    unsigned values = value_operands(l->E, i, info);
    if ((values & 1) && i->a) {
        use(l, i->a, at);
    }
    if ((values & 2) && i->b) {
        use(l, i->b, at);
    }
    if ((values & 4) && i->c) {
        use(l, i->c, at);
    }
}

void hx_liveness(Emit *E)
{
    Live l;
    const TcgIns *i = E->ins + E->n - 1;

    l.E = E;
    l.ins = E->ins;
    l.r = E->r;
    l.views = E->views;
    l.next_seen = l.flags_seen = E->n;
    memset(l.next, 0, E->b->guest->nregs * sizeof *l.next);

    for (uint32_t at = E->n - 1; at > 0; at--, i--) {
        if (i->op == TCG_OP_put) {
            pass_put(&l, i, at);
        } else if (i->op == TCG_OP_get) {
            pass_get(&l, i, at);
        } else if (i->op > TCG_OP_const) {      /* the first rows of ops.def have nothing to pass on */
            pass_one(&l, i, at);
        }
    }
    E->fl_until = l.flags_seen;                     /* of the flags at entry */
}
