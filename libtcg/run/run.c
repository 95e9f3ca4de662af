/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs and the run loop. */
#include "base/forked.h"
#include "base/log.h"
#include "run/atomic.h"
#include "run/cache.h"
#include "run/host.h"
#include "run/kept.h"
#include "run/rseq.h"
#include "run/soft.h"
#include "run/thread.h"
#include "run/wanted.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { YOUNG_BLOCKS = 40 };         /* a child that calls _exit enters about twenty */

BASE_FORKED TcgState tcg_state;
TcgJumpEntry tcg_empty_jump_cache[TCG_JC_ENTRIES] = { { ~(uint64_t)0, NULL } };

void tcg_init(const TcgConfig *config)
{
    tcg_state.config = *config;
    tcg_state.guest = config->guest;
}

/* CPUs */

TcgVal *tcg_interpreter_values(void)
{
    return mmap(NULL, TCG_MAX_INS * sizeof(TcgVal), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Allocation: guard page, return stack, guard page, in a machine TcgSoft, TcgThread, CPU. Sentinels stand at the top
 * of the return stack. */
TcgEnv *tcg_env_new(void)
{
    size_t soft = tcg_state.soft ? tcg_state.soft->size : 0;
    size_t body = (soft + sizeof(TcgThread) + tcg_state.guest->cpu_size + 4095) & ~(size_t)4095;
    size_t size = 4096 + TCG_RS_BYTES + 4096 + body;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED) {
        return NULL;
    }
    mprotect(p, 4096, PROT_NONE);
    mprotect(p + 4096 + TCG_RS_BYTES, 4096, PROT_NONE);
    TcgThread *t = (TcgThread *)(p + size - body + soft);
    TcgEnv *env = tcg_thread_env(t);
    t->map = p;
    t->map_size = size;
    t->jc[0].pc = ~(uint64_t)0;
    t->rs_low = p + 4096;
    env->jump_cache = t->jc;
    env->poll = env;
    env->excl_addr = ~(uint64_t)0;
    env->mxcsr = 0x1f80;
    if (tcg_state.config.tier == 0) {
        t->vals = tcg_interpreter_values();
    } else {
        tcg_host_thread_init(t, p + 4096, p + 4096 + TCG_RS_BYTES);
    }
    if (tcg_state.soft) {
        tcg_state.soft->init(env);
    }
    tcg_lock();
    t->next = tcg_state.threads;
    if (t->next) {
        t->next->prev = t;
    }
    tcg_state.threads = t;
    tcg_unlock();
    return env;
}

void tcg_env_copy(TcgEnv *to, const TcgEnv *from)
{
    void *jc = to->jump_cache;
    const void *poll = to->poll;

    memcpy(to, from, tcg_state.guest->cpu_size);
    to->jump_cache = jc;
    to->poll = poll;
    to->exit_request = 0;
}

TcgEnv *tcg_env_clone(const TcgEnv *env)
{
    TcgEnv *n = tcg_env_new();

    if (n) {
        tcg_env_copy(n, env);
        n->fp.flags = (uint8_t)tcg_fp_flags_get((TcgEnv *)(uintptr_t)env);
        n->excl_addr = ~(uint64_t)0;
    }
    return n;
}

void tcg_env_free(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);

    tcg_lock();
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        tcg_state.threads = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    }
    tcg_unlock();
    if (t->vals) {
        munmap(t->vals, TCG_MAX_INS * sizeof(TcgVal));
    }
    if (t->build) {
        tcg_build_free(t->build);           /* what one has is its */
    } else if (t->one) {
        tcg_free_ir(t->one);
    }
    free(t->one);
    if (tcg_state.soft) {
        tcg_state.soft->clear(env);
    }
    munmap(t->map, t->map_size);
}

void tcg_jump_cache_clear(TcgThread *t)
{
    tcg_jump_empty(t->jc, t->jc_filled, &t->jc_nfilled, sizeof t->jc_filled / sizeof *t->jc_filled);
}

