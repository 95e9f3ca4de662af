/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines: CPUs and their run loop. See soft.h for contexts and requests. */
#include "base/log.h"
#include "run/atomic.h"
#include "run/cache.h"
#include "run/host.h"
#include "run/soft.h"

#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const TcgMachine *tcg_machine;
static __thread TcgEnv *running;            /* the CPU that this thread runs */
static __thread bool has_stack;             /* for signals */

/* CPUs */

/* Each context: guard page, return stack, guard page, jump cache. */
enum { CONTEXT_BYTES = 4096 + TCG_RS_BYTES + 4096 + TCG_JC_ENTRIES * (int)sizeof(TcgJumpEntry) };

static void context_empty(TcgContext *c)
{
    tcg_jump_empty(c->jc, c->filled, &c->nfilled, sizeof c->filled / sizeof *c->filled);
    c->jc[0].pc = ~(uint64_t)0;
    c->rs_sp = c->rs_base;
}

static void soft_init(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    TcgSoft *s = tcg_soft(env);

    pthread_mutex_init(&s->lock, NULL);
    s->map_size = (size_t)CONTEXT_BYTES * TCG_CONTEXTS;
    s->map = mmap(NULL, s->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->map == MAP_FAILED) {
        abort();
    }
    for (unsigned k = 0; k < TCG_CONTEXTS; k++) {
        TcgContext *c = &s->context[k];
        char *p = s->map + (size_t)k * CONTEXT_BYTES;
        mprotect(p, 4096, PROT_NONE);
        mprotect(p + 4096 + TCG_RS_BYTES, 4096, PROT_NONE);
        c->rs_low = p + 4096;
        c->jc = (TcgJumpEntry *)(void *)(p + 4096 + TCG_RS_BYTES + 4096);
        c->rs_base = tcg_state.config.tier ? tcg_host_return_stack(c->rs_low + TCG_RS_BYTES) : NULL;
        context_empty(c);
    }
    for (unsigned mmu = 0; mmu < TCG_MMUS; mmu++) {
        for (unsigned access = 0; access < 3; access++) {
            s->tlb[mmu][access].used = true;
        }
    }
    s->now = &s->context[0];
    tcg_tlb_clear(env, FLUSH_TLB | FLUSH_PHYS);
    s->now->valid = false;
    s->now->mode = ~0u;
    s->atomic_gpa = ~(uint64_t)0;
    t->clear_rs = 1;
    tcg_attention(env);
}

static void soft_clear(TcgEnv *env)
{
    tcg_code_forget_cpu(tcg_soft(env));
    munmap(tcg_soft(env)->map, tcg_soft(env)->map_size);
}

/* What is predicted */

void tcg_contexts_clear(TcgEnv *env, unsigned set)
{
    TcgSoft *s = tcg_soft(env);
    TcgThread *t = tcg_thread(env);

    for (unsigned k = 0; k < TCG_CONTEXTS; k++) {
        TcgContext *c = &s->context[k];
        if (!c->valid || !(set >> tcg_state.guest->machine->mmu(c->mode, true) & 1)) {
            continue;
        }
        context_empty(c);
        if (c == s->now) {
            /* Generated code may be on the stack: it is emptied when that was left, which is soon. */
            t->link_slot = NULL;
            t->clear_rs = 1;
            tcg_attention(env);
        }
    }
}

/* Makes the context of the guest's present mode the current one. */
static void choose_context(TcgEnv *env)
{
    TcgSoft *s = tcg_soft(env);
    TcgThread *t = tcg_thread(env);
    uint32_t mode = tcg_state.guest->mode(env);
    TcgContext *c = s->now, *oldest = &s->context[0];

    if (c->valid && c->mode == mode) {
        return;
    }
    c->rs_sp = t->rs_sp;
    for (unsigned k = 0; k < TCG_CONTEXTS; k++) {
        c = &s->context[k];
        if (c->valid && c->mode == mode) {
            break;
        }
        oldest = c->stamp < oldest->stamp ? c : oldest;
        c = NULL;
    }
    if (!c) {
        c = oldest;
        context_empty(c);
        c->mode = mode;
        c->valid = true;
    }
    c->stamp = ++s->stamp;
    s->now = c;
    s->mmu = tcg_state.guest->machine->mmu(mode, false);
    s->mmu_fetch = tcg_state.guest->machine->mmu(mode, true);
    t->rs_low = c->rs_low;
    t->rs_base = c->rs_base;
    t->rs_sp = c->rs_sp;
    t->link_slot = NULL;
}

