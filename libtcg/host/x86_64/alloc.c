/* SPDX-License-Identifier: BSD-2-Clause */
/* Where values are. See emit.h, requirements 1, 2 and 4. */
#include "host/x86_64/emit.h"

bool ra_imm32(const Emit *E, TcgRef v, bool wide, int32_t *k)
{
    uint64_t c;

    if (!ra_const(E, v, &c) || (wide && c != (uint64_t)(int64_t)(int32_t)c)) {
        return false;
    }
    *k = (int32_t)c;
    return true;
}

bool ra_dies(const Emit *E, TcgRef v)
{
    return E->r[ra_resolve(E, v)].last <= E->i;
}

/* Homes */

static Mem home_mem(const Emit *E, unsigned guest_reg)
{
    return mem_env(E->b->guest->regs[guest_reg].offset);
}

static Mem spill_mem(unsigned slot)
{
    return mem_env(offsetof(TcgThread, spill) - sizeof(TcgThread) + slot * sizeof(TcgVal));
}

/* The type with which a value is moved as a whole. */
static TcgType move_type(const Emit *E, TcgRef v)
{
    TcgType t = tcg_ins_type(&E->ins[v]);

    return t == TCG_F16 || t == TCG_F32 ? TCG_F64 : t;
}

/* Memory that holds v; false if none does. */
static inline bool mem_of(const Emit *E, TcgRef v, Mem *m)
{
    if (E->r[v].home && E->pins->of[E->r[v].home - 1] < 0) {
        *m = home_mem(E, E->r[v].home - 1u);
        return true;
    }
    if (E->r[v].spill) {
        *m = spill_mem(E->r[v].spill - 1u);
        return true;
    }
    return false;
}

void ra_spill_slot(Emit *E, TcgRef v)
{
    if (E->spill_used == ~(uint64_t)0) {
        /* Slots of dead values are free again. */
        E->spill_used = 0;
        for (TcgRef r = 1; r < E->n; r++) {
            if (E->r[r].spill) {
                if (E->r[r].last >= E->i) {
                    E->spill_used |= (uint64_t)1 << (E->r[r].spill - 1);
                } else {
                    E->r[r].spill = 0;
                }
            }
        }
    }
    if (E->spill_used == ~(uint64_t)0) {
        E->overflow = true;     /* more values than slots: a shorter block will do */
        E->spill_used = 0;
    }
    unsigned slot = (unsigned)__builtin_ctzll(~E->spill_used);
    E->spill_used |= (uint64_t)1 << slot;
    E->r[v].spill = (uint8_t)(slot + 1);
}

static void spill(Emit *E, TcgRef v, int reg)
{
    ra_spill_slot(E, v);
    if (reg >= XMM0) {
        x_vstore(&E->e, TCG_V128, reg, spill_mem(E->r[v].spill - 1u));
    } else {
        x_store(&E->e, true, reg, spill_mem(E->r[v].spill - 1u));
    }
}

static inline bool elsewhere(const Emit *E, TcgRef v)
{
    return E->r[v].home || E->r[v].spill || E->ins[v].op == TCG_OP_const;
}

/* The register's value goes somewhere else if it is still wanted. */
static inline void evict(Emit *E, int reg)
{
    TcgRef v = E->held[reg];

    if (!v) {
        return;
    }
    if (E->r[v].last >= E->i && !elsewhere(E, v)) {
        spill(E, v, reg);
    }
    E->r[v].hreg = -1;
    E->held[reg] = 0;
}

static inline int pick(Emit *E, uint32_t set)
{
    int best = -1;
    uint32_t best_rank = 0;

    set &= ~E->lock;
    for (uint32_t s = set; s; s &= s - 1) {
        int reg = __builtin_ctz(s);
        TcgRef v = E->held[reg];
        if (!v || E->r[v].last < E->i) {
            return reg;
        }
        /* kept elsewhere, then the one used last the farthest away */
        uint32_t rank = elsewhere(E, v) ? 2u << 28 : E->r[v].last;
        if (best < 0 || rank > best_rank) {
            best = reg;
            best_rank = rank;
        }
    }
    return best;
}

