/* SPDX-License-Identifier: BSD-2-Clause */
/* What an owner does with a machine's CPU beside running it: steps, breakpoints, kicks, debug access, flushes, CSRs. */
#include "../harness.h"

#include "tcg/hart-riscv.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM 0x80000000ull
enum { BYTES = 1 << 20 };

static char *ram;
static uint64_t breakpoint_at = 1, dirtied_at;
static bool clean;
static uint64_t stored, map_offset;

static void *page(void *opaque, uint64_t gpa, unsigned *flags)
{
    if (gpa - RAM >= BYTES) {
        return NULL;
    }
    *flags = clean && gpa == RAM + 0x4000 ? TCG_PAGE_CLEAN : gpa == RAM + 0x5000 ? TCG_PAGE_ROM : 0;
    return ram + (gpa == RAM + 0x6000 ? gpa - RAM + map_offset : gpa - RAM);
}

static bool load(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t *v)
{
    return false;
}

static bool store(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t v)
{
    stored = gpa << 8 | v;
    return gpa - RAM < BYTES;
}

static void dirtied(void *opaque, uint64_t gpa)
{
    dirtied_at = gpa;
    clean = false;
}

static uint64_t now(void *opaque)
{
    return 0;
}

static bool breakpoint(uint64_t pc)
{
    return pc == breakpoint_at;
}

static void code(uint64_t at, const uint32_t *insns, unsigned n)
{
    memcpy(ram + (at - RAM), insns, n * 4);
    tcg_phys_invalidate(at, n * 4);
}

static void *kick_soon(void *env)
{
    usleep(20000);
    tcg_kick(env);
    return NULL;
}

static const uint32_t counting[] = {
    0x00150513,                 /* addi a0, a0, 1 */
    0x00158593,                 /* addi a1, a1, 1 */
    0xff9ff06f,                 /* j -8 */
};

static void steps(RvHart *h)
{
    TcgEnv *env = &h->cpu.env;

    code(RAM, counting, 3);
    is(tcg_step(env), TCG_EXIT_POLL, "a step");
    is(env->pc, RAM + 4, "is one instruction");
    tcg_step(env);
    tcg_step(env);
    is(env->pc, RAM, "three are a loop");
    is(h->cpu.x[10], 1, "with its effect");
    breakpoint_at = RAM + 4;
    tcg_invalidate(RAM + 4, 1);
    is(tcg_run(env), TCG_EXIT_BREAK, "a breakpoint");
    is(env->pc, RAM + 4, "where it is");
    is(h->cpu.x[10], 2, "after what is before it");
    is(tcg_step(env), TCG_EXIT_POLL, "a step over a breakpoint");
    is(env->pc, RAM + 8, "goes on");
    breakpoint_at = 1;
    tcg_invalidate(RAM + 4, 1);
}

static void kicks(RvHart *h)
{
    TcgEnv *env = &h->cpu.env;
    pthread_t t;

    pthread_create(&t, NULL, kick_soon, env);
    is(tcg_run(env), TCG_EXIT_POLL, "a kick ends an endless loop");
    pthread_join(t, NULL);
    ok(h->cpu.x[10] > 1000, "which had run");
    ok(h->cpu.x[10] - h->cpu.x[11] <= 1, "registers are exact");
    static const uint32_t wfi[] = { 0x10500073 };
    code(RAM + 0x100, wfi, 1);
    env->pc = RAM + 0x100;
    is(tcg_run(env), TCG_EXIT_HALT, "wfi halts");
    is(env->pc, RAM + 0x104, "behind it");
    ok(!rv_has_work(h), "no work");
    rv_csr_write(h, 0x304, 1 << RV_IRQ_MTI);
    rv_irq_set(h, RV_IRQ_MTI, true);
    ok(rv_has_work(h), "work");
    rv_irq_set(h, RV_IRQ_MTI, false);
    ok(!rv_has_work(h), "no more");
}