static void forget_jump(TcgThread *t, uint64_t pc)
{
    TcgSoft *s = (TcgSoft *)(void *)t - 1;

    for (unsigned n = 0; n < TCG_CONTEXTS; n++) {
        tcg_jump_forget(s->context[n].jc, pc);
    }
}

static void jump_cache_fill(TcgContext *c, const TcgBlock *block)
{
    tcg_jump_fill(c->jc, c->filled, &c->nfilled, sizeof c->filled / sizeof *c->filled, block);
}

/* Counting instructions */

static TcgCount *count_of(const TcgEnv *env)
{
    return (TcgCount *)(void *)((char *)(uintptr_t)env + tcg_state.guest->machine->count);
}

uint64_t tcg_count(const TcgEnv *env)
{
    return count_of(env)->insns;
}

void tcg_count_more(TcgEnv *env, uint64_t insns)
{
    TcgCount *c = count_of(env);

    __atomic_store_n(&c->until, c->insns + insns, __ATOMIC_RELAXED);
}

/* The next block is not to be run: whoever looks at time anew is to come first. */
static void end_count(TcgEnv *env)
{
    if (tcg_state.config.count_insns) {
        __atomic_store_n(&count_of(env)->until, 0, __ATOMIC_RELAXED);
    }
}

/* Requests */

void tcg_machine_wake(TcgEnv *env)
{
    tcg_attention(env);
    end_count(env);
    if (tcg_machine->kicked) {
        tcg_machine->kicked(tcg_machine->opaque, env);
    }
}

static void kick(TcgEnv *env)
{
    __atomic_store_n(&tcg_soft(env)->kicked, 1, __ATOMIC_SEQ_CST);
    if (tcg_machine->kicked) {
        tcg_attention(env);
        tcg_machine->kicked(tcg_machine->opaque, env);
    }
}

static void ask(TcgEnv *env, unsigned flush)
{
    TcgSoft *s = tcg_soft(env);

    if (env == running) {
        tcg_tlb_clear(env, flush);
        return;
    }
    __atomic_fetch_or(&s->flush, flush, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&s->asked, 1, __ATOMIC_SEQ_CST);
    tcg_attention(env);
}

static void ask_all(unsigned flush)
{
    tcg_lock();
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        ask(tcg_thread_env(t), flush);
    }
    tcg_unlock();
}

void tcg_tlb_flush(TcgEnv *env)
{
    ask(env, FLUSH_TLB);
}

void tcg_tlb_flush_page(TcgEnv *env, uint64_t gva)
{
    if (env == running) {
        tcg_tlb_clear_page(env, gva);
    } else {
        ask(env, FLUSH_TLB);
    }
}

void tcg_map_changed(void)
{
    ask_all(FLUSH_TLB | FLUSH_PHYS);
}

void tcg_dirty_rearm(uint64_t gpa, uint64_t len)
{
    ask_all(FLUSH_STORES);
}

void tcg_tlb_wait(void)
{
    enum { MAX = 1024 };
    TcgSoft *soft[MAX];
    uint32_t asked[MAX];
    unsigned n = 0;

    tcg_lock();
    for (TcgThread *t = tcg_state.threads; t && n < MAX; t = t->next, n++) {
        soft[n] = tcg_soft(tcg_thread_env(t));
        asked[n] = __atomic_load_n(&soft[n]->asked, __ATOMIC_SEQ_CST);
    }
    tcg_unlock();
    for (unsigned k = 0; k < n; k++) {
        while (__atomic_load_n(&soft[k]->running, __ATOMIC_SEQ_CST)
               && (int32_t)(__atomic_load_n(&soft[k]->done, __ATOMIC_SEQ_CST) - asked[k]) < 0) {
            sched_yield();
        }
    }
}

