/* SPDX-License-Identifier: BSD-2-Clause */
/* The initial stack: strings, environment, auxiliary vector. [ELF gABI psABI process
 * initialization] */
#include "host.h"
#include "load.h"
#include "map.h"
#include "options.h"
#include "target.h"

#include <errno.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_DEFAULT (8ull << 20)
#define STACK_MAX (1ull << 30)
#define STACK_MIN (128ull << 10)
#define GUARD (1ull << 20)
#define MAX_AUX 40

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#define AT_RSEQ_ALIGN 28
#endif

typedef struct Auxv {
    LuAux entry[MAX_AUX];
    unsigned n;
} Auxv;

static void add(Auxv *v, uint64_t type, uint64_t value)
{
    if (v->n < MAX_AUX) {
        v->entry[v->n++] = (LuAux){ type, value };
    }
}

static uint64_t stack_size(uint64_t strings)
{
    struct rlimit rl;
    uint64_t n = lu_options.stack_bytes;

    if (!n) {
        n = STACK_DEFAULT;
        if (getrlimit(RLIMIT_STACK, &rl) == 0) {
            n = rl.rlim_cur > STACK_MAX ? STACK_MAX : rl.rlim_cur;
        }
    }
    if (n < STACK_MIN) {
        n = STACK_MIN;
    }
    return lu_page_up(n + strings);
}

/* Maps the stack with a range below it that stays empty, as the kernel keeps one. Returns its top,
 * or 0. */
static uint64_t map_stack(uint64_t size, unsigned prot)
{
    char *at = mmap(NULL, size + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                    0);

    if (at == MAP_FAILED || mprotect(at + GUARD, size, lu_prot_host(prot))) {
        return 0;
    }
    uint64_t start = (uint64_t)at + GUARD;
    lu_map_set(start, start + size, prot | LU_PROT_GROWS);
    return start + size;
}

static size_t strings_size(char *const *v, unsigned *n)
{
    size_t total = 0;

    for (*n = 0; v[*n]; (*n)++) {
        total += strlen(v[*n]) + 1;
    }
    return total;
}

/* Copies the strings of v to *at and their addresses to out, which gets a NULL at the end. */
static uint64_t *put_strings(char *const *v, uint64_t *at, uint64_t *out)
{
    for (; *v; v++) {
        size_t n = strlen(*v) + 1;
        memcpy((void *)*at, *v, n);
        *out++ = *at;
        *at += n;
    }
    *out++ = 0;
    return out;
}

static void fill_random(uint8_t out[16])
{
    if (lu_options.seed) {
        uint64_t x = strtoull(lu_options.seed, NULL, 0);
        for (unsigned i = 0; i < 16; i++) {
            x = x * 6364136223846793005ull + 1442695040888963407ull;
            out[i] = (uint8_t)(x >> 56);
        }
    } else if (getrandom(out, 16, GRND_NONBLOCK) != 16) {
        memcpy(out, (const void *)getauxval(AT_RANDOM), 16);
    }
}

const void *lu_auxv;
size_t lu_auxv_bytes;

static void fill_auxv(Auxv *v, const LuProgram *p, uint64_t platform, uint64_t execfn,
                      uint64_t random)
{
    const LuAbi *abi = lu_target->abi;
    LuAux own[8];

    v->n = 0;
    unsigned n = abi->auxv(lu_model, own);
    for (unsigned i = 0; i < n; i++) {
        add(v, own[i].type, own[i].value);
    }
    add(v, AT_PAGESZ, LU_PAGE);
    add(v, AT_CLKTCK, getauxval(AT_CLKTCK));
    add(v, AT_PHDR, p->image.phdr);
    add(v, AT_PHENT, sizeof(Elf64_Phdr));
    add(v, AT_PHNUM, p->image.nphdr);
    add(v, AT_BASE, p->image.interp[0] ? p->interp.bias : 0);
    add(v, AT_FLAGS, 0);
    add(v, AT_ENTRY, p->image.entry);
    add(v, AT_UID, getauxval(AT_UID));
    add(v, AT_EUID, getauxval(AT_EUID));
    add(v, AT_GID, getauxval(AT_GID));
    add(v, AT_EGID, getauxval(AT_EGID));
    add(v, AT_SECURE, getauxval(AT_SECURE));
    add(v, AT_RANDOM, random);
    add(v, AT_EXECFN, execfn);
    if (getauxval(AT_RSEQ_FEATURE_SIZE)) {
        add(v, AT_RSEQ_FEATURE_SIZE, getauxval(AT_RSEQ_FEATURE_SIZE));
        add(v, AT_RSEQ_ALIGN, getauxval(AT_RSEQ_ALIGN));
    }
    if (platform) {
        add(v, AT_PLATFORM, platform);
    }
    add(v, AT_NULL, 0);
}