/* Before a jump to cold code that comes back later: scratch registers that are asked for in between spill nothing
 * then, as the cold way would not go through that. */
void ra_room(Emit *E, unsigned general, unsigned vectors)
{
    const uint32_t lock = E->lock;

    while (general--) {
        ra_scratch(E, false);
    }
    while (vectors--) {
        ra_scratch(E, true);
    }
    E->lock = lock;
}

int ra_scratch(Emit *E, bool vec)
{
    int reg = pick(E, vec ? SCRATCH_XMM : SCRATCH_GPR);

    if (reg < 0) {
        E->overflow = true;     /* more operands than registers: see tcg_host_compile */
        reg = vec ? XMM0 : RAX;
    }
    evict(E, reg);
    E->lock |= 1u << reg;
    return reg;
}

void ra_take(Emit *E, int reg)
{
    TcgRef v = E->held[reg];

    if (v && E->r[v].last >= E->i && !elsewhere(E, v)) {
        /* Rather to another free scratch register than to memory. */
        E->lock |= 1u << reg;
        uint32_t set = (reg >= XMM0 ? SCRATCH_XMM : SCRATCH_GPR) & ~E->lock;
        for (uint32_t s = set; s; s &= s - 1) {
            int to = __builtin_ctz(s);
            if (!E->held[to] || E->r[E->held[to]].last < E->i) {
                evict(E, to);
                if (reg >= XMM0) {
                    x_vmov(&E->e, to, reg);
                } else {
                    x_mov_rr(&E->e, true, to, reg);
                }
                E->held[to] = v;
                E->r[v].hreg = (int8_t)to;
                E->held[reg] = 0;
                return;
            }
        }
    }
    evict(E, reg);
    E->lock |= 1u << reg;
}

void ra_move(Emit *E, int dst, TcgRef v)
{
    uint64_t k;
    Mem m;

    v = ra_resolve(E, v);
    int reg = ra_reg_at(E, v);
    if (reg == dst) {
        return;
    }
    if (reg >= 0) {
        if (dst >= XMM0) {
            x_vmov(&E->e, dst, reg);
        } else {
            x_mov_rr(&E->e, true, dst, reg);
        }
    } else if (ra_const(E, v, &k)) {
        x_mov_ri(&E->e, dst, k);
    } else if (mem_of(E, v, &m)) {
        if (dst >= XMM0) {
            x_vload(&E->e, move_type(E, v), dst, m);
        } else {
            x_load(&E->e, true, dst, m);
        }
    } else {
        E->overflow = true;     /* a value that was never defined: the verifier finds these */
    }
}

int ra_use(Emit *E, TcgRef v)
{
    v = ra_resolve(E, v);
    int reg = ra_reg_at(E, v);
    if (reg < 0) {
        reg = ra_scratch(E, is_vec(E, v));
        ra_move(E, reg, v);
        E->held[reg] = v;
        E->r[v].hreg = (int8_t)reg;
    }
    E->lock |= 1u << reg;
    return reg;
}

Opnd ra_opnd(Emit *E, TcgRef v, bool wide, bool imm)
{
    Opnd o = { OP_REG, 0, { 0 }, 0 };

    v = ra_resolve(E, v);
    o.reg = ra_reg_at(E, v);
    if (o.reg >= 0) {
        E->lock |= 1u << o.reg;
        return o;
    }
    if (imm && ra_imm32(E, v, wide, &o.imm)) {
        o.kind = OP_IMM;
        return o;
    }
    if (mem_of(E, v, &o.mem)) {
        o.kind = OP_MEM;
        return o;
    }
    o.reg = ra_use(E, v);
    return o;
}

void ra_to_memory(Emit *E, TcgRef v)
{
    v = ra_resolve(E, v);
    int reg = E->r[v].hreg;

    if (reg < 0) {
        return;
    }
    if (!elsewhere(E, v)) {
        spill(E, v, reg);
    }
    E->r[v].hreg = -1;
    E->held[reg] = 0;
    E->lock &= ~(1u << reg);
}