void tcg_tlb_protect(uint64_t gpa)
{
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        TcgSoft *s = tcg_soft(tcg_thread_env(t));
        pthread_mutex_lock(&s->lock);
        for (unsigned mmu = 0; mmu < TCG_MMUS; mmu++) {
            TcgTlb *tlb = &s->tlb[mmu][TCG_STORE];
            for (unsigned k = 0; tlb->used && k < TCG_TLB_ENTRIES; k++) {
                uint64_t tag = tlb->entry[k].tag;
                if (!(tag & TLB_INVALID) && tlb->place[k].gpa == gpa && tlb->place[k].host) {
                    tlb->place[k].flags |= PLACE_CODE;
                    __atomic_store_n(&tlb->entry[k].tag, tag | TLB_SLOW, __ATOMIC_SEQ_CST);
                }
            }
        }
        pthread_mutex_unlock(&s->lock);
    }
}

/* Dropping everything, when there is too much code: all CPUs stay outside of blocks meanwhile. */

static pthread_mutex_t world = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t world_changed = PTHREAD_COND_INITIALIZER;
static unsigned inside;                         /* CPUs that may be in blocks */
static volatile uint32_t stopping, too_much;

static void go_inside(void)
{
    while (stopping) {
        pthread_cond_wait(&world_changed, &world);
    }
    inside++;
}

static void go_outside(void)
{
    inside--;
    pthread_cond_broadcast(&world_changed);
}

/* Code is about to be other code at the same addresses [SDM 3A 8.1.3]. */
static void serialize(void)
{
    unsigned a, b, c, d;

    __cpuid(0, a, b, c, d);
    (void)(a + b + c + d);
}

static void stand_aside(void)
{
    pthread_mutex_lock(&world);
    go_outside();
    go_inside();
    pthread_mutex_unlock(&world);
    serialize();
}

static void drop_all(void)
{
    tcg_lock();
    tcg_cache_reset();
    tcg_host_reset();
    tcg_code_pages_reset();
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        TcgSoft *s = tcg_soft(tcg_thread_env(t));
        for (unsigned k = 0; k < TCG_CONTEXTS; k++) {
            context_empty(&s->context[k]);
        }
        t->rs_sp = t->rs_base;
        t->link_slot = NULL;
    }
    tcg_unlock();
}

static void stop_world(void)
{
    pthread_mutex_lock(&world);
    if (stopping || !too_much) {
        pthread_mutex_unlock(&world);
        return;
    }
    stopping = 1;
    tcg_lock();
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        tcg_attention(tcg_thread_env(t));
    }
    tcg_unlock();
    while (inside > 1) {
        pthread_cond_wait(&world_changed, &world);
    }
    drop_all();
    stopping = too_much = 0;
    pthread_cond_broadcast(&world_changed);
    pthread_mutex_unlock(&world);
    serialize();
}

/* Does what was asked. True: the owner wants the CPU. */
static bool poll(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    TcgSoft *s = tcg_soft(env);

    t->link_slot = NULL;
    env->jump_cache = s->now->jc;
    env->poll = env;
    __atomic_exchange_n(&env->exit_request, 0, __ATOMIC_SEQ_CST);
    uint32_t asked = __atomic_load_n(&s->asked, __ATOMIC_SEQ_CST);
    unsigned flush = __atomic_exchange_n(&s->flush, 0, __ATOMIC_SEQ_CST);
    if (flush) {
        tcg_tlb_clear(env, flush);
        __atomic_exchange_n(&env->exit_request, 0, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&s->done, asked, __ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&t->clear_rs, 0, __ATOMIC_SEQ_CST)) {
        for (unsigned k = 0; k < TCG_CONTEXTS; k++) {
            s->context[k].rs_sp = s->context[k].rs_base;
        }
        t->rs_sp = t->rs_base;
    }
    return __atomic_exchange_n(&s->kicked, 0, __ATOMIC_SEQ_CST);
}

/* Running */

/* Where the code at pc is; raises the guest's exception if it may not be fetched. False: only this instruction may be
 * looked at, and not kept. */
