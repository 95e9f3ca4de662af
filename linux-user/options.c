/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: one row each, from the command line (-L dir, --L dir) or the environment
 * (RHEA_LD_PREFIX, QEMU_LD_PREFIX). */
#include "options.h"
#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tcg/exec.h"

LuOptions lu_options = { .tier = 1, .lazy = true, .exec_fd = -1, .prog_fd = -1, .filter_fd = -1 };

/* State of one parse. */
typedef struct Parse {
    LuCommand *out;
    const char *sets[64];       /* -E (NAME=VALUE) and -U (NAME), in order */
    unsigned nsets;
    bool reexec;
} Parse;

typedef struct Option {
    const char *name, *env, *arg, *help;
    bool (*set)(Parse *p, const char *arg);
    bool pass_on;               /* to programs that the guest executes */
} Option;

static bool fail(Parse *p, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool fail(Parse *p, int status, const char *fmt, ...)
{
    size_t size = sizeof p->out->message;
    int n = snprintf(p->out->message, size, "%s: ", lu_target->program);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(p->out->message + n, size - (size_t)n, fmt, ap);
    va_end(ap);
    p->out->status = status;
    return false;
}

static bool print(Parse *p, void (*fn)(void))
{
    p->out->print = fn;
    p->out->status = 0;
    return false;
}

static bool set_help(Parse *p, const char *arg)
{
    return print(p, lu_print_help);
}

static bool set_version(Parse *p, const char *arg)
{
    return print(p, lu_print_version);
}

static bool set_prefix(Parse *p, const char *arg)
{
    size_t n = strlen(arg);

    while (n > 1 && arg[n - 1] == '/') {
        n--;
    }
    lu_options.prefix = n > 1 ? strndup(arg, n) : NULL;
    return true;
}

static bool set_cpu(Parse *p, const char *arg)
{
    if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
        return print(p, lu_print_cpus);
    }
    lu_options.cpu = arg;
    return true;
}

static bool add_set(Parse *p, const char *arg, bool need_value)
{
    char *list = strdup(arg), *save = NULL;

    for (char *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
        if (need_value ? !strchr(s, '=') || s[0] == '=' : strchr(s, '=') != NULL) {
            return fail(
                p, 2, need_value ? "-E %s: give NAME=VALUE" : "-U %s: give a NAME without '='", s);
        }
        if (p->nsets == sizeof p->sets / sizeof *p->sets) {
            return fail(p, 2, "too many -E and -U");
        }
        p->sets[p->nsets++] = s;
    }
    return true;
}

static bool set_env(Parse *p, const char *arg)
{
    return add_set(p, arg, true);
}

static bool unset_env(Parse *p, const char *arg)
{
    return add_set(p, arg, false);
}

static bool set_argv0(Parse *p, const char *arg)
{
    lu_options.argv0 = arg;
    return true;
}

static bool set_uname(Parse *p, const char *arg)
{
    lu_options.uname = arg;
    return true;
}

static bool parse_number(const char *arg, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(arg, &end, 0);
    if (end == arg || errno || arg[0] == '-') {
        return false;
    }
    unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'm' || *end == 'M' ? 20
                   : *end == 'g' || *end == 'G' ? 30 : 0;
    *value <<= shift;
    return end[shift != 0] == 0;
}

static bool set_stack(Parse *p, const char *arg)
{
    if (!parse_number(arg, &lu_options.stack_bytes) || lu_options.stack_bytes > 1ull << 40) {
        return fail(p, 2, "-s %s: give a size in bytes, e.g. 8M", arg);
    }
    return true;
}

static bool set_base(Parse *p, const char *arg)
{
    uint64_t v;

    if (!parse_number(arg, &v)) {
        return fail(p, 2, "-B %s: not a number", arg);
    }
    return v ? fail(p, 1, "-B %s: guest addresses are host addresses here; only 0 is possible", arg)
             : true;
}

static bool set_reserved(Parse *p, const char *arg)
{
    uint64_t v;

    return parse_number(arg, &v) ? true : fail(p, 2, "-R %s: not a size", arg);
}