static void memory(RvHart *h)
{
    TcgEnv *env = &h->cpu.env;
    static const uint32_t stores[] = {
        0x00b53023,             /* sd a1, 0(a0) */
        0x10500073,             /* wfi */
    }, loads[] = {
        0x00053583,             /* ld a1, 0(a0) */
        0x10500073,
    }, other[] = { 0x00700593 };        /* li a1, 7 */
    uint64_t v = 0, gpa = 0;

    code(RAM + 0x200, stores, 2);
    code(RAM + 0x300, loads, 2);
    clean = true;
    tcg_map_changed();
    h->cpu.x[10] = RAM + 0x4008;
    h->cpu.x[11] = 99;
    env->pc = RAM + 0x200;
    tcg_run(env);
    is(dirtied_at, RAM + 0x4000, "the first store to a clean page is told");
    dirtied_at = 0;
    env->pc = RAM + 0x200;
    tcg_run(env);
    is(dirtied_at, 0, "the second is not");
    clean = true;
    tcg_dirty_rearm(RAM + 0x4000, 4096);
    env->pc = RAM + 0x200;
    tcg_run(env);
    is(dirtied_at, RAM + 0x4000, "until it is clean again");
    h->cpu.x[10] = RAM + 0x5010;
    env->pc = RAM + 0x200;
    tcg_run(env);
    is(stored, (RAM + 0x5010) << 8 | 99, "a store to ROM is the owner's");
    ok(tcg_debug_read(env, RAM + 0x4008, &v, 8) && v == 99, "a debugger reads it");
    ok(!tcg_debug_read(env, 0x1000, &v, 8), "not where nothing is");
    ok(tcg_debug_translate(env, RAM + 0x123, &gpa) && gpa == RAM + 0x123, "Bare");
    h->cpu.x[10] = RAM + 0x6000;
    ram[0x6000] = 1;
    ram[0x7000] = 2;
    env->pc = RAM + 0x300;
    tcg_run(env);
    is(h->cpu.x[11], 1, "the map as it was");
    map_offset = 0x1000;
    tcg_map_changed();
    env->pc = RAM + 0x300;
    tcg_run(env);
    is(h->cpu.x[11], 2, "the map as it is");
    ok(tcg_debug_write(env, RAM + 0x300, other, 4), "a debugger writes code");
    env->pc = RAM + 0x300;
    tcg_run(env);
    is(h->cpu.x[11], 7, "and it is run");
    tcg_tlb_flush(env);
    tcg_tlb_wait();
    ok(true, "a flush while it does not run is not waited for");
}

static void registers(RvHart *h)
{
    uint64_t v = 0;

    ok(!rv_csr_read(h, 0x5c0, &v), "no such CSR");
    ok(!rv_csr_write(h, 0xf14, 1), "a read-only CSR");
    ok(rv_csr_read(h, 0xf14, &v) && v == 3, "mhartid");
    ok(rv_csr_write(h, 0x180, (uint64_t)8 << 60 | 5) && rv_csr_read(h, 0x180, &v) && v == ((uint64_t)8 << 60 | 5), "satp");
    rv_csr_write(h, 0x180, 0);
    ok(rv_csr_read(h, 3, &v), "fcsr, although FS is off");
    ok(!strcmp(rv_csr_name(0x300), "mstatus"), "a name");
    rv_hart_reset(h);
    rv_firmware_set(h);
    static const uint32_t ecall[] = { 0x00000073 };
    code(RAM, ecall, 1);
    is(tcg_run(&h->cpu.env), TCG_EXIT_SYSCALL, "ECALL from S is the firmware's");
    is(h->cpu.env.pc, RAM + 4, "pc is behind it");
    is(h->priv, RV_S, "in S mode");
    static const uint32_t undefined[] = { 0 };
    code(RAM + 4, undefined, 1);
    static const uint32_t wfi[] = { 0x10500073 };
    code(RAM + 0x800, wfi, 1);
    rv_csr_write(h, 0x105, RAM + 0x800);
    is(tcg_run(&h->cpu.env), TCG_EXIT_HALT, "other exceptions are taken in S mode");
    ok(rv_csr_read(h, 0x142, &v) && v == 2, "scause");
    ok(rv_csr_read(h, 0x141, &v) && v == RAM + 4, "sepc");
}

int main(int argc, char **argv)
{
    static const TcgMachine machine = { .page = page, .load = load, .store = store, .dirtied = dirtied, .time = now };
    static const TcgOwner owner = { .breakpoint = breakpoint };
    const TcgConfig config = { .guest = &rv_machine_guest, .owner = &owner, .tier = argc > 1 ? 0 : 1 };

    ram = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tcg_machine_init(&config, &machine);
    RvHart *h = (RvHart *)tcg_env_new(), *other = (RvHart *)tcg_env_new();
    rv_hart_init(h, rv_models, 3, RAM);
    rv_hart_reset(h);
    rv_hart_init(other, rv_models, 4, RAM);
    rv_hart_reset(other);
    steps(h);
    kicks(h);
    memory(h);
    registers(h);
    tcg_env_free(&other->cpu.env);
    tcg_env_free(&h->cpu.env);
    return tap_done();
}
