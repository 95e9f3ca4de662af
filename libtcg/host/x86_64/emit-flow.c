/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaving a block: branches, calls, returns, exits; calls out of line; and the cold code behind a block.
 *
 * Exits jump through a slot. A slot that is not linked points at its stub in the cold code, which tells the run loop
 * which slot to link. Calls push the guest's return address and call the target, so that the guest's return is the
 * host's ret if the guest returns where the call said. */
#include "host/x86_64/emit-mem.h"
#include "run/cache.h"

Cold *em_cold_add(Emit *E, ColdKind kind, uint8_t *jump)
{
    if (E->ncold == MAX_COLD) {
        E->overflow = true;
        E->ncold--;
    }
    Cold *c = &E->cold[E->ncold++];
    memset(c, 0, offsetof(Cold, ops));
    c->kind = kind;
    c->jump = jump;
    c->form = -1;
    c->pc = E->pc;
    return c;
}

uint32_t em_live_scratch(const Emit *E, int but)
{
    uint32_t live = 0;

    for (uint32_t s = SCRATCH_GPR | SCRATCH_XMM; s; s &= s - 1) {
        int reg = __builtin_ctz(s);
        if (reg != but && E->held[reg] && E->r[E->held[reg]].last > E->i) {
            live |= 1u << reg;
        }
    }
    return live;
}

Cold *em_cold_fn(Emit *E, const TcgIns *i, uint8_t *jump, int result, Opnd x, Opnd y, Opnd z)
{
    Cold *c = em_cold_add(E, COLD_FN, jump);

    c->ins = i;
    c->reg = result;
    c->ops[0] = x;
    c->ops[1] = y;
    c->ops[2] = z;
    c->live = em_live_scratch(E, result);
    c->back = E->e.p;
    return c;
}

void em_pool(Emit *E, uint64_t lo, uint64_t hi, unsigned tail)
{
    if (E->npool == MAX_POOL) {
        E->overflow = true;
        E->npool--;
    }
    E->pool[E->npool++] = (PoolRef){ E->e.p - 4, tail, { lo, hi } };
}

/* The constants, each once. */
static void write_pool(Emit *E)
{
    if (E->e.p + 16 * E->npool + 64 > E->limit) {
        E->overflow = true;
        return;
    }
    for (unsigned k = 0; k < E->npool; k++) {
        PoolRef *r = &E->pool[k];
        const uint8_t *at = NULL;
        while (k == 0 && ((uintptr_t)E->e.p & 15)) {
            enc8(&E->e, 0xcc);
        }
        for (unsigned j = 0; j < k && !at; j++) {
            const PoolRef *o = &E->pool[j];
            if (o->value[0] == r->value[0] && o->value[1] == r->value[1]) {
                int32_t d;
                memcpy(&d, o->disp, 4);
                at = o->disp + 4 + o->tail + d;
            }
        }
        if (!at) {
            at = E->e.p;
            enc64(&E->e, r->value[0]);
            enc64(&E->e, r->value[1]);
        }
        int32_t d = (int32_t)(at - (r->disp + 4 + r->tail));
        memcpy(r->disp, &d, 4);
    }
}

TcgSlot *em_slot(Emit *E, uint64_t pc, unsigned context)
{
    if (E->slots == E->slots_end) {
        E->overflow = true;
        E->slots--;
    }
    TcgSlot *s = E->slots++;
    s->pc = pc;
    s->mode = (E->b->mode & ~TCG_MODE_CONTEXT) | context << TCG_MODE_CONTEXT_SHIFT;
    s->next_in = NULL;
    return s;
}

void em_fault_point(Emit *E)
{
    if (E->nfaults == MAX_FAULTS) {
        E->overflow = true;
        E->nfaults--;
    }
    E->faults[E->nfaults++] = (TcgFaultPoint){
        .offset = (uint32_t)(E->e.p - E->start),
        .pc_delta = (uint16_t)(E->pc - E->b->start_pc),
        .flags_form = (uint16_t)(fl_pending(E) ? E->fl_form : TCG_FF_ENV),
    };
}

