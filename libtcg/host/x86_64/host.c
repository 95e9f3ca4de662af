/* SPDX-License-Identifier: BSD-2-Clause */
/* Tier 1 on x86-64: compiling a block, running it, and what happens when it faults. */
#include "base/log.h"
#include "host/x86_64/code.h"
#include "host/x86_64/emit-mem.h"
#include "host/x86_64/stubs.h"
#include "run/cache.h"
#include "run/host.h"

#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

static HxPins pins;
static Emit *emit;                      /* the compilation's state, under the lock */

void tcg_host_thread_init(TcgThread *t, void *low, void *high)
{
    static bool ready;

    tcg_lock();
    if (!ready) {
        hx_features_init(tcg_state.config.host_mask);
        hx_pins_init(&pins, tcg_state.guest);
        ready = true;
    }
    hx_stubs_thread(t, tcg_state.guest, &pins, high);
    tcg_unlock();
}

void *tcg_host_return_stack(void *high)
{
    return hx_stubs_return_stack(high);
}

TcgSlot *tcg_host_slot(uintptr_t at)
{
    return hx_slot_at(at);
}

bool tcg_host_slot_is_inherited(const TcgSlot *slot)
{
    return hx_slot_is_inherited(slot);
}

TcgBlock *tcg_host_block(const void *code)
{
    return hx_block_at((uintptr_t)code);
}

uint64_t tcg_host_code_bytes(void)
{
    return hx_slab_bytes();
}

void tcg_host_reset(void)
{
    hx_slabs_reset();
}

int tcg_host_enter(TcgEnv *env, const void *code)
{
    return hx_stubs_enter(env, code);
}

void tcg_host_fork_child(void)
{
    hx_slabs_forked();
}

void tcg_host_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg)
{
    hx_slab_ranges(fn, arg);
}

/* Compiling */

static void begin(Emit *E, TcgBuild *b, HxSlab *s)
{
    E->b = b;
    E->ins = b->ins;
    E->n = b->n;
    E->e = (Enc){ s->rw_at, s->rx - s->rw };
    E->start = s->rw_at;
    E->limit = s->rw + HX_SLAB_CODE - 4096;
    if (E->limit > E->start + HX_CODE_MARGIN - 4096) {
        E->limit = E->start + HX_CODE_MARGIN - 4096;
    }
    E->limit -= HX_RECORD_MARGIN;
    E->pins = &pins;
    E->views = b->views;
    E->soft = tcg_state.soft != NULL;
    E->mmu = E->soft ? b->guest->machine->mmu(b->mode, false) : 0;
    for (RefState *r = E->r, *end = r + b->n; r < end; r += 4) {
        r[0] = r[1] = r[2] = r[3] = (RefState){ .hreg = -1 };
    }
    memset(E->held, 0, sizeof E->held);
    memset(E->in_home, 0, b->guest->nregs * sizeof *E->in_home);
    E->spill_used = 0;
    E->fl = E->fl_guest = E->fl_arch = 0;
    E->fl_reg = b->fl_reg;
    E->loop = E->cmp.end = NULL;
    E->ncold = E->nfaults = E->npool = 0;
    E->slots = s->slots + s->nslots;
    E->slots_end = E->slots + HX_SLOT_MARGIN;
    E->overflow = false;
}

static void one(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_none: case TCG_OP_const: case TCG_OP_vlow:
        break;
    case TCG_OP_get:
        if (i->a != E->fl_reg || !E->loop) {
            ra_get(E, i->a, E->i);
        }
        break;
    case TCG_OP_put:
        if (i->a == E->fl_reg) {
            fl_put(E, i->b);
            E->fl_arch = i->b;
        } else {
            ra_put(E, i->a, i->b);
        }
        break;
    case TCG_OP_ld: em_load(E, i); break;
    case TCG_OP_st: em_store(E, i); break;
    case TCG_OP_ldm: em_load_masked(E, i); break;
    case TCG_OP_stm: em_store_masked(E, i); break;
    case TCG_OP_ldl: em_load_lane(E, i); break;
    case TCG_OP_stl: em_store_lane(E, i); break;
    case TCG_OP_cmp: case TCG_OP_cmn: case TCG_OP_tst: case TCG_OP_adcf: case TCG_OP_sbcf: case TCG_OP_ccmp:
    case TCG_OP_fccmp:
    case TCG_OP_flset: case TCG_OP_flget:
        fl_op(E, i);
        break;
    case TCG_OP_brcc: case TCG_OP_jmp: case TCG_OP_call: case TCG_OP_jmpi: case TCG_OP_calli: case TCG_OP_ret:
    case TCG_OP_exit:
        em_flow(E, i);
        break;
    case TCG_OP_hcall: case TCG_OP_vcall:
        em_call(E, i);
        break;
    case TCG_OP_vconst:
        em_vec(E, i);
        break;
    default:
        if (i->op <= TCG_OP_sel) {
            em_int(E, i);
        } else if (i->op <= TCG_OP_fence) {
            if (!em_atomic(E, i)) {
                em_call(E, i);
            }
        } else if (!em_vec(E, i) && !em_fp(E, i) && !em_vec_int(E, i) && !em_vec_fp(E, i) && !em_crypto(E, i)) {
            em_call(E, i);
        }
        break;
    }
}