static bool code_at(TcgEnv *env, TcgCode *code)
{
    const TcgGuestMachine *m = tcg_state.guest->machine;
    uint64_t pc = env->pc;
    unsigned align = tcg_state.guest->insn_align;
    TcgPlace p, q;

    tcg_locate(env, pc, align, TCG_FETCH, &p);
    if (!p.host) {
        m->raise(env, TCG_MMU_ACCESS, TCG_FETCH, pc);
        tcg_helper_leave(env, TCG_EXIT_NEXT);
    }
    *code = (TcgCode){ .phys = p.gpa | (pc & ~TCG_PAGE_MASK), .host = p.host };
    if (!m->insn_bytes) {
        return !(p.flags & PLACE_PART);
    }
    bool cut = (pc & ~TCG_PAGE_MASK) == TCG_PAGE - align;
    if (!cut && !(p.flags & PLACE_PART)) {
        return true;
    }
    uint16_t first;
    memcpy(&first, p.host + (pc & ~TCG_PAGE_MASK), sizeof first);
    if (m->insn_bytes(first) > align) {
        tcg_locate(env, pc + align, m->insn_bytes(first) - align, TCG_FETCH, &q);
        if (!q.host) {
            m->raise(env, TCG_MMU_ACCESS, TCG_FETCH, pc + align);
            tcg_helper_leave(env, TCG_EXIT_NEXT);
        }
        p.flags |= q.flags;
        if (cut) {
            code->phys2 = q.gpa;
            code->host2 = q.host;
        }
    }
    return !(p.flags & PLACE_PART);
}

static void add_code(const TcgBlock *b)
{
    uint64_t len = b->end_pc - b->pc, room = TCG_PAGE - (b->phys & ~TCG_PAGE_MASK);

    tcg_code_page_add(b->phys, b->phys + (len < room ? len : room));
    if (b->phys2) {
        tcg_code_page_add(b->phys2, b->phys2 + (len > room ? len - room : 1));
    }
}

void tcg_limit_code(unsigned mib)
{
    tcg_state.config.code_mib = mib;
}

static unsigned code_mib(void)
{
    return tcg_state.config.code_mib ? tcg_state.config.code_mib : 128;
}

static TcgBlock *translate(TcgEnv *env, uint32_t mode, const TcgCode *code)
{
    tcg_lock();
    TcgBlock *block = tcg_block_lookup_phys(env->pc, mode, code->phys, code->phys2);
    if (!block) {
        block = tcg_cache_alloc(sizeof *block);
        tcg_code_page_open(code->phys, code->host);
        if (code->phys2) {
            tcg_code_page_open(code->phys2, code->host2);
        }
        tcg_translate(block, env->pc, mode, tcg_state.config.tier, tcg_block_insns(), code);
        add_code(block);
        tcg_block_publish(block);
        if (tcg_host_code_bytes() >> 20 > code_mib()) {
            too_much = 1;
        }
    }
    tcg_unlock();
    return block;
}

static int interpret(TcgEnv *env, const TcgBlock *block)
{
    TcgThread *t = tcg_thread(env);

    if (!t->vals) {
        t->vals = tcg_interpreter_values();
    }
    return tcg_interp(env, block);
}

/* Interprets the block here, of so many instructions at most, and does not keep it. */
static int interpret_alone(TcgEnv *env, const TcgCode *code, unsigned max_insns)
{
    return interpret(env, tcg_translate_alone(env, tcg_soft(env)->now->mode, max_insns, code));
}

static int interpret_one(TcgEnv *env, const TcgCode *code)
{
    return interpret_alone(env, code, 0);
}

/* Code that runs once is not worth generating: half of what a kernel and short programs run never runs again.  What
 * ran is noted here by where it is; what falls out is interpreted once more. Threads: relaxed, each entry by itself. */
static uint32_t ran_first[1 << 15];

static bool is_first(uint64_t phys, uint32_t mode)
{
    enum { BITS = 15 };
    const uint64_t h = (phys >> 1 ^ (uint64_t)mode << 40) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t *e = &ran_first[h >> (64 - BITS)], tag = (uint32_t)(h >> 16) | 1;

    if (__atomic_load_n(e, __ATOMIC_RELAXED) == tag) {
        return false;
    }
    __atomic_store_n(e, tag, __ATOMIC_RELAXED);
    return true;
}

/* A slot may be linked if its block and the target are in one physical page: then no change of the page tables can
 * part them. */
static bool may_link(const TcgSlot *slot, const TcgBlock *to)
{
    const TcgBlock *from = tcg_host_block(slot->stub);

    return from && !from->dead && ((from->phys ^ to->phys) & TCG_PAGE_MASK) == 0 && !to->phys2;
}