void em_store_pc(Emit *E, uint64_t pc)
{
    Mem m = mem_env(offsetof(TcgEnv, pc));

    if (pc == (uint64_t)(int64_t)(int32_t)pc) {
        enc_rm(&E->e, 0xc7, true, 0, m, false, 4);
        enc32(&E->e, (uint32_t)pc);
    } else {
        x_mov_ri(&E->e, RAX, pc);
        x_store(&E->e, true, RAX, m);
    }
}

static bool flags_wanted(Emit *E, uint64_t target)
{
    return fl_pending(E) && !(E->b->guest->flags_dead && E->b->guest->flags_dead(E->b, target));
}

static Mem flags_mem(void)
{
    return mem_env(offsetof(TcgEnv, flags));
}

static void jump_slot(Emit *E, TcgSlot *slot)
{
    x_jmp_m(&E->e, mem_rip(&slot->host));
}

/* In a machine a block may be linked with those of its own page only: other pages can be mapped anew. An instruction
 * that reaches into the next page is no better. */
static bool far(const Emit *E, uint64_t target)
{
    return E->soft && (((target ^ E->b->start_pc) >> 12) != 0 || (target & 4095) > 4096 - 4);
}

/* To another page: by the jump cache. */
static Mem far_lookup(Emit *E, uint64_t target, Cold **miss)
{
    int32_t entry = (int32_t)(tcg_jump_index(target) * sizeof(TcgJumpEntry));

    x_load(&E->e, true, RCX, mem_env(offsetof(TcgEnv, jump_cache)));
    x_mov_ri(&E->e, RAX, target);
    x_alu_rm(&E->e, X_CMP, true, RAX, mem_b(RCX, entry));
    *miss = em_cold_add(E, COLD_JUMP, x_jcc(&E->e, X_NE));
    return mem_b(RCX, entry + 8);
}

static void far_jump(Emit *E, uint64_t target)
{
    Cold *miss;
    Mem to = far_lookup(E, target, &miss);

    x_jmp_m(&E->e, to);
}

/* Leaves by slot if the owner asked for a poll. */
static void poll(Emit *E, TcgSlot *slot)
{
    x_alu_mi(&E->e, X_CMP, false, mem_env(offsetof(TcgEnv, exit_request)), 0);
    em_cold_add(E, COLD_LINK, x_jcc(&E->e, X_NE))->slot = slot;
}

/* Is that this block? */
static bool own_start(const Emit *E, uint64_t target, unsigned context)
{
    return target == E->b->start_pc && context == E->b->mode >> TCG_MODE_CONTEXT_SHIFT;
}

/* The jump itself, flags saved already. back: poll first. */
static void go(Emit *E, uint64_t target, unsigned context, bool back)
{
    if (far(E, target)) {
        far_jump(E, target);    /* a poll too: who wants the thread empties the jump cache */
        return;
    }
    TcgSlot *slot = em_slot(E, target, context);

    if (back) {
        poll(E, slot);
    } else {
        em_cold_add(E, COLD_LINK, NULL)->slot = slot;
    }
    if (own_start(E, target, context)) {
        x_jmp_to(&E->e, E->start);
    } else {
        jump_slot(E, slot);
    }
}

/* To the block's own start. The poll is a load that faults when someone wants this thread, and keeps the flags. If
 * nobody sees the flags there it goes before the comparison, which the host then does together with its branch. */
static void loop_back(Emit *E, const TcgIns *i, int x86)
{
    uint8_t compare[16];
    bool move = E->cmp.end == E->e.p && !E->fl_guest && !E->loop;
    size_t n = move ? (size_t)(E->cmp.end - E->cmp.at) : 0;

    memcpy(compare, E->e.p - n, n);
    E->e.p -= n;
    E->lock |= move ? E->cmp.regs : 0;
    int t = ra_scratch(E, false);
    if (E->loop) {
        fl_host_form(E, TCG_FF_HOST_SUB);
        x86 = fl_need(E, i->a, (TcgCond)i->aux);
    }
    x_load(&E->e, true, t, mem_env(offsetof(TcgEnv, poll)));
    em_fault_point(E);
    x_load(&E->e, false, t, mem_b(t, 0));
    memcpy(E->e.p, compare, n);
    E->e.p += n;
    x_jcc_to(&E->e, x86, E->loop ? E->loop : E->start);
}