void tcg_mode_changed(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);

    if (tcg_state.soft) {
        return;                 /* looks at the mode after each such instruction */
    }
    tcg_jump_cache_clear(t);
    t->clear_rs = 1;
    tcg_kick(env);
}

void tcg_attention(TcgEnv *env)
{
    __atomic_store_n(&env->exit_request, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&env->jump_cache, tcg_empty_jump_cache, __ATOMIC_SEQ_CST);
    __atomic_store_n(&env->poll, tcg_poll_fault(tcg_thread(env)), __ATOMIC_SEQ_CST);
}

void tcg_kick(TcgEnv *env)
{
    if (tcg_state.soft) {
        tcg_state.soft->kick(env);
    }
    tcg_attention(env);
}

/* Translation */

static void log_guest_code(TcgBuild *b)
{
    char text[128];

    log_printf("----------------\nIN: 0x%llx\n", (unsigned long long)b->start_pc);
    for (uint64_t pc = b->start_pc; pc < b->end_pc && !b->fetch_failed;) {
        uint8_t code[8] = { 0 };
        unsigned avail = b->end_pc - pc < sizeof code ? (unsigned)(b->end_pc - pc) : (unsigned)sizeof code;
        tcg_build_copy(b, pc, code, avail);
        unsigned n = b->guest->disas(code, avail, pc, text, sizeof text);
        if (n == 0) {
            break;
        }
        log_printf("0x%08llx:  %s\n", (unsigned long long)pc, text);
        pc += n;
    }
}

static void keep_ir(TcgBlock *block, const TcgBuild *b)
{
    block->nins = b->n;
    block->ins = malloc(b->n * sizeof *b->ins);
    memcpy(block->ins, b->ins, b->n * sizeof *b->ins);
    block->marks = malloc((b->guest_insns + 2) * sizeof *b->marks);
    memcpy(block->marks, b->marks, (b->guest_insns + 2) * sizeof *b->marks);
    block->vpool = malloc((b->nvpool + 1) * sizeof *b->vpool);
    memcpy(block->vpool, b->vpool, b->nvpool * sizeof *b->vpool);
}

unsigned tcg_block_insns(void)
{
    return tcg_state.config.one_insn_per_block ? 1 : TCG_MAX_GUEST_INSNS;
}

/* The builder at *builder, filled. max_insns 0: one instruction, even if there is a breakpoint. In user mode under the
 * lock. */
static TcgBuild *build(TcgBuild **builder, uint64_t pc, uint32_t mode, unsigned max_insns, const TcgCode *code)
{
    if (!*builder) {
        *builder = tcg_build_new(tcg_state.guest, tcg_state.config.owner);
    }
    TcgBuild *b = *builder;
    b->ignore_breaks = max_insns == 0;
    tcg_build_code(b, pc, code);
    do {
        b->rseq = tcg_rseq_build();
        tcg_build_block(b, pc, mode, max_insns);
    } while (b->again);
    if (log_on(LOG_IN_ASM)) {
        log_guest_code(b);
    }
    if (log_on(LOG_OP)) {
        tcg_dump(b, "IR");
    }
#ifdef TCG_VERIFY
    TcgRef at;
    const char *why = tcg_verify(b, &at);
    if (why) {
        tcg_dump(b, "bad IR");
        log_printf("record %u: %s\n", at, why);
        abort();
    }
#endif
    return b;
}

static void describe(TcgBlock *block, const TcgBuild *b, const TcgCode *code)
{
    block->pc = b->start_pc;
    block->end_pc = b->end_pc;
    block->mode = b->mode;
    block->guest_insns = (uint16_t)b->guest_insns;
    if (code) {
        block->phys = code->phys;
        block->phys2 = code->phys2;
    }
}

static void count(const TcgBuild *b)
{
    tcg_state.stats.blocks++;
    tcg_state.stats.guest_insns += b->guest_insns;
    tcg_state.stats.ir_ops += b->n;
}

static void make_ready(TcgBlock *block)
{
    tcg_state.stats.host_bytes += block->code_size;
    __atomic_store_n(&block->ready, true, __ATOMIC_RELEASE);
}

