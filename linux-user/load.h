/* SPDX-License-Identifier: BSD-2-Clause */
/* From a file to a program ready to run. */
#ifndef LU_LOAD_H
#define LU_LOAD_H

#include "thread.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

/* What kind of program a file is. */
typedef enum LuKind {
    LU_KIND_GUEST,              /* ELF of this program's guest */
    LU_KIND_OTHER,              /* ELF of a guest that another rhea program runs */
    LU_KIND_NATIVE,             /* ELF of the host */
    LU_KIND_SCRIPT,             /* #! */
    LU_KIND_UNKNOWN,
} LuKind;

/* Result of lu_probe. */
typedef struct LuProbe {
    LuKind kind;
    uint16_t machine;           /* of an ELF */
    const char *program;        /* LU_KIND_OTHER: "rhea-riscv64" */
    char interp[256];           /* of a script */
    char arg[256];              /* its one optional argument, "" if none */
    bool has_arg;
} LuProbe;

/* Looks at the first bytes of an open file. */
void lu_probe(int fd, LuProbe *p);

/* Name of an ELF machine for messages: "riscv64", or NULL. */
const char *lu_machine_name(uint16_t machine);

/* One loaded ELF file. */
typedef struct LuImage {
    uint64_t bias;              /* load address minus linked address */
    uint64_t entry, phdr;       /* guest addresses */
    uint64_t start, end;        /* all segments */
    uint64_t code_start, code_end, data_start, data_end;
    unsigned nphdr;
    bool exec_stack;
    bool guarded;               /* a GNU property asks for guarded pages */
    char interp[4096];          /* PT_INTERP, or "" */
} LuImage;

/* Reads and checks headers. Returns NULL, or what is wrong with the file. Only fills image->interp
 * and what the headers say. */
const char *lu_image_check(int fd, LuImage *image);

/* Maps the file at base (position-independent files; 0: anywhere). Returns NULL or the reason. */
const char *lu_image_load(int fd, uint64_t base, LuImage *image);

/* A program to be started. */
typedef struct LuProgram {
    const char *path;           /* AT_EXECFN, and what the loader opens */
    int fd;
    bool inherited;             /* the open file description of fd is also that of another process */
    char **argv, **envp;
    LuImage image, interp;
    uint64_t stack_top, sp;
    uint64_t arg_start, arg_end, env_end, auxv;     /* on the stack */
    unsigned auxv_bytes;
} LuProgram;

/* The auxiliary vector as it was at start. */
extern const void *lu_auxv;
extern size_t lu_auxv_bytes;

extern char lu_exe_path[4096];  /* absolute path of the guest's program: /proc/self/exe */

/* Maps the program and its interpreter, builds the stack, sets t's pc and sp. Returns 0, or an
 * errno with a line of text in why. */
int lu_load(LuThread *t, LuProgram *p, char *why, size_t size);

/* stack.c: maps the stack and fills it. */
int lu_stack_build(LuThread *t, LuProgram *p);

#endif