static void branch(Emit *E, const TcgIns *i)
{
    uint64_t target = tcg_ins_imm(i);
    int x86 = fl_need(E, i->a, (TcgCond)i->aux);
    int form = flags_wanted(E, target) ? E->fl_form : -1;

    /* To the instruction itself: translated for another context, which does not lead back here. */
    if (target > E->pc || (target == E->pc && !own_start(E, target, i->type))) {
        Cold *c = em_cold_add(E, COLD_EXIT, x_jcc(&E->e, x86));
        c->slot = far(E, target) ? NULL : em_slot(E, target, i->type);
        c->target = target;
        c->form = form;
        return;
    }
    if (own_start(E, target, i->type) && (E->loop ? i->a == E->fl_arch : form < 0)) {
        loop_back(E, i, x86);
        return;
    }
    uint8_t *over = x_jcc(&E->e, x86 ^ 1);
    if (form >= 0) {
        fl_save_code(&E->e, form, flags_mem());
    }
    go(E, target, i->type, true);
    x_here(&E->e, over);
}

static void flush_for(Emit *E, uint64_t target)
{
    if (flags_wanted(E, target)) {
        fl_flush(E);
    }
}

static void jump(Emit *E, const TcgIns *i)
{
    uint64_t target = tcg_ins_imm(i);

    flush_for(E, target);
    go(E, target, i->type, target <= E->pc);
}

/* After the callee's ret: drop the guest return address, go on behind the call. */
static void call_end(Emit *E, TcgSlot *after, uint64_t pc)
{
    x_lea(&E->e, true, RSP, mem_b(RSP, 8));
    if (far(E, pc)) {
        /* the slot only holds the guest's return address */
        after->host = after->stub = NULL;
        far_jump(E, pc);
        return;
    }
    jump_slot(E, after);
    em_cold_add(E, COLD_LINK, NULL)->slot = after;
}

static void far_call(Emit *E, uint64_t target, TcgSlot *after, uint64_t pc)
{
    Cold *miss;

    x_push_m(&E->e, mem_rip(&after->pc));
    Mem to = far_lookup(E, target, &miss);
    x_call_m(&E->e, to);
    miss->back = E->e.p;
    call_end(E, after, pc);
}

static void call(Emit *E, const TcgIns *i)
{
    uint64_t target = tcg_ins_imm(i);

    if (far(E, target)) {
        fl_flush(E);
        far_call(E, target, em_slot(E, E->pc + i->aux, 0), E->pc + i->aux);
        return;
    }
    TcgSlot *to = em_slot(E, target, 0), *after = em_slot(E, E->pc + i->aux, 0);

    flush_for(E, target);
    if (target <= E->pc) {
        poll(E, to);
    } else {
        em_cold_add(E, COLD_LINK, NULL)->slot = to;
    }
    x_push_m(&E->e, mem_rip(&after->pc));
    x_call_m(&E->e, mem_rip(&to->host));
    call_end(E, after, E->pc + i->aux);
}

/* rax holds the target: looks it up, leaving the entry's address as an operand. Jumps to cold code if absent. */
static Mem lookup(Emit *E, Cold **miss)
{
    unsigned align = E->b->guest->insn_align, scale = align == 4 ? 2 : align == 2 ? 3 : 4;

    x_load(&E->e, true, RCX, mem_env(offsetof(TcgEnv, jump_cache)));
    x_mov_rr(&E->e, false, RDX, RAX);
    x_alu_ri(&E->e, X_AND, false, RDX, (int32_t)((TCG_JC_ENTRIES - 1) * align));
    if (scale == 4) {
        x_shift_i(&E->e, X_SHL, false, RDX, 1);
        scale = 3;
    }
    x_alu_rm(&E->e, X_CMP, true, RAX, mem_bi(RCX, RDX, scale, 0));
    *miss = em_cold_add(E, COLD_JUMP, x_jcc(&E->e, X_NE));
    return mem_bi(RCX, RDX, scale, 8);
}