static bool compile(Emit *E)
{
    hx_liveness(E);
    if (E->soft) {
        em_soft_groups(E);
    }
    if (E->b->flags_loop && !E->b->guest->flags_dead(E->b, E->b->start_pc)) {
        fl_enter_loop(E);
    }
    const TcgMark *m = E->b->marks;
    uint32_t n = E->n, next = m->first;
    E->pc = E->b->start_pc;
    for (E->i = 1; E->i < n; E->i++) {
        uint32_t k = E->i;
        while (next <= k) {                     /* an emitter may have done more than one record */
            E->pc = E->b->start_pc + m->pc_delta;
            next = (++m)->first;
        }
        if (E->r[k].mark & (MARK_DEAD | MARK_DONE)) {
            continue;
        }
        E->lock = 0;
        one(E, &E->ins[k]);
        if (E->e.p > E->limit) {
            return false;
        }
    }
    E->limit += HX_RECORD_MARGIN;
    em_cold(E);
    return !E->overflow;
}

static void log_host_code(const Emit *E, const TcgBlock *block)
{
    const uint8_t *p = E->start;

    log_printf("OUT: [size=%u] guest 0x%llx\n", block->code_size, (unsigned long long)block->pc);
    for (uint32_t k = 0; k < block->code_size; k += 32) {
        char line[80];
        unsigned n = 0;
        for (uint32_t j = k; j < block->code_size && j < k + 32; j++) {
            static const char hex[] = "0123456789abcdef";
            line[n++] = hex[p[j] >> 4];
            line[n++] = hex[p[j] & 15];
        }
        line[n] = 0;
        log_printf("%p: %s\n", (const void *)(E->start + E->e.rx + k), line);
    }
}

bool tcg_host_compile(TcgBuild *b, TcgBlock *block)
{
    if (!emit) {
        emit = calloc(1, sizeof *emit);
    }
    Emit *E = emit;
    HxSlab *s = hx_slab();
    begin(E, b, s);
    if (!compile(E)) {
        return false;
    }
    block->code = E->start + E->e.rx;
    block->code_size = (uint32_t)(E->e.p - E->start);
    block->nfaults = E->nfaults;
    if (E->nfaults) {
        block->faults = tcg_cache_alloc(E->nfaults * sizeof *block->faults);
        memcpy(block->faults, E->faults, E->nfaults * sizeof *block->faults);
    }
    if (log_on(LOG_OUT_ASM)) {
        log_host_code(E, block);
    }
    s->rw_at = (uint8_t *)(((uintptr_t)E->e.p + 15) & ~(uintptr_t)15);
    s->nslots = (unsigned)(E->slots - s->slots);
    s->blocks[s->nblocks] = block;
    __atomic_store_n(&s->nblocks, s->nblocks + 1, __ATOMIC_RELEASE);
    return true;
}

/* Faults */

static const TcgFaultPoint *fault_point(const TcgBlock *b, uint32_t offset)
{
    uint32_t lo = 0, hi = b->nfaults;

    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (b->faults[mid].offset < offset) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < b->nfaults && b->faults[lo].offset == offset ? &b->faults[lo] : NULL;
}

/* General registers of a signal context, by hardware number. */
static greg_t *context_reg(mcontext_t *mc, int reg)
{
    static const uint8_t index[16] = {
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
        REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
    };

    return &mc->gregs[index[reg]];
}

