/* SPDX-License-Identifier: BSD-2-Clause */
/* The instruction tests in libtcg: isa-host-<guest> TIER [CPU] < cases. A system call instruction behind the case's
 * words ends it. ISA_HOST names the host features to use (tcg_host_features), ISA_LOG what to log. */
#include "runner.h"

#include ISA_REGS
#include ISA_HOST

#include "base/log.h"
#include "tcg/exec.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static TcgEnv *env;

uint64_t run_vlenb(void)
{
    return HOST_VLENB(env);
}

long run_read(void *buf, size_t size)
{
    return read(0, buf, size);
}

void run_write(const void *buf, size_t size)
{
    while (size) {
        ssize_t n = write(1, buf, size);

        if (n <= 0) {
            return;
        }
        buf = (const char *)buf + n;
        size -= n;
    }
}

static int page_prot(uint64_t addr)
{
    if (addr >= RUN_MEM && addr < RUN_MEM + RUN_MEM_BYTES) {
        return PROT_READ | PROT_WRITE;
    }
    if (addr >= RUN_CODE - RUN_FILL && addr < RUN_CODE + RUN_FILL) {
        return PROT_READ | PROT_WRITE | PROT_EXEC;
    }
    return -1;
}

static bool read_memory(void *to, uint64_t addr, size_t n)
{
    memcpy(to, (const void *)(uintptr_t)addr, n);
    return true;
}

static void map(uint64_t addr, size_t size)
{
    void *p = mmap((void *)(uintptr_t)addr, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)(uintptr_t)addr) {
        perror("isa-host: mmap");
        exit(3);
    }
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    if (!tcg_signal_fault(env, info, context)) {
        signal(sig, SIG_DFL);
    }
}

static void catch_signals(void)
{
    static char stack[65536];
    const stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

static uint64_t write_code(const uint32_t *words, unsigned n, unsigned bytes)
{
    uint16_t *code = (uint16_t *)(uintptr_t)RUN_CODE;
    const bool half = bytes != 4 * n;
    const uint32_t last = RUN_SYSCALL;

    for (unsigned i = 0; i < n; i++) {
        *code++ = words[i];
        if (!half || (words[i] & 3) == 3) {
            *code++ = words[i] >> 16;
        }
    }
    memcpy(code, &last, 4);
    for (unsigned i = 4; (uintptr_t)code + i < RUN_CODE + 4 * RUN_MAX_WORDS + 8; i += 4) {
        const uint32_t filler = RUN_FILLER;

        memcpy((char *)code + i, &filler, 4);
    }
    tcg_invalidate(RUN_CODE, 4 * RUN_MAX_WORDS + 8);
    return (uintptr_t)code;
}

static void note_fault(RunState *s)
{
    const TcgFault *f = tcg_fault(env);

    s->end = f->sig == SIGBUS ? RUN_BUS : RUN_SEGV;
    s->fault_addr = HOST_ADDRESS(f->addr);
}

void run_words(RunState *s, const uint32_t *words, unsigned n, unsigned bytes)
{
    const uint64_t end = write_code(words, n, bytes);
    TcgExit why;

    host_load(env, s);
    env->pc = RUN_CODE;
    while ((why = tcg_run(env)) == TCG_EXIT_POLL) {
    }
    s->end = RUN_OK;
    if (why == TCG_EXIT_FAULT) {
        note_fault(s);
    } else if (why == TCG_EXIT_UNDEF) {
        s->end = RUN_ILL;
    } else if (why == TCG_EXIT_BREAK) {
        s->end = RUN_TRAP;
    }
    host_store(env, s);
    s->pc = why == TCG_EXIT_SYSCALL && env->pc == end + 4 ? end : env->pc;
}

int main(int argc, char **argv)
{
    static const TcgOwner owner = { .page_prot = page_prot, .read = read_memory };
    TcgConfig config = { .guest = HOST_GUEST, .owner = &owner, .tier = argc > 1 ? atoi(argv[1]) : 0 };
    const char *log = getenv("ISA_LOG"), *host = getenv("ISA_HOST"), *bad;
    unsigned mask;

    if (log && log_parse(log, &mask, &bad)) {
        log_init(mask, NULL);
    }
    if (host && !tcg_host_features(host, &config.host_mask, &bad)) {
        fprintf(stderr, "isa-host: no host feature '%s'\n", bad);
        return 2;
    }
    map(RUN_MEM, RUN_MEM_BYTES);
    map(RUN_CODE - RUN_FILL, 2 * RUN_FILL);
    tcg_init(&config);
    env = tcg_env_new();
    if (!env || !host_reset(env, argc > 2 ? argv[2] : NULL)) {
        fprintf(stderr, "isa-host: no such CPU\n");
        return 2;
    }
    catch_signals();
    tcg_fp_thread_start(env);
    return run_cases() ? 1 : 0;
}