static void target_to_rax(Emit *E, TcgRef v)
{
    fl_flush(E);
    ra_take(E, RAX);
    ra_move(E, RAX, v);
}

static void jump_indirect(Emit *E, const TcgIns *i)
{
    Cold *miss;

    target_to_rax(E, i->a);
    Mem to = lookup(E, &miss);
    x_jmp_m(&E->e, to);
}

static void call_indirect(Emit *E, const TcgIns *i)
{
    TcgSlot *after = em_slot(E, E->pc + i->aux, 0);
    Cold *miss;

    target_to_rax(E, i->a);
    x_push_m(&E->e, mem_rip(&after->pc));
    Mem to = lookup(E, &miss);
    x_call_m(&E->e, to);
    miss->back = E->e.p;
    call_end(E, after, E->pc + i->aux);
}

static void ret(Emit *E, const TcgIns *i)
{
    fl_flush(E);
    int v = ra_use(E, i->a);
    x_alu_rm(&E->e, X_CMP, true, v, mem_b(RSP, 8));
    em_cold_add(E, COLD_RET, x_jcc(&E->e, X_NE))->reg = v;
    enc8(&E->e, 0xc3);
}

static void leave(Emit *E, const TcgIns *i)
{
    fl_flush(E);
    em_store_pc(E, tcg_ins_imm(i));
    x_mov_ri(&E->e, RAX, i->aux);
    x_jmp_m(&E->e, mem_helper(HX_LEAVE));
}

void em_flow(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_brcc:  branch(E, i); break;
    case TCG_OP_jmp:   jump(E, i); break;
    case TCG_OP_call:  call(E, i); break;
    case TCG_OP_jmpi:  jump_indirect(E, i); break;
    case TCG_OP_calli: call_indirect(E, i); break;
    case TCG_OP_ret:   ret(E, i); break;
    default:           leave(E, i); break;
    }
}

/* Out-of-line calls */

Mem em_arg(unsigned k)
{
    return mem_env(offsetof(TcgThread, args) - sizeof(TcgThread) + k * sizeof(TcgVal));
}

static void pass(Emit *E, unsigned k, TcgRef v)
{
    if (is_vec(E, v)) {
        x_vstore(&E->e, TCG_V128, ra_use(E, v), em_arg(k));
    } else {
        Opnd o = ra_opnd(E, v, true, true);
        if (o.kind == OP_IMM) {
            enc_rm(&E->e, 0xc7, true, 0, em_arg(k), false, 4);
            enc32(&E->e, (uint32_t)o.imm);
        } else {
            x_store(&E->e, true, ra_use(E, v), em_arg(k));
        }
    }
    E->lock = 0;
}

static void pass_operands(Emit *E, const TcgIns *i, uint32_t *imm)
{
    const char *sig = tcg_op_sig((TcgOp)i->op);
    const TcgRef ops[3] = { i->a, i->b, i->c };
    bool guest = i->op == TCG_OP_hcall || i->op == TCG_OP_vcall;
    bool c_imm = guest && (E->b->guest->helpers[i->aux].flags & TCG_H_C_IMM);

    *imm = guest ? 0 : i->aux | (uint32_t)i->type << 16;
    for (unsigned k = 0; k < 3 && sig[k + 1]; k++) {
        if (c_imm && k == 2) {
            *imm = ops[k];
        } else if (sig[k + 1] == 'I') {
            *imm |= ops[k] << 24;
        } else if (ops[k]) {
            pass(E, k, ops[k]);
        }
    }
}