/* Tells the kernel where arguments, environment and auxiliary vector of the guest are, so that
 * /proc/<pid>/cmdline, environ, auxv and stat show the guest to everybody. Kernels without it show
 * rhea's: harmless. */
static void tell_kernel(const LuProgram *p)
{
    extern char __executable_start, etext, edata, end;
    uint64_t brk_now = (uint64_t)sbrk(0), brk_start = (uint64_t)&end;
    struct prctl_mm_map m = {
        .start_code = (uint64_t)&__executable_start, .end_code = (uint64_t)&etext,
        .start_data = (uint64_t)&etext, .end_data = (uint64_t)&edata,
        .start_brk = brk_start < brk_now ? brk_start : brk_now, .brk = brk_now,
        .start_stack = p->sp,
        .arg_start = p->arg_start, .arg_end = p->arg_end,
        .env_start = p->arg_end, .env_end = p->env_end,
        .auxv = (void *)p->auxv, .auxv_size = p->auxv_bytes, .exe_fd = (uint32_t)-1,
    };

    m.start_brk = lu_page_down(brk_now);
    LU_RAW5(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &m, sizeof m, 0);
}

int lu_stack_build(LuThread *t, LuProgram *p)
{
    unsigned argc, envc;
    const char *platform = lu_target->abi->platform;
    size_t args = strings_size(p->argv, &argc), envs = strings_size(p->envp, &envc);
    size_t name = strlen(p->path) + 1, plat = platform ? strlen(platform) + 1 : 0;
    unsigned prot = PROT_READ | PROT_WRITE | (p->image.exec_stack ? PROT_EXEC : 0);
    uint64_t top = map_stack(stack_size(args + envs), prot);
    Auxv aux;

    if (!top) {
        return ENOMEM;
    }
    p->stack_top = top;
    uint64_t at = top - 8 - name;                       /* the last word of the stack stays 0 */
    uint64_t execfn = at;
    memcpy((void *)at, p->path, name);
    at -= args + envs;
    p->arg_start = at;
    p->arg_end = at + args;
    p->env_end = at + args + envs;
    uint64_t strings = at;
    at = (at - plat) & ~15ull;
    uint64_t platform_at = plat ? at : 0;
    if (plat) {
        memcpy((void *)at, platform, plat);
    }
    at -= 16;
    fill_random((uint8_t *)at);
    fill_auxv(&aux, p, platform_at, execfn, at);
    uint64_t words = 1 + argc + 1 + envc + 1 + 2 * (uint64_t)aux.n;
    at = (at - 8 * words) & ~15ull;
    p->sp = at;
    uint64_t *out = (uint64_t *)at;
    *out++ = argc;
    out = put_strings(p->argv, &strings, out);
    out = put_strings(p->envp, &strings, out);
    p->auxv = (uint64_t)out;
    p->auxv_bytes = aux.n * (unsigned)sizeof(LuAux);
    memcpy(out, aux.entry, p->auxv_bytes);
    lu_auxv_bytes = p->auxv_bytes;
    lu_auxv = memcpy(malloc(lu_auxv_bytes), aux.entry, lu_auxv_bytes);
    tell_kernel(p);
    return 0;
}