static int run_block(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    TcgSoft *s = tcg_soft(env);
    TcgCode code;

    if (!code_at(env, &code) || s->alone) {
        t->link_slot = NULL;
        int r = interpret_one(env, &code);
        s->alone = false;
        return r;
    }
    /* The exit that was taken may have a context. */
    const uint32_t context = t->link_slot && t->link_slot->pc == env->pc ? t->link_slot->mode & TCG_MODE_CONTEXT : 0;
    const uint32_t mode = s->now->mode | context;
    TcgBlock *block = tcg_block_lookup_phys(env->pc, mode, code.phys, code.phys2);
    if (!block) {
        if (tcg_state.config.lazy && is_first(code.phys, mode)) {
            t->link_slot = NULL;
            return interpret_alone(env, &code, tcg_block_insns());
        }
        block = translate(env, mode, &code);
    }
    if (!block->code) {
        return interpret(env, block);
    }
    if (t->link_slot && may_link(t->link_slot, block)) {
        tcg_link_exit(t, block);
    } else if (!context) {
        jump_cache_fill(s->now, block);
    }
    t->link_slot = NULL;
    return tcg_host_enter(env, block->code);
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    if (!running || !tcg_signal_fault(running, info, uc)) {
        signal(sig, SIG_DFL);       /* rhea's own: dies of it when the instruction is run again */
    }
}

/* Generated code runs on the return stack: signals need another. */
static void signal_stack(void)
{
    enum { BYTES = 64 << 10 };
    stack_t old, stack = { .ss_size = BYTES };

    has_stack = true;
    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE)) {
        return;
    }
    stack.ss_sp = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp != MAP_FAILED) {
        sigaltstack(&stack, NULL);
    }
}

static void enter(TcgEnv *env)
{
    TcgSoft *s = tcg_soft(env);

    if (!has_stack) {
        signal_stack();
    }
    pthread_mutex_lock(&world);
    go_inside();
    pthread_mutex_unlock(&world);
    running = env;
    __atomic_store_n(&s->running, 1, __ATOMIC_SEQ_CST);
    tcg_fp_resume(env);
}

static TcgExit leave(TcgEnv *env, int reason)
{
    TcgSoft *s = tcg_soft(env);

    tcg_fp_suspend(env);
    running = NULL;
    __atomic_store_n(&s->running, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&world);
    go_outside();
    pthread_mutex_unlock(&world);
    return (TcgExit)reason;
}

static int settle(TcgEnv *env, int r);

/* One turn: polls, or runs a block. Returns what tcg_run is to return, or TCG_EXIT_NEXT. */
static int turn(TcgEnv *env)
{
    TcgSoft *s = tcg_soft(env);

    __atomic_store_n(&s->turns, s->turns + 1, __ATOMIC_RELEASE);
    if (stopping || too_much) {
        (stopping ? stand_aside : stop_world)();
    }
    if (__atomic_load_n(&env->jump_cache, __ATOMIC_SEQ_CST) != s->now->jc) {
        /* In this order: a kick between the two is seen by the second, one after it stays. */
        __atomic_store_n(&env->jump_cache, s->now->jc, __ATOMIC_SEQ_CST);
        __atomic_store_n(&env->poll, env, __ATOMIC_SEQ_CST);
    }
    if (__atomic_load_n(&env->exit_request, __ATOMIC_SEQ_CST)) {
        if (poll(env)) {
            return TCG_EXIT_POLL;
        }
        tcg_state.guest->machine->interrupt(env);
        choose_context(env);
        return TCG_EXIT_NEXT;
    }
    if (tcg_state.config.count_insns && count_of(env)->insns >= count_of(env)->until) {
        tcg_thread(env)->link_slot = NULL;
        return TCG_EXIT_POLL;
    }
    if (log_on(LOG_EXEC)) {
        log_printf("exec 0x%llx\n", (unsigned long long)env->pc);
    }
    return settle(env, run_block(env));
}

/* What a block's result means for the guest. */
static int settle(TcgEnv *env, int r)
{
    const TcgGuestMachine *m = tcg_state.guest->machine;

    switch (r) {
    case TCG_EXIT_NEXT:
        return r;
    case TCG_EXIT_FAULT:            /* the code changed while it was fetched */
    case TCG_LEAVE_INTERPRET:
        return TCG_EXIT_NEXT;
    case TCG_EXIT_BREAK:
        return r;
    case TCG_EXIT_POLL:
        break;
    default:
        r = m->leave(env, r);
        break;
    }
    tcg_thread(env)->link_slot = NULL;
    if (r == TCG_EXIT_POLL || r < 0) {
        m->interrupt(env);
        choose_context(env);
        return TCG_EXIT_NEXT;
    }
    return r;
}