void tcg_translate(TcgBlock *block, uint64_t pc, uint32_t mode, unsigned tier, unsigned max_insns, const TcgCode *code)
{
    TcgBuild *b = build(&tcg_state.build, pc, mode, max_insns, code);

    describe(block, b, code);
    if (tier == 0) {
        keep_ir(block, b);
    } else if (!tcg_host_compile(b, block)) {
        if (b->guest_insns <= 1) {
            log_unimp("no host code for the instruction at 0x%llx: interpreted\n", (unsigned long long)pc);
            keep_ir(block, b);
        } else {
            tcg_translate(block, pc, mode, tier, (b->guest_insns + 1) / 2, code);
            return;
        }
    }
    count(b);
    make_ready(block);
}

const TcgBlock *tcg_translate_alone(TcgEnv *env, uint32_t mode, unsigned max_insns, const TcgCode *code)
{
    TcgThread *t = tcg_thread(env);
    const bool logs = log_on(LOG_IN_ASM | LOG_OP);

    if (logs) {
        tcg_lock();                 /* else blocks of several CPUs are mixed in the log */
    }
    TcgBuild *b = build(&t->build, env->pc, mode, max_insns, code);
    if (logs) {
        tcg_unlock();
    }
    if (!t->one) {
        t->one = calloc(1, sizeof *t->one);
    }
    describe(t->one, b, code);
    t->one->ins = b->ins;
    t->one->nins = b->n;
    t->one->marks = b->marks;
    t->one->vpool = b->vpool;
    return t->one;
}

/* Makes code from the IR that was kept of a block. Under the lock. False: there is none. */
static bool translate_kept(TcgBlock *block)
{
    TcgBuild *b = tcg_state.build;

    if (!tcg_kept_get(block, b) || !tcg_host_compile(b, block)) {
        return false;
    }
    make_ready(block);
    return true;
}

static bool ready(const TcgBlock *block)
{
    return block && __atomic_load_n(&block->ready, __ATOMIC_ACQUIRE);
}

/* The block at pc, ready. Under the lock. */
static TcgBlock *have_block(uint64_t pc, uint32_t mode)
{
    TcgBlock *block = tcg_block_lookup(pc, mode);

    if (block && !ready(block) && !translate_kept(block)) {
        tcg_block_drop(block);
        block = NULL;
    }
    if (!block) {
        block = tcg_cache_alloc(sizeof *block);
        tcg_translate(block, pc, mode, tcg_state.config.tier, tcg_block_insns(), NULL);
        tcg_block_publish(block);
    }
    return block;
}

/* The block at env->pc, which was not ready a moment ago. */
static TcgBlock *make_block(TcgEnv *env, uint32_t mode)
{
    tcg_lock();
    tcg_wanted_note(env->pc);
    tcg_state.builder = env;
    TcgBlock *block = have_block(env->pc, mode);
    tcg_state.builder = NULL;
    tcg_unlock();
    return block;
}

/* Running */

static void jump_cache_fill(TcgEnv *env, const TcgBlock *block)
{
    TcgThread *t = tcg_thread(env);

    tcg_jump_fill(t->jc, t->jc_filled, &t->jc_nfilled, sizeof t->jc_filled / sizeof *t->jc_filled, block);
}

void tcg_free_ir(TcgBlock *block)
{
    free(block->ins);
    free(block->marks);
    free(block->vpool);
}

/* If the exit's target is still the block. */
void tcg_link_exit(TcgThread *t, TcgBlock *block)
{
    TcgSlot *slot = t->link_slot;

    tcg_lock();
    if (slot && !block->dead && slot->pc == block->pc && slot->mode == block->mode) {
        tcg_slot_link(slot, block);
    }
    tcg_unlock();
}

static void poll(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);

    env->jump_cache = t->jc;
    env->poll = env;
    __atomic_exchange_n(&env->exit_request, 0, __ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&t->clear_rs, 0, __ATOMIC_SEQ_CST)) {
        t->rs_sp = t->rs_base;
    }
}