void ra_drop(Emit *E, TcgRef v)
{
    v = ra_resolve(E, v);
    int reg = E->r[v].hreg;

    if (reg >= 0 && E->r[v].last <= E->i) {
        E->r[v].hreg = -1;
        E->held[reg] = 0;
        E->lock &= ~(1u << reg);
    }
}

/* Definitions */

/* The pinned register that v may be computed into directly, or -1. */
static inline int hinted(const Emit *E, TcgRef v)
{
    if (!(E->r[v].mark & MARK_HINT)) {
        return -1;
    }
    const TcgIns *put = &E->ins[E->r[v].put_at];
    int pin = E->pins->of[put->a];
    if (pin < 0 || is_vec_type((TcgType)E->b->guest->regs[put->a].type) != is_vec(E, v)) {
        return -1;
    }
    if (pin >= XMM0 && E->b->guest->regs[put->a].type != tcg_ins_type(&E->ins[v])) {
        return -1;              /* the put widens it */
    }
    TcgRef old = E->in_home[put->a];
    return old && E->r[old].last > E->i ? -1 : pin;
}

static inline void set_home(Emit *E, unsigned guest_reg, TcgRef v)
{
    TcgRef old = E->in_home[guest_reg];

    if (old && E->r[old].home == guest_reg + 1) {
        E->r[old].home = 0;
    }
    E->in_home[guest_reg] = (uint16_t)v;
    if (v && !E->r[v].home) {
        E->r[v].home = (uint8_t)(guest_reg + 1);
    }
}

int ra_def(Emit *E, TcgRef v, uint32_t avoid)
{
    int pin = hinted(E, v);

    if (pin >= 0 && !(avoid >> pin & 1)) {
        set_home(E, E->ins[E->r[v].put_at].a, v);
        E->lock |= 1u << pin;
        return pin;
    }
    uint32_t was = E->lock;
    E->lock |= avoid;
    int reg = ra_scratch(E, is_vec(E, v));
    E->lock = was | 1u << reg;
    E->held[reg] = v;
    E->r[v].hreg = (int8_t)reg;
    return reg;
}

void ra_def_in(Emit *E, TcgRef v, int reg)
{
    E->held[reg] = v;
    E->r[v].hreg = (int8_t)reg;
}

/* The vzext of the current scalar that comes next, or 0. */
static TcgRef next_widening(const Emit *E)
{
    uint32_t at = E->i + 1;

    while (at < E->n && (E->ins[at].op == TCG_OP_const || (E->r[at].mark & MARK_DEAD))) {
        at++;
    }
    return at < E->n && E->ins[at].op == TCG_OP_vzext && E->ins[at].a == E->i && E->ins[at].aux == E->ins[E->i].type
        ? at : 0;
}

bool ra_widens(const Emit *E)
{
    return next_widening(E) != 0;
}

TcgRef ra_widened(Emit *E)
{
    const TcgRef at = next_widening(E);

    E->i = at ? at : E->i;
    return E->i;
}

bool ra_zero_above(const Emit *E, TcgRef v, TcgType t)
{
    v = ra_resolve(E, v);
    const TcgIns *i = &E->ins[v];
    if (i->op == TCG_OP_vconst) {
        const TcgVal *k = &E->b->vpool[i->a];
        return k->u64[1] == 0 && (t == TCG_F64 || k->u64[0] >> (t == TCG_F32 ? 32 : 16) == 0);
    }
    return i->op == TCG_OP_vzext && (TcgType)i->aux <= t;
}