static bool set_gdb(Parse *p, const char *arg)
{
    lu_options.gdb = arg[0] ? arg : NULL;
    return true;
}

static bool set_log(Parse *p, const char *arg)
{
    if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
        return print(p, lu_print_log_items);
    }
    lu_options.log = arg;
    return true;
}

static bool set_log_file(Parse *p, const char *arg)
{
    lu_options.log_file = arg;
    return true;
}

static bool set_strace(Parse *p, const char *arg)
{
    lu_options.strace = true;
    return true;
}

static bool set_one_insn(Parse *p, const char *arg)
{
    lu_options.one_insn = true;
    return true;
}

static bool set_seed(Parse *p, const char *arg)
{
    uint64_t v;

    if (!parse_number(arg, &v)) {
        return fail(p, 2, "-seed %s: not a number", arg);
    }
    lu_options.seed = arg;
    return true;
}

static bool set_tier(Parse *p, const char *arg)
{
    lu_options.lazy = strcmp(arg, "auto") == 0;
    if (!lu_options.lazy && ((arg[0] != '0' && arg[0] != '1') || arg[1])) {
        return fail(p, 2, "-tier %s: give 0 (interpret), 1 (translate) or auto", arg);
    }
    lu_options.tier = lu_options.lazy ? 1 : (unsigned)(arg[0] - '0');
    return true;
}

static bool set_host_features(Parse *p, const char *arg)
{
    const char *bad;

    if (!tcg_host_features(arg, &lu_options.host_mask, &bad)) {
        return fail(p, 2, "-host-features %s: no host feature '%s'", arg, bad);
    }
    return true;
}

static bool set_fd(Parse *p, const char *arg, int *to)
{
    uint64_t v;

    if (!parse_number(arg, &v) || v > 1 << 30) {
        return fail(p, 2, "bad descriptor %s", arg);
    }
    *to = (int)v;
    return true;
}

static bool set_exec_fd(Parse *p, const char *arg)
{
    return set_fd(p, arg, &lu_options.exec_fd);
}

static bool set_prog_fd(Parse *p, const char *arg)
{
    return set_fd(p, arg, &lu_options.prog_fd);
}

static bool set_filter_fd(Parse *p, const char *arg)
{
    return set_fd(p, arg, &lu_options.filter_fd);
}

static bool set_cpu_state(Parse *p, const char *arg)
{
    lu_options.cpu_state = arg;
    return true;
}

static bool set_traced(Parse *p, const char *arg)
{
    lu_options.traced = true;
    return true;
}

static bool set_reexec(Parse *p, const char *arg)
{
    lu_options.reexec = true;
    return true;
}

static bool ignore(Parse *p, const char *arg)
{
    return true;
}