static int interpret_in(TcgEnv *env, uint32_t context)
{
    TcgThread *t = tcg_thread(env);

    if (!t->vals) {
        t->vals = tcg_interpreter_values();
    }
    tcg_lock();
    if (t->one) {
        tcg_free_ir(t->one);
        free(t->one);
    }
    t->one = calloc(1, sizeof *t->one);
    tcg_translate(t->one, env->pc, tcg_state.guest->mode(env) | context, 0, 0, NULL);
    tcg_unlock();
    return tcg_interp(env, t->one);
}

/* Runs the one instruction at pc in tier 0; one that branches to itself in another context (tcg_build_context) has not
 * been done yet. */
static int interpret_one(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    uint64_t pc = env->pc;
    int r = interpret_in(env, 0);

    while (r == TCG_EXIT_NEXT && t->context && env->pc == pc) {
        r = interpret_in(env, t->context);
    }
    t->context = 0;
    return r;
}

static void clean_pc(TcgEnv *env)
{
    if (tcg_state.guest->top_byte_ignored && !(env->pc >> 55 & 1)) {
        env->pc = env->pc << 8 >> 8;
    }
}

/* Builds the block at pc for its first run. Under the lock. */
static TcgBuild *translate_first(TcgEnv *env, uint32_t mode, bool keep)
{
    tcg_state.builder = env;
    TcgBuild *b = build(&tcg_state.build, env->pc, mode, tcg_block_insns(), NULL);
    tcg_state.builder = NULL;

    tcg_wanted_note(env->pc);
    if (keep) {
        TcgBlock *block = tcg_cache_alloc(sizeof *block);
        describe(block, b, NULL);
        tcg_kept_put(block, b);
        tcg_block_publish(block);
        count(b);
    }
    return b;
}

/* Interprets the block at pc, which is not in the set, where it was built: the thread is the only one. */
static int run_first(TcgEnv *env, uint32_t mode, bool keep)
{
    TcgThread *t = tcg_thread(env);

    t->link_slot = NULL;
    if (!t->vals) {
        t->vals = tcg_interpreter_values();
    }
    tcg_lock();
    TcgBuild *b = translate_first(env, mode, keep);
    tcg_unlock();
    TcgBlock block = { .pc = b->start_pc, .ins = b->ins, .nins = b->n, .marks = b->marks, .vpool = b->vpool };
    return tcg_interp(env, &block);
}

/* The mode word of the block to run: the exit that was taken may have a context. */
static uint32_t next_mode(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    const TcgSlot *slot = t->link_slot;
    uint32_t mode = tcg_state.guest->mode(env) | t->context;

    t->context = 0;
    return slot && slot->pc == env->pc ? mode | (slot->mode & TCG_MODE_CONTEXT) : mode;
}

/* The instruction at pc belongs to a restartable sequence: a block for tier 0, which nothing is linked to. */
static int run_alone(TcgEnv *env, uint32_t mode)
{
    TcgThread *t = tcg_thread(env);

    t->link_slot = NULL;
    if (!t->vals) {
        t->vals = tcg_interpreter_values();
    }
    tcg_lock();
    TcgBlock *block = tcg_block_lookup(env->pc, mode);
    if (block && (!ready(block) || block->code || block->guest_insns > 1)) {
        tcg_block_drop(block);
        block = NULL;
    }
    if (!block) {
        block = tcg_cache_alloc(sizeof *block);
        tcg_translate(block, env->pc, mode, 0, 1, NULL);
        tcg_block_publish(block);
    }
    tcg_unlock();
    return tcg_rseq_run(env, block);
}