void em_call(Emit *E, const TcgIns *i)
{
    const TcgHelper *h = NULL;
    unsigned index = HX_FIRST_OP + i->op;
    bool full = (tcg_op_effects((TcgOp)i->op) & TCG_EFF_F) != 0, write = false, scalar = false;
    uint32_t imm;

    if (i->op == TCG_OP_hcall || i->op == TCG_OP_vcall) {
        h = &E->b->guest->helpers[i->aux];
        index = HX_FIRST_GUEST + i->aux;
        full = (h->flags & (TCG_H_READ | TCG_H_WRITE | TCG_H_FAULT)) != 0;
        write = (h->flags & TCG_H_WRITE) != 0;
        scalar = h->scalar != NULL;
    }
    if (full) {
        fl_flush(E);
    }
    fl_clobber(E);
    E->lock = 0;
    pass_operands(E, i, &imm);
    ra_spill_scratch(E);
    if (full) {
        em_store_pc(E, E->pc);
    }
    if (!scalar) {
        x_mov_ri(&E->e, RDX, imm);
    }
    x_load(&E->e, true, RAX, mem_helper(index));
    x_call_m(&E->e, mem_helper((scalar ? HX_SCALAR_FULL : HX_CALL_FULL) + (full ? 0 : 1)));
    if (write) {
        ra_forget_homes(E);
    }
    if (i->type == TCG_NONE || !E->r[E->i].last) {
        return;
    }
    if (tcg_ins_type(i) == TCG_FL) {
        fl_from_memory(E, em_arg(3));
        return;
    }
    int d = ra_def(E, E->i, 0);
    if (d >= XMM0) {
        x_vload(&E->e, TCG_V128, d, em_arg(3));
    } else {
        x_load(&E->e, i->type != TCG_I32, d, em_arg(3));
    }
}

/* Cold code */

static Mem saved_mem(unsigned k)
{
    return mem_env(offsetof(TcgThread, saved) - sizeof(TcgThread) + k * sizeof(TcgVal));
}

void em_keep(Enc *e, uint32_t set, bool store)
{
    unsigned k = 0;

    for (uint32_t s = set; s; s &= s - 1, k++) {
        int reg = __builtin_ctz(s);
        if (reg >= XMM0) {
            (store ? x_vstore : x_vload)(e, TCG_V128, reg, saved_mem(k));
        } else {
            (store ? x_store : x_load)(e, true, reg, saved_mem(k));
        }
    }
}

void em_move_16(Enc *e, Mem to, Mem from)
{
    for (int k = 0; k < 2; k++, to.disp += 8, from.disp += 8) {
        x_load(e, true, RAX, from);
        x_store(e, true, RAX, to);
    }
}

/* An operation whose inline form does not know the answer: by its function, from the registers of its operands. If it
 * may fault, the guest's flags are in memory. */
static void cold_fn(Emit *E, const Cold *c)
{
    const bool full = (tcg_op_effects((TcgOp)c->ins->op) & TCG_EFF_F) != 0;

    em_keep(&E->e, c->live, true);
    for (unsigned k = 0; k < 3; k++) {
        const Opnd *o = &c->ops[k];
        if (o->kind == OP_REG && o->reg >= XMM0) {
            x_vstore(&E->e, TCG_V128, o->reg, em_arg(k));
        } else if (o->kind == OP_REG) {
            x_store(&E->e, true, o->reg, em_arg(k));
        }
    }
    for (unsigned k = 0; k < 3; k++) {
        if (c->ops[k].kind == OP_MEM) {
            em_move_16(&E->e, em_arg(k), c->ops[k].mem);
        }
    }
    if (full) {
        em_store_pc(E, c->pc);
    }
    x_mov_ri(&E->e, RDX, c->ins->aux | (uint32_t)c->ins->type << 16);
    x_load(&E->e, true, RAX, mem_helper(HX_FIRST_OP + c->ins->op));
    x_call_m(&E->e, mem_helper(full ? HX_CALL_FULL : HX_CALL_LIGHT));
    em_keep(&E->e, c->live, false);
    if (c->reg >= XMM0) {
        /* A scalar has zeroes above it in its place. */
        x_vload(&E->e, c->ins->type == TCG_V128 ? TCG_V128 : TCG_F64, c->reg, em_arg(3));
    } else if (c->reg >= 0) {
        x_load(&E->e, true, c->reg, em_arg(3));
    }
    x_jmp_to(&E->e, c->back);
}