static const Option options[] = {
    { "h", NULL, NULL, "print this help", set_help, false },
    { "help", NULL, NULL, NULL, set_help, false },
    { "version", "VERSION", NULL, "print the version", set_version, false },
    { "v", NULL, NULL, NULL, set_version, false },
    { "L", "LD_PREFIX", "DIR", "look for the guest's absolute paths under DIR first", set_prefix,
      true },
    { "cpu", "CPU", "MODEL", "CPU model; -cpu help lists them", set_cpu, true },
    { "E", "SET_ENV", "N=V[,N=V]", "set environment variables of the guest", set_env, false },
    { "U", "UNSET_ENV", "N[,N]", "remove environment variables of the guest", unset_env, false },
    { "0", "ARGV0", "NAME", "argv[0] of the guest", set_argv0, false },
    { "r", "UNAME", "RELEASE", "kernel release that uname tells", set_uname, true },
    { "s", "STACK_SIZE", "SIZE", "size of the main stack (ulimit -s)", set_stack, true },
    { "B", "GUEST_BASE", "ADDRESS", "accepted if 0: guest addresses are host addresses", set_base,
      false },
    { "R", "RESERVED_VA", "SIZE", "accepted, without effect", set_reserved, false },
    { "t", "RTSIG_MAP", "MAP", "accepted, without effect: all 64 signals are the guest's", ignore,
      false },
    { "g", "GDB", "PORT|PATH", "wait for gdb at this port of the loopback, or at a socket", set_gdb, false },
    { "strace", "STRACE", NULL, "log system calls", set_strace, true },
    { "d", "LOG", "ITEM[,ITEM]", "log; -d help lists the items", set_log, true },
    { "D", "LOG_FILENAME", "FILE", "log to FILE (%d: process id)", set_log_file, true },
    { "seed", "RAND_SEED", "NUMBER", "seed AT_RANDOM; no address randomisation", set_seed, true },
    { "one-insn-per-tb", "ONE_INSN_PER_TB", NULL, "translate instructions one by one", set_one_insn,
      true },
    { "singlestep", "SINGLESTEP", NULL, NULL, set_one_insn, true },
    { "tb-size", "TB_SIZE", "SIZE", NULL, ignore, false },
    { "tier", "TIER", "0|1|auto", "0: interpret, 1: translate, auto: what runs again (auto)", set_tier, true },
    { "host-features", "HOST_FEATURES", "LIST", "host extensions to use at most, e.g. avx,fma (all)", set_host_features,
      true },
    { "reexec", NULL, NULL, NULL, set_reexec, false },
    { "execfd", NULL, "FD", NULL, set_exec_fd, false },
    { "progfd", NULL, "FD", NULL, set_prog_fd, false },
    { "filterfd", NULL, "FD", NULL, set_filter_fd, false },
    { "cpustate", NULL, "TEXT", NULL, set_cpu_state, false },
    { "traced", NULL, NULL, NULL, set_traced, false },
};
#define NOPTIONS (sizeof options / sizeof *options)

static const char *option_name(unsigned i)
{
    return i < NOPTIONS ? options[i].name : NULL;
}

static const Option *find_option(const char *name)
{
    for (unsigned i = 0; i < NOPTIONS; i++) {
        if (!strcmp(options[i].name, name)) {
            return &options[i];
        }
    }
    return NULL;
}

static bool set_option(Parse *p, const Option *o, const char *arg)
{
    if (o->pass_on && lu_options.nwords + 2 <= sizeof lu_options.words / sizeof *lu_options.words) {
        char *dashed;
        if (asprintf(&dashed, "-%s", o->name) > 0) {
            lu_options.words[lu_options.nwords++] = dashed;
            if (o->arg) {
                lu_options.words[lu_options.nwords++] = arg;
            }
        }
    }
    return o->set(p, arg);
}

/* Variables of one prefix. A variable of an option without argument counts if it is not empty. */
static bool read_environment(Parse *p, char **envp, const char *prefix)
{
    size_t n = strlen(prefix);

    for (char **e = envp; *e; e++) {
        if (strncmp(*e, prefix, n)) {
            continue;
        }
        const char *name = *e + n, *value = strchr(name, '=');
        for (unsigned i = 0; value && i < NOPTIONS; i++) {
            const Option *o = &options[i];
            if (!o->env || strlen(o->env) != (size_t)(value - name) ||
                memcmp(o->env, name, (size_t)(value - name))) {
                continue;
            }
            if ((o->arg || value[1]) && !set_option(p, o, value + 1)) {
                return false;
            }
        }
    }
    return true;
}

static bool read_arguments(Parse *p, int argc, char **argv, int *at)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *name = argv[i] + 1 + (argv[i][1] == '-');
        if (!name[0]) {
            i++;
            break;
        }
        const Option *o = find_option(name);
        if (!o) {
            const char *near = lu_nearest(name, option_name);
            return fail(p, 2,
                        near ? "unknown option %s; did you mean -%s?"
                             : "unknown option %s; -h lists them%s",
                        argv[i], near ? near : "");
        }
        if (o->arg && i + 1 >= argc) {
            return fail(p, 2, "option -%s needs an argument: -%s %s", name, name, o->arg);
        }
        if (!set_option(p, o, o->arg ? argv[i + 1] : NULL)) {
            return false;
        }
        i += o->arg != NULL;
    }
    *at = i;
    return true;
}

static bool same_name(const char *entry, const char *name, size_t n)
{
    return !strncmp(entry, name, n) && entry[n] == '=';
}

