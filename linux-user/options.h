/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line and the environment variables of a user-mode program. */
#ifndef LU_OPTIONS_H
#define LU_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct LuOptions {
    const char *prefix;         /* -L, without trailing slash; NULL: none */
    const char *cpu;            /* -cpu */
    const char *argv0;          /* -0 */
    const char *uname;          /* -r */
    const char *log, *log_file; /* -d, -D */
    const char *seed;           /* -seed */
    const char *gdb;            /* -g */
    uint64_t stack_bytes;       /* -s; 0: RLIMIT_STACK */
    unsigned tier;              /* -tier */
    bool lazy;                  /* -tier auto */
    uint64_t host_mask;         /* -host-features: those not to use */
    bool strace, one_insn;
    bool reexec;                /* started by an instance of ours */
    int exec_fd;                /* passed on by our parent: the executable of rhea, or -1 */
    int prog_fd;                /* the program, already open, or -1 */
    int filter_fd;              /* seccomp filters of who executed us, or -1 */
    bool traced;                /* who executed us is traced */
    const char *cpu_state;      /* LuAbi.exec_get of who executed us, or NULL */
    const char *words[40];      /* options to pass on to children: only those that concern them */
    unsigned nwords;
} LuOptions;

extern LuOptions lu_options;

/* What parsing came to. */
typedef struct LuCommand {
    int status;                 /* exit status, or -1: run the program */
    char **args;                /* program and its arguments */
    char **envp;                /* the guest's environment */
    char message[512];          /* to be written to stderr if not empty */
    void (*print)(void);        /* to be called (help, version, list) if not NULL */
} LuCommand;

void lu_options_parse(int argc, char **argv, char **envp, LuCommand *out);

/* Texts, written to fd 1. */
void lu_print_help(void);
void lu_print_version(void);
void lu_print_cpus(void);
void lu_print_log_items(void);

/* The model called name, or NULL. */
const void *lu_model_find(const char *name);

/* Nearest of the names to what was typed, or NULL if none is near. next returns the names until
 * NULL. */
const char *lu_nearest(const char *word, const char *(*next)(unsigned i));

#endif