static void save_pins(TcgEnv *env, mcontext_t *mc)
{
    for (int reg = 0; reg < 32; reg++) {
        if (pins.guest[reg] < 0) {
            continue;
        }
        const TcgRegInfo *r = &tcg_state.guest->regs[pins.guest[reg]];
        char *to = (char *)env + r->offset;
        if (reg >= XMM0) {
            memcpy(to, &mc->fpregs->_xmm[reg - XMM0], r->type == TCG_V128 ? 16 : 8);
        } else {
            memcpy(to, context_reg(mc, reg), 8);
        }
    }
}

static void save_flags(TcgEnv *env, unsigned form, uint64_t eflags)
{
    if (form == TCG_FF_ENV) {
        return;
    }
    if (form == TCG_FF_HOST_FP || form == TCG_FF_HOST_FPX) {
        bool below = (eflags & 1) != 0, swapped = form == TCG_FF_HOST_FPX;
        tcg_flags_set(env, eflags & 4 ? 0x30000000 : eflags & 0x40 ? 0x60000000 : below != swapped ? 0x80000000
                               : 0x20000000);
        return;
    }
    bool carry = (eflags & 1) != (form == TCG_FF_HOST_SUB);
    tcg_flags_set(env, (uint32_t)(eflags >> 7 & 1) << 31 | (uint32_t)(eflags >> 6 & 1) << 30
                           | (uint32_t)carry << 29 | (uint32_t)(eflags >> 11 & 1) << 28);
}

/* The return stack ran over one of its ends: keep the newer half, or start at the bottom. */
static bool return_stack_fault(TcgThread *t, const siginfo_t *si, mcontext_t *mc)
{
    uintptr_t at = (uintptr_t)si->si_addr, low = (uintptr_t)t->rs_low, high = low + TCG_RS_BYTES;

    if (at >= low - 4096 && at < low) {
        char *sp = (char *)mc->gregs[REG_RSP];
        size_t keep = TCG_RS_BYTES / 2;
        char *to = (char *)t->rs_base - keep;
        memmove(to, sp, keep);
        mc->gregs[REG_RSP] = (greg_t)(uintptr_t)to;
        return true;
    }
    if (at >= high && at < high + 4096) {
        mc->gregs[REG_RSP] = (greg_t)(uintptr_t)t->rs_base;
        return true;
    }
    return false;
}

static void __attribute__((noreturn)) leave_from_code(TcgThread *t)
{
    __builtin_longjmp(t->leave, 1);
}

bool tcg_host_fault(TcgEnv *env, void *info, void *uc)
{
    TcgThread *t = tcg_thread(env);
    const siginfo_t *si = info;
    mcontext_t *mc = &((ucontext_t *)uc)->uc_mcontext;
    uintptr_t rip = (uintptr_t)mc->gregs[REG_RIP];

    if (!hx_is_code(rip)) {
        return false;
    }
    bool polled = si->si_addr == tcg_poll_fault(t) && si->si_code != SI_KERNEL;
    if (si->si_code != SI_KERNEL && !polled && return_stack_fault(t, si, mc)) {
        return true;
    }
    TcgBlock *b = hx_block_at(rip);
    const TcgFaultPoint *f = b ? fault_point(b, (uint32_t)(rip - (uintptr_t)b->code)) : NULL;
    if (!f) {
        return false;
    }
    save_pins(env, mc);
    save_flags(env, f->flags_form, (uint64_t)mc->gregs[REG_EFL]);
    env->pc = b->pc + f->pc_delta;
    t->rs_sp = (void *)(uintptr_t)mc->gregs[REG_RSP];
    t->fault = (TcgFault){
        .sig = si->si_signo,
        .code = si->si_code,
        .addr = (uint64_t)(uintptr_t)si->si_addr,
        .write = (mc->gregs[REG_ERR] & 2) != 0,
    };
    /* A general protection fault says nothing about the address: tier 0 knows it, and how to ignore a tag. */
    t->leave_reason = polled ? TCG_EXIT_POLL : si->si_code == SI_KERNEL ? TCG_LEAVE_INTERPRET : TCG_EXIT_FAULT;
    mc->gregs[REG_RIP] = (greg_t)(uintptr_t)leave_from_code;
    mc->gregs[REG_RDI] = (greg_t)(uintptr_t)t;
    mc->gregs[REG_RSP] = (greg_t)(uintptr_t)t->host_sp - 8;
    return true;
}