static TcgExit soft_run(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    int r;

    enter(env);
    t->link_slot = NULL;
    tcg_attention(env);             /* the owner may have changed anything */
    if (__builtin_setjmp(t->leave)) {
        /* A helper, or a fault's handler, ended an instruction: an exception was taken, or there is something to do. */
        t->link_slot = NULL;
        r = t->leave_reason;
        tcg_soft(env)->alone = r == TCG_LEAVE_INTERPRET;
        if (r == TCG_EXIT_NEXT) {
            r = TCG_EXIT_POLL;
        }
        r = settle(env, r);
        if (r != TCG_EXIT_NEXT) {
            return leave(env, r);
        }
    } else {
        choose_context(env);
    }
    do {
        r = turn(env);
    } while (r == TCG_EXIT_NEXT);
    return leave(env, r);
}

static TcgExit soft_step(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    TcgCode code;
    int r;

    enter(env);
    poll(env);
    choose_context(env);
    if (__builtin_setjmp(t->leave)) {
        r = t->leave_reason;
    } else {
        code_at(env, &code);
        r = interpret_one(env, &code);
    }
    r = r == TCG_EXIT_NEXT ? r : settle(env, r);
    return leave(env, r == TCG_EXIT_NEXT ? TCG_EXIT_POLL : r);
}

static void misaligned(TcgEnv *env, uint64_t gva, bool write)
{
    tcg_state.guest->machine->raise(env, TCG_MMU_ALIGN, write ? TCG_STORE : TCG_LOAD, gva);
    tcg_helper_leave(env, TCG_EXIT_NEXT);
}

static const TcgSoftOps ops = {
    .size = sizeof(TcgSoft),
    .init = soft_init,
    .clear = soft_clear,
    .run = soft_run,
    .step = soft_step,
    .read = tcg_soft_read,
    .write = tcg_soft_write,
    .copy_from = tcg_soft_copy_from,
    .copy_to = tcg_soft_copy_to,
    .readable = tcg_soft_readable,
    .part = tcg_soft_part,
    .atomic = tcg_soft_atomic,
    .atomic_end = tcg_soft_atomic_end,
    .fault = misaligned,
    .forget_jump = forget_jump,
    .kick = kick,
    .load = tcg_soft_fn_load,
    .store = tcg_soft_fn_store,
};

void tcg_machine_init(const TcgConfig *config, const TcgMachine *machine)
{
    static const TcgOwner no_owner;
    TcgConfig c = *config;
    struct sigaction sa = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    c.owner = c.owner ? c.owner : &no_owner;
    tcg_init(&c);
    tcg_machine = machine;
    tcg_state.soft = &ops;
    sa.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

/* Debuggers */

bool tcg_debug_translate(TcgEnv *env, uint64_t gva, uint64_t *gpa)
{
    return tcg_state.guest->machine->debug(env, gva, gpa);
}

static bool debug_access(TcgEnv *env, uint64_t gva, char *to, const char *from, size_t size)
{
    while (size) {
        size_t n = TCG_PAGE - (gva & ~TCG_PAGE_MASK);
        uint64_t gpa;
        unsigned flags = 0;
        n = n < size ? n : size;
        if (!tcg_debug_translate(env, gva, &gpa)) {
            return false;
        }
        char *page = tcg_machine->page(tcg_machine->opaque, gpa & TCG_PAGE_MASK, &flags);
        if (!page) {
            return false;
        }
        if (to) {
            memcpy(to, page + (gpa & ~TCG_PAGE_MASK), n);
            to += n;
        } else {
            if ((flags & TCG_PAGE_CLEAN) && tcg_machine->dirtied) {
                tcg_lock();
                tcg_machine->dirtied(tcg_machine->opaque, gpa & TCG_PAGE_MASK);
                tcg_unlock();
            }
            memcpy(page + (gpa & ~TCG_PAGE_MASK), from, n);
            tcg_phys_invalidate(gpa, n);
            from += n;
        }
        gva += n;
        size -= n;
    }
    return true;
}

bool tcg_debug_read(TcgEnv *env, uint64_t gva, void *to, size_t size)
{
    return debug_access(env, gva, to, NULL, size);
}

bool tcg_debug_write(TcgEnv *env, uint64_t gva, const void *from, size_t size)
{
    return debug_access(env, gva, NULL, from, size);
}