static int run_block(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    const bool single = __builtin_expect(tcg_rseq_on, 0) && tcg_rseq_between(env);
    const uint32_t mode = next_mode(env);
    if (__builtin_expect(single, 0)) {
        return run_alone(env, mode);
    }
    TcgBlock *block = tcg_block_lookup(env->pc, mode);

    /* Most children of a fork run a few blocks and are gone: opening a slab for the new ones costs more than running
     * them in tier 0, as does filling the jump cache or linking exits, whose pages are shared with the parent. */
    bool alone = !tcg_state.threads->next;
    bool young = alone && tcg_state.young && tcg_state.young--;
    if (!ready(block)) {
        if (young || (alone && !block && tcg_state.config.lazy)) {
            return run_first(env, mode, !young);
        }
        TcgBlock view = { .pc = env->pc };
        if (alone && block && tcg_state.config.lazy && !block->ran_twice && tcg_kept_view(block, &view)) {
            block->ran_twice = true;
            t->link_slot = NULL;
            return tcg_interp(env, &view);
        }
        block = make_block(env, mode);
    }
    if (!block->code) {
        t->link_slot = NULL;        /* what is run next was not reached by it */
        if (!t->vals) {
            t->vals = tcg_interpreter_values();
        }
        return tcg_interp(env, block);
    }
    if (t->link_slot) {
        if (tcg_host_slot_is_inherited(t->link_slot)) {
            tcg_wanted_note((uintptr_t)t->link_slot | 1);
        }
        if (!young) {
            tcg_link_exit(t, block);
        }
        t->link_slot = NULL;
    } else if (!young) {
        jump_cache_fill(env, block);
    }
    return tcg_host_enter(env, block->code);
}

/* After a fault: has the guest's instruction to run again for it (TcgGuest.redo)? */
static bool shall_redo(TcgEnv *env)
{
    uint32_t insn = 0;

    return tcg_state.guest->redo && tcg_guest_readable(env, env->pc) && tcg_guest_readable(env, env->pc + 3)
        && memcpy(&insn, (const void *)(uintptr_t)env->pc, sizeof insn) && tcg_state.guest->redo(env, insn);
}

TcgExit tcg_run(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    volatile bool interpret = false, redone = false;
    int r;

    if (tcg_state.soft) {
        return tcg_state.soft->run(env);
    }
    if (__builtin_setjmp(t->leave)) {
        t->in_guest_access = 0;
        if (t->rseq.guarded && tcg_rseq_left(env, t->leave_reason)) {
            interpret = false;
        } else if (t->leave_reason == TCG_EXIT_FAULT && !redone && shall_redo(env)) {
            interpret = redone = true;
        } else if (t->leave_reason != TCG_LEAVE_INTERPRET) {
            if (t->leave_reason == TCG_EXIT_POLL) {
                poll(env);
            }
            return (TcgExit)t->leave_reason;
        } else {
            interpret = true;
        }
    }
    t->rseq.watched = false;
    t->link_slot = NULL;
    t->context = 0;
    if (interpret) {
        interpret = false;
        r = interpret_one(env);
        redone = false;
        if (r != TCG_EXIT_NEXT) {
            return (TcgExit)r;
        }
    }
    for (;;) {
        /* In this order: a kick between the two is seen by the second, one after it stays. */
        if (__atomic_load_n(&env->jump_cache, __ATOMIC_SEQ_CST) != t->jc) {
            __atomic_store_n(&env->jump_cache, t->jc, __ATOMIC_SEQ_CST);
            __atomic_store_n(&env->poll, env, __ATOMIC_SEQ_CST);
        }
        if (__atomic_load_n(&env->exit_request, __ATOMIC_SEQ_CST)) {
            poll(env);
            return TCG_EXIT_POLL;
        }
        clean_pc(env);
        if (log_on(LOG_EXEC)) {
            log_printf("exec 0x%llx\n", (unsigned long long)env->pc);
        }
        r = run_block(env);
        if (r != TCG_EXIT_NEXT) {
            if (r == TCG_EXIT_FAULT) {
                tcg_fetch_fault(env);
            } else if (r == TCG_EXIT_POLL) {
                poll(env);
            }
            return (TcgExit)r;
        }
    }
}

void tcg_undef_log(TcgEnv *env)
{
    if (tcg_state.soft) {
        return;                 /* machines take the exception, and that is all */
    }
    tcg_lock();
    tcg_state.build->name_undef = true;
    build(&tcg_state.build, env->pc, tcg_state.guest->mode(env), 0, NULL);
    tcg_state.build->name_undef = false;
    tcg_unlock();
}

