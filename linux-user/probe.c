/* SPDX-License-Identifier: BSD-2-Clause */
/* What kind of program a file is, by its first bytes. [ELF gABI 4] [man 2 execve] */
#include "load.h"
#include "target.h"

#include <string.h>
#include <unistd.h>

static const struct {
    uint16_t machine;
    const char *name;
} machines[] = {
    { EM_AARCH64, "aarch64" }, { EM_RISCV, "riscv64" }, { EM_X86_64, "x86_64" }, { EM_386, "i386" },
    { EM_ARM, "arm" }, { EM_PPC64, "ppc64le" }, { EM_S390, "s390x" }, { EM_MIPS, "mips" },
    { EM_PPC, "ppc" }, { EM_SPARCV9, "sparc64" }, { EM_68K, "m68k" }, { EM_ALPHA, "alpha" },
    { EM_SH, "sh4" }, { EM_PARISC, "hppa" }, { EM_OPENRISC, "or1k" }, { 258, "loongarch64" },
};

/* Guests that a rhea user-mode program exists for. */
static const struct {
    uint16_t machine;
    const char *program;
} programs[] = {
    { EM_AARCH64, "rhea-aarch64" },
    { EM_RISCV, "rhea-riscv64" },
};

const char *lu_machine_name(uint16_t machine)
{
    for (unsigned i = 0; i < sizeof machines / sizeof *machines; i++) {
        if (machines[i].machine == machine) {
            return machines[i].name;
        }
    }
    return NULL;
}

static void probe_elf(const uint8_t *head, LuProbe *p)
{
    bool le64 = head[EI_CLASS] == ELFCLASS64 && head[EI_DATA] == ELFDATA2LSB;

    memcpy(&p->machine, head + 18, 2);
    if (head[EI_DATA] == ELFDATA2MSB) {
        p->machine = (uint16_t)(p->machine >> 8 | p->machine << 8);
    }
    if (p->machine == EM_X86_64 || p->machine == EM_386) {
        p->kind = LU_KIND_NATIVE;
        return;
    }
    for (unsigned i = 0; le64 && i < sizeof programs / sizeof *programs; i++) {
        if (programs[i].machine == p->machine) {
            p->kind = p->machine == lu_target->abi->elf_machine ? LU_KIND_GUEST : LU_KIND_OTHER;
            p->program = programs[i].program;
        }
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "#! interpreter [one argument]": blanks around both are dropped, blanks inside the argument stay.
 */
static void probe_script(char *line, LuProbe *p)
{
    char *s = line + 2, *end = line + strcspn(line, "\n");

    while (end > s && is_blank(end[-1])) {
        end--;
    }
    *end = 0;
    s += strspn(s, " \t");
    size_t n = strcspn(s, " \t");
    if (n == 0) {
        return;
    }
    memcpy(p->interp, s, n);
    p->interp[n] = 0;
    s += n;
    s += strspn(s, " \t");
    if (*s) {
        p->has_arg = true;
        memcpy(p->arg, s, strlen(s) + 1);
    }
    p->kind = LU_KIND_SCRIPT;
}

void lu_probe(int fd, LuProbe *p)
{
    char head[256] = { 0 };     /* BINPRM_BUF_SIZE */
    ssize_t n = pread(fd, head, sizeof head - 1, 0);

    memset(p, 0, sizeof *p);
    p->kind = LU_KIND_UNKNOWN;
    if (n >= 20 && !memcmp(head, ELFMAG, SELFMAG)) {
        probe_elf((const uint8_t *)head, p);
    } else if (n > 2 && head[0] == '#' && head[1] == '!') {
        probe_script(head, p);
    }
}