/* The environment after -E and -U. */
static char **edit_environment(const Parse *p, char **envp)
{
    size_t n = 0;

    if (!p->nsets) {
        return envp;
    }
    while (envp[n]) {
        n++;
    }
    char **out = malloc((n + p->nsets + 1) * sizeof *out);
    memcpy(out, envp, (n + 1) * sizeof *out);
    for (unsigned i = 0; i < p->nsets; i++) {
        const char *s = p->sets[i], *eq = strchr(s, '=');
        size_t len = eq ? (size_t)(eq - s) : strlen(s), k = 0;
        for (size_t j = 0; j < n; j++) {
            if (!same_name(out[j], s, len)) {
                out[k++] = out[j];
            }
        }
        if (eq) {
            out[k++] = (char *)s;
        }
        n = k;
        out[n] = NULL;
    }
    return out;
}

void lu_options_parse(int argc, char **argv, char **envp, LuCommand *out)
{
    Parse p = { .out = out };
    int at = 1;

    memset(out, 0, sizeof *out);
    out->status = -1;
    p.reexec = argc > 1 && !strcmp(argv[1], "-reexec");
    /* An instance started by another has been told everything. */
    if (!p.reexec &&
        (!read_environment(&p, envp, "QEMU_") || !read_environment(&p, envp, "RHEA_"))) {
        return;
    }
    if (!read_arguments(&p, argc, argv, &at)) {
        return;
    }
    if (at >= argc) {
        fail(&p, 2, "no program given; usage: %s [options] program [arguments...]; -h for help",
             lu_target->program);
        return;
    }
    out->args = argv + at;
    out->envp = edit_environment(&p, envp);
}

void lu_print_version(void)
{
    dprintf(1, "%s version %s (qemu-%s compatible user mode emulator)\n"
            "Copyright (c) the rhea authors; licence BSD-2-Clause\n",
            lu_target->program, PACKAGE_VERSION, lu_target->abi->name);
}

void lu_print_help(void)
{
    dprintf(1,
            "usage: %s [options] program [arguments...]\n"
            "Runs a Linux program for %s on this machine (QEMU-compatible options).\n\n"
            "option                  variable              meaning\n",
            lu_target->program, lu_target->abi->name);
    for (unsigned i = 0; i < NOPTIONS; i++) {
        const Option *o = &options[i];
        char left[32], env[32];
        if (!o->help) {
            continue;
        }
        snprintf(left, sizeof left, "-%s %s", o->name, o->arg ? o->arg : "");
        snprintf(env, sizeof env, "%s%s", o->env ? "RHEA_" : "", o->env ? o->env : "");
        dprintf(1, "%-23s %-21s %s\n", left, env, o->help);
    }
    dprintf(1,
            "\nEach RHEA_ variable may also be written QEMU_. Options come before the program.\n");
}

void lu_print_log_items(void)
{
    log_help(1);
}

static const char *model_name(unsigned i)
{
    const char *const *row = (const void *)((const char *)lu_target->abi->models +
                                            i * lu_target->abi->model_size);
    return row[0];
}

void lu_print_cpus(void)
{
    dprintf(1, "CPU models of %s:\n", lu_target->program);
    for (unsigned i = 0; model_name(i); i++) {
        const char *const *row = (const void *)((const char *)lu_target->abi->models +
                                                i * lu_target->abi->model_size);
        dprintf(1, "  %-16s %s%s\n", row[0], row[1] ? row[1] : "",
                i == 0 && !lu_target->abi->default_model ? " (default)" : "");
    }
    if (lu_target->abi->default_model) {
        dprintf(1, "without -cpu: %s\n", lu_target->abi->default_model);
    }
    if (lu_target->abi->model_options) {
        dprintf(1, "%s", lu_target->abi->model_options);
    }
}

const void *lu_model_find(const char *name)
{
    for (unsigned i = 0; model_name(i); i++) {
        if (!name || !strcmp(name, model_name(i))) {
            return (const char *)lu_target->abi->models + i * lu_target->abi->model_size;
        }
    }
    return NULL;
}