static void stub(Emit *E, TcgSlot *slot)
{
    slot->stub = slot->host = E->e.p + E->e.rx;
    x_lea(&E->e, true, RAX, mem_rip(slot));
    x_jmp_m(&E->e, mem_helper(HX_LINK));
}

/* Misaligned. Where that is allowed within 16 bytes, a second look; nobody wants the flags. */
static void cold_align(Emit *E, const Cold *c)
{
    x_store(&E->e, true, c->reg, em_arg(0));
    if (c->form >= 0) {
        x_alu_ri(&E->e, X_AND, false, c->reg, 15);
        x_alu_ri(&E->e, X_CMP, false, c->reg, c->form);
        x_load(&E->e, true, c->reg, em_arg(0));
        x_jcc_to(&E->e, X_BE, c->back);
    }
    em_store_pc(E, c->pc);
    x_mov_ri(&E->e, RDX, (uint64_t)c->reg2);
    x_load(&E->e, true, RAX, mem_helper(HX_ALIGN_FN));
    x_call_m(&E->e, mem_helper(HX_CALL_FULL));
}

void em_cold(Emit *E)
{
    for (unsigned k = 0; k < E->ncold; k++) {
        Cold *c = &E->cold[k];
        if (E->e.p + 384 > E->limit) {
            E->overflow = true;
            return;
        }
        switch (c->kind) {
        case COLD_EXIT:
            x_here(&E->e, c->jump);
            if (c->form >= 0) {
                fl_save_code(&E->e, c->form, flags_mem());
            }
            if (!c->slot) {
                far_jump(E, c->target);
                break;
            }
            jump_slot(E, c->slot);
            stub(E, c->slot);
            break;
        case COLD_LINK:
            if (c->jump) {
                x_here(&E->e, c->jump);
            }
            stub(E, c->slot);
            break;
        case COLD_RET:
            x_here(&E->e, c->jump);
            if (c->reg != RAX) {
                x_mov_rr(&E->e, true, RAX, c->reg);
            }
            x_jmp_m(&E->e, mem_helper(HX_RET_MISS));
            break;
        case COLD_JUMP:
            x_here(&E->e, c->jump);
            if (c->back) {
                x_call_m(&E->e, mem_helper(HX_MISS));
                x_jmp_to(&E->e, c->back);
            } else {
                x_jmp_m(&E->e, mem_helper(HX_MISS));
            }
            break;
        case COLD_ALIGN:
            x_here(&E->e, c->jump);
            cold_align(E, c);
            break;
        case COLD_FN:
            x_here(&E->e, c->jump);
            if (c->jump2) {
                x_here(&E->e, c->jump2);
            }
            if (c->jump3) {
                x_here(&E->e, c->jump3);
            }
            cold_fn(E, c);
            break;
        case COLD_MXCSR: {
            Mem m = mem_env(offsetof(TcgEnv, mxcsr));
            x_here(&E->e, c->jump);
            x_alu_mi(&E->e, X_AND, false, m, ~0x3f);
            enc_rm(&E->e, O_0F(0xae), false, 2, m, false, 0);              /* ldmxcsr */
            x_jmp_to(&E->e, c->back);
            break;
        }
        case COLD_SOFT:
            x_here(&E->e, c->jump);
            em_soft_cold(E, c);
            break;
        case COLD_STORE_SOME:
            x_here(&E->e, c->jump);
            em_cold_store_some(E, c);
            break;
        case COLD_NOTHING:
            em_cold_nothing(E, c);
            break;
        case COLD_UNORDERED:
            x_here(&E->e, c->jump);
            fl_unordered_code(&E->e);
            x_jmp_to(&E->e, c->back);
            break;
        }
    }
    write_pool(E);
}