TcgExit tcg_step(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);

    if (tcg_state.soft) {
        return tcg_state.soft->step(env);
    }
    if (__builtin_setjmp(t->leave)) {
        t->in_guest_access = 0;
        return (TcgExit)t->leave_reason;
    }
    clean_pc(env);
    int r = interpret_one(env);
    return r == TCG_EXIT_NEXT ? TCG_EXIT_POLL : (TcgExit)r;
}

void tcg_helper_leave(TcgEnv *env, int reason)
{
    TcgThread *t = tcg_thread(env);

    t->leave_reason = reason;
    __builtin_longjmp(t->leave, 1);
}

void tcg_helper_fault(TcgEnv *env, int sig, int code, uint64_t addr, bool write)
{
    if (tcg_state.soft) {
        tcg_state.soft->fault(env, addr, write);
    }
    tcg_thread(env)->fault = (TcgFault){ .sig = sig, .code = code, .addr = addr, .write = write };
    tcg_helper_leave(env, TCG_EXIT_FAULT);
}

void tcg_fetch_fault(TcgEnv *env)
{
    const TcgOwner *owner = tcg_state.config.owner;
    uint64_t at = env->pc;
    int prot = owner->page_prot(at);
    char probe;

    if (prot >= 0 && (prot & PROT_EXEC) && owner->read(&probe, at, 1)) {    /* the rest of it is in the next page */
        at = (at | 4095) + 1;
        prot = owner->page_prot(at);
    }
    const bool there = prot >= 0 && (prot & PROT_EXEC);
    tcg_thread(env)->fault = (TcgFault){
        .sig = there ? SIGBUS : SIGSEGV,
        .code = there ? BUS_ADRERR : prot < 0 ? SEGV_MAPERR : SEGV_ACCERR,
        .addr = at,
        .exec = true,
    };
}

const TcgFault *tcg_fault(const TcgEnv *env)
{
    return &tcg_thread(env)->fault;
}

/* Threads and processes */

/* For the next children what earlier ones lacked: the block at an address, or, if bit 0 is set, the link of an exit. */
static void make_wanted(void *arg, uint64_t key)
{
    if (!(key & 1)) {
        have_block(key, tcg_state.guest->mode(arg));
        return;
    }
    TcgSlot *slot = tcg_host_slot(key - 1);
    TcgBlock *to = slot ? tcg_block_lookup(slot->pc, slot->mode) : NULL;
    if (ready(to) && to->code) {
        tcg_slot_link(slot, to);
    }
}

void tcg_fork_lock(TcgEnv *env)
{
    tcg_lock();
    if (tcg_state.config.lazy) {
        tcg_wanted_take(make_wanted, env);
    }
}

void tcg_fork_unlock(void)
{
    tcg_unlock();
}

void tcg_fork_child(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);

    t->next = t->prev = NULL;
    tcg_state.threads = t;
    tcg_state.young = tcg_state.config.tier ? YOUNG_BLOCKS : 0;
    tcg_kept_fork_child();
    tcg_wanted_fork_child();
    tcg_host_fork_child();
}

void tcg_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg)
{
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        fn(arg, (uint64_t)(uintptr_t)t->map, (uint64_t)(uintptr_t)t->map + t->map_size);
    }
    tcg_host_ranges(fn, arg);
}

void tcg_stats(TcgStats *out)
{
    *out = tcg_state.stats;
}

/* Flags */

uint16_t tcg_flags_host(uint32_t nzcv)
{
    return (uint16_t)((nzcv >> 31 & 1) << 15 | (nzcv >> 30 & 1) << 14 | (~nzcv >> 29 & 1) << 8 | (nzcv >> 28 & 1));
}

uint32_t tcg_flags_guest(uint16_t h)
{
    return (uint32_t)(h >> 15 & 1) << 31 | (uint32_t)(h >> 14 & 1) << 30 | (uint32_t)(~h >> 8 & 1) << 29
        | (uint32_t)(h & 1) << 28;
}

uint32_t tcg_flags_get(const TcgEnv *env)
{
    return tcg_flags_guest(env->flags);
}

void tcg_flags_set(TcgEnv *env, uint32_t nzcv)
{
    env->flags = tcg_flags_host(nzcv);
}