int ra_def_copy(Emit *E, TcgRef v, TcgRef from, uint32_t avoid)
{
    from = ra_resolve(E, from);
    int reg = ra_reg_at(E, from), pin = hinted(E, v);

    if (pin >= 0 && !(avoid >> pin & 1)) {
        ra_move(E, pin, from);
        set_home(E, E->ins[E->r[v].put_at].a, v);
        E->lock |= 1u << pin;
        return pin;
    }
    if (reg >= 0 && E->r[from].hreg == reg && !(avoid >> reg & 1) && E->r[from].last <= E->i) {
        E->r[from].hreg = -1;     /* its last use: take its register over */
        E->held[reg] = v;
        E->r[v].hreg = (int8_t)reg;
        E->lock |= 1u << reg;
        return reg;
    }
    uint32_t was = E->lock;
    E->lock |= avoid;
    int dst = ra_scratch(E, is_vec(E, v));
    ra_move(E, dst, from);
    E->lock = was | 1u << dst;
    E->held[dst] = v;
    E->r[v].hreg = (int8_t)dst;
    return dst;
}

/* Guest registers */

void ra_get(Emit *E, unsigned guest_reg, TcgRef v)
{
    set_home(E, guest_reg, v);
}

/* The home is about to be overwritten: a value that lives only there moves out. */
static inline void displace(Emit *E, unsigned guest_reg)
{
    TcgRef old = E->in_home[guest_reg];

    if (!old || E->r[old].home != guest_reg + 1) {
        return;
    }
    E->r[old].home = 0;
    if (E->r[old].last <= E->i) {
        return;
    }
    for (unsigned r = 0; r < E->b->guest->nregs; r++) {
        if (r != guest_reg && E->in_home[r] == old) {
            E->r[old].home = (uint8_t)(r + 1);
            return;
        }
    }
    if (E->r[old].hreg >= 0 || elsewhere(E, old)) {
        return;
    }
    E->r[old].home = (uint8_t)(guest_reg + 1);        /* so that ra_move finds it */
    int reg = ra_scratch(E, is_vec(E, old));
    ra_move(E, reg, old);
    E->r[old].home = 0;
    E->held[reg] = old;
    E->r[old].hreg = (int8_t)reg;
}

void ra_put(Emit *E, unsigned guest_reg, TcgRef v)
{
    if (E->in_home[guest_reg] == v && E->r[v].home == guest_reg + 1) {
        return;                 /* computed there */
    }
    v = ra_resolve(E, v);
    int pin = E->pins->of[guest_reg];
    TcgType want = (TcgType)E->b->guest->regs[guest_reg].type;

    if (E->r[v].home == guest_reg + 1 && E->in_home[guest_reg] == v) {
        return;
    }
    displace(E, guest_reg);
    if (pin >= 0) {
        ra_move(E, pin, v);
    } else {
        Opnd o = is_vec(E, v) ? (Opnd){ .kind = OP_REG, .reg = ra_use(E, v) } : ra_opnd(E, v, true, true);
        if (o.kind == OP_MEM) {
            o.kind = OP_REG;
            o.reg = ra_use(E, v);
        }
        Mem m = home_mem(E, guest_reg);
        if (o.kind == OP_IMM) {
            enc_rm(&E->e, 0xc7, true, 0, m, false, 4);
            enc32(&E->e, (uint32_t)o.imm);
        } else if (o.reg >= XMM0) {
            x_vstore(&E->e, want, o.reg, m);
        } else {
            x_store(&E->e, true, o.reg, m);
        }
    }
    E->in_home[guest_reg] = 0;
    set_home(E, guest_reg, v);
}

void ra_spill_scratch(Emit *E)
{
    for (uint32_t s = SCRATCH_GPR | SCRATCH_XMM; s; s &= s - 1) {
        int reg = __builtin_ctz(s);
        TcgRef v = E->held[reg];
        if (v && E->r[v].last > E->i && !elsewhere(E, v)) {
            spill(E, v, reg);
        }
        if (v) {
            E->r[v].hreg = -1;
            E->held[reg] = 0;
        }
    }
}

void ra_forget_homes(Emit *E)
{
    for (unsigned r = 0; r < E->b->guest->nregs; r++) {
        TcgRef v = E->in_home[r];
        if (v && E->r[v].home == r + 1) {
            E->r[v].home = 0;
        }
        E->in_home[r] = 0;
    }
}
