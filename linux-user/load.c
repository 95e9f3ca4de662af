/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF files: headers are hostile, so all of them are checked before anything is mapped. [ELF gABI
 * 4, 5]
 *
 * 1. Nothing of the file is used beyond what pread returned.
 * 2. A segment lies within 47 bits, is not smaller in memory than in the file, is congruent to its
 *    file offset modulo the page size, and lies within the file.
 * 3. All segments together are first reserved in one piece that hits nothing of ours, then mapped
 *    over.
 */
#include "busy.h"
#include "load.h"
#include "host.h"
#include "map.h"
#include "options.h"
#include "path.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ADDR_LIMIT (1ull << 47)
#define MAX_PHDRS 1024

char lu_exe_path[4096];

typedef struct Headers {
    Elf64_Ehdr e;
    Elf64_Phdr p[MAX_PHDRS];
} Headers;

static const char *read_interp(int fd, const Elf64_Phdr *ph, LuImage *image)
{
    size_t n = ph->p_filesz;

    if (n < 2 || n > sizeof image->interp || image->interp[0]) {
        return "bad PT_INTERP";
    }
    if (pread(fd, image->interp, n, (off_t)ph->p_offset) != (ssize_t)n || image->interp[n - 1]) {
        return "bad PT_INTERP";
    }
    return NULL;
}

/* Properties: each has a type, a size and a value that is filled up to 8 bytes. [Linux Extensions
 * to gABI, 2.1.7 .note.gnu.property] */
static const char *read_properties(int fd, const Elf64_Phdr *ph, LuImage *image)
{
    struct {
        Elf64_Nhdr n;
        char name[4];
        uint32_t words[252];
    } note;
    const size_t before = offsetof(typeof(note), words);

    if (ph->p_filesz < before || ph->p_filesz > sizeof note ||
        pread(fd, &note, ph->p_filesz, (off_t)ph->p_offset) != (ssize_t)ph->p_filesz || note.n.n_namesz != 4 ||
        memcmp(note.name, "GNU", 4) || note.n.n_descsz > ph->p_filesz - before) {
        return "bad PT_GNU_PROPERTY";
    }
    for (uint32_t at = 0, end = note.n.n_descsz; at < end;) {
        const uint32_t *p = &note.words[at / 4];
        if (end - at < 8 || p[1] > end - at - 8) {
            return "bad PT_GNU_PROPERTY";
        }
        if (p[0] == lu_target->abi->guard_note && p[1] == 4) {
            image->guarded = p[2] & 1;
        }
        at += 8 + ((p[1] + 7) & ~7u);
    }
    return NULL;
}

static const char *check_segment(const Elf64_Phdr *ph, uint64_t file_size, LuImage *image)
{
    if (ph->p_memsz == 0) {
        return NULL;
    }
    if (ph->p_memsz < ph->p_filesz || ph->p_vaddr >= ADDR_LIMIT ||
        ph->p_memsz > ADDR_LIMIT - ph->p_vaddr) {
        return "a segment has an impossible size or address";
    }
    if (ph->p_filesz && ((ph->p_vaddr - ph->p_offset) & (LU_PAGE - 1))) {
        return "a segment is not aligned to pages";
    }
    if (ph->p_filesz && (ph->p_offset > file_size || ph->p_filesz > file_size - ph->p_offset)) {
        return "truncated: a segment lies beyond the end of the file";
    }
    uint64_t end = ph->p_vaddr + ph->p_memsz;
    image->start = ph->p_vaddr < image->start ? ph->p_vaddr : image->start;
    image->end = end > image->end ? end : image->end;
    if (ph->p_flags & PF_X) {
        image->code_start = ph->p_vaddr < image->code_start ? ph->p_vaddr : image->code_start;
        image->code_end = end > image->code_end ? end : image->code_end;
    } else {
        image->data_start = ph->p_vaddr > image->data_start ? ph->p_vaddr : image->data_start;
        image->data_end = ph->p_vaddr + ph->p_filesz > image->data_end ? ph->p_vaddr + ph->p_filesz
                                                                       : image->data_end;
    }
    return NULL;
}

static const char *check_phdrs(int fd, const Headers *h, uint64_t file_size, LuImage *image)
{
    for (unsigned i = 0; i < h->e.e_phnum; i++) {
        const Elf64_Phdr *ph = &h->p[i];
        const char *bad = NULL;
        if (ph->p_type == PT_LOAD) {
            bad = check_segment(ph, file_size, image);
        } else if (ph->p_type == PT_INTERP) {
            bad = read_interp(fd, ph, image);
        } else if (ph->p_type == PT_GNU_STACK) {
            image->exec_stack = ph->p_flags & PF_X;
        } else if (ph->p_type == PT_GNU_PROPERTY && lu_target->abi->guard_note) {
            bad = read_properties(fd, ph, image);
        }
        if (bad) {
            return bad;
        }
    }
    return image->start < image->end ? NULL : "it has no segments to load";
}

static const char *read_headers(int fd, Headers *h, LuImage *image)
{
    struct stat st;

    memset(image, 0, sizeof *image);
    image->start = image->code_start = ~0ull;
    if (fstat(fd, &st) < 0 || pread(fd, &h->e, sizeof h->e, 0) != sizeof h->e) {
        return "truncated ELF header";
    }
    if (memcmp(h->e.e_ident, ELFMAG, SELFMAG)) {
        return "not an ELF file";
    }
    if (h->e.e_type != ET_EXEC && h->e.e_type != ET_DYN) {
        return "an ELF file, but not a program (e_type)";
    }
    if (h->e.e_phentsize != sizeof(Elf64_Phdr) || h->e.e_phnum == 0 || h->e.e_phnum > MAX_PHDRS) {
        return "bad program header table";
    }
    if (h->e.e_ident[EI_CLASS] != ELFCLASS64 || h->e.e_ident[EI_DATA] != ELFDATA2LSB ||
        h->e.e_machine != lu_target->abi->elf_machine || !lu_target->abi->elf_check(h->e.e_flags)) {
        return "wrong class, byte order or machine";
    }
    size_t n = h->e.e_phnum * sizeof(Elf64_Phdr);
    if (pread(fd, h->p, n, (off_t)h->e.e_phoff) != (ssize_t)n) {
        return "truncated program header table";
    }
    return check_phdrs(fd, h, (uint64_t)st.st_size, image);
}

const char *lu_image_check(int fd, LuImage *image)
{
    Headers *h = malloc(sizeof *h);
    const char *bad = h ? read_headers(fd, h, image) : "out of memory";

    free(h);
    return bad;
}

/* Zeroes from the end of the file's part to the end of its page. */
static const char *clear_tail(uint64_t from, uint64_t to, int prot)
{
    uint64_t page = lu_page_down(from);

    if (from >= to) {
        return NULL;
    }
    if (!(prot & PROT_WRITE) && mprotect((void *)page, LU_PAGE, PROT_READ | PROT_WRITE)) {
        return "cannot clear the end of a segment";
    }
    memset((void *)from, 0, to - from);
    if (!(prot & PROT_WRITE)) {
        mprotect((void *)page, LU_PAGE, prot);
    }
    return NULL;
}

static const char *map_segment(int fd, const Elf64_Phdr *ph, uint64_t bias, unsigned exec_prot)
{
    unsigned prot = (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
                    (ph->p_flags & PF_X ? exec_prot : 0);
    uint64_t start = lu_page_down(ph->p_vaddr) + bias, file_end = ph->p_vaddr + ph->p_filesz + bias;
    uint64_t end = lu_page_up(ph->p_vaddr + ph->p_memsz + bias), anon = lu_page_up(file_end);
    int host = lu_prot_host(prot);

    if (ph->p_filesz) {
        void *at = mmap((void *)start, anon - start, host, MAP_PRIVATE | MAP_FIXED, fd,
                        (off_t)lu_page_down(ph->p_offset));
        if (at == MAP_FAILED) {
            return "cannot map a segment";
        }
        if (ph->p_memsz > ph->p_filesz) {
            const char *bad = clear_tail(file_end, anon, host);
            if (bad) {
                return bad;
            }
        }
    } else {
        anon = start;
    }
    if (end > anon && mmap((void *)anon, end - anon, host, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                           -1, 0) == MAP_FAILED) {
        return "cannot map a segment";
    }
    lu_map_set(start, end, prot);
    return NULL;
}

/* Gives back what the reservation has between segments. */
static void trim(uint64_t start, uint64_t end)
{
    LuRegion r;

    while (start < end) {
        bool more = lu_map_next(start, end, &r);
        uint64_t gap = more ? r.start : end;
        if (gap > start) {
            munmap((void *)start, gap - start);
        }
        start = more ? r.end : end;
    }
}

static const char *map_image(int fd, const Headers *h, uint64_t base, LuImage *image)
{
    uint64_t start = lu_page_down(image->start), len = lu_page_up(image->end) - start;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *want = (void *)(h->e.e_type == ET_EXEC ? start : base);

    if (h->e.e_type == ET_EXEC) {
        flags |= MAP_FIXED_NOREPLACE;
    }
    void *at = mmap(want, len, PROT_NONE, flags, -1, 0);
    if (at == MAP_FAILED || (h->e.e_type == ET_EXEC && at != want)) {
        return errno == EEXIST ? "its addresses are in use" : "its addresses cannot be reserved";
    }
    image->bias = (uint64_t)at - start;
    /* A program that has an interpreter is guarded by that one. */
    unsigned guard = image->guarded && !image->interp[0] ? lu_target->abi->prot_guard : 0;
    for (unsigned i = 0; i < h->e.e_phnum; i++) {
        if (h->p[i].p_type == PT_LOAD && h->p[i].p_memsz) {
            const char *bad = map_segment(fd, &h->p[i], image->bias, lu_prot_kept(PROT_EXEC | guard));
            if (bad) {
                return bad;
            }
        }
    }
    trim((uint64_t)at, (uint64_t)at + len);
    return NULL;
}

/* Address of the program headers in memory: PT_PHDR, or the segment that has them. */
static uint64_t find_phdr(const Headers *h)
{
    for (unsigned i = 0; i < h->e.e_phnum; i++) {
        if (h->p[i].p_type == PT_PHDR) {
            return h->p[i].p_vaddr;
        }
    }
    for (unsigned i = 0; i < h->e.e_phnum; i++) {
        const Elf64_Phdr *ph = &h->p[i];
        if (ph->p_type == PT_LOAD && h->e.e_phoff >= ph->p_offset &&
            h->e.e_phoff - ph->p_offset < ph->p_filesz) {
            return ph->p_vaddr + h->e.e_phoff - ph->p_offset;
        }
    }
    return 0;
}

const char *lu_image_load(int fd, uint64_t base, LuImage *image)
{
    Headers *h = malloc(sizeof *h);
    const char *bad = h ? read_headers(fd, h, image) : "out of memory";

    if (!bad) {
        bad = map_image(fd, h, base, image);
    }
    if (!bad) {
        image->entry = h->e.e_entry + image->bias;
        image->nphdr = h->e.e_phnum;
        image->phdr = find_phdr(h) + image->bias;
        image->start += image->bias;
        image->end += image->bias;
        image->code_start += image->bias;
        image->code_end += image->bias;
        image->data_start += image->bias;
        image->data_end += image->bias;
    }
    free(h);
    return bad;
}

/* A page-aligned offset for the position-independent program, unless randomisation is off. */
static uint64_t random_pages(void)
{
    uint32_t r = 0;

    if (lu_options.seed || (personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
        return 0;
    }
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r) {
        r = 0;
    }
    return (uint64_t)(r & 0x7fffff) * LU_PAGE;
}

/* The page with the signal trampoline. */
static int map_trampoline(void)
{
    const LuAbi *abi = lu_target->abi;
    void *at = mmap(NULL, LU_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED) {
        return errno;
    }
    /* Unwinders look one instruction before the return address: let it be a no-op of the same page.
     */
    memcpy((char *)at + 16, abi->sigreturn, abi->sigreturn_bytes);
    mprotect(at, LU_PAGE, PROT_READ);
    lu_map_set((uint64_t)at, (uint64_t)at + LU_PAGE, PROT_READ | PROT_EXEC);
    lu_sigreturn_addr = (uint64_t)at + 16;
    return 0;
}

static int load_interp(LuProgram *p, char *why, size_t size)
{
    LuPath path;
    const char *name = lu_path_host(&path, p->image.interp);
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        int e = errno;
        snprintf(why, size,
                 "%s: its interpreter %s is not there; give -L DIR, a directory with the guest's "
                 "libraries (e.g. -L /usr/%s-linux-gnu)",
                 p->path, p->image.interp, lu_target->abi->name);
        return e;
    }
    const char *bad = lu_image_load(fd, 0, &p->interp);
    close(fd);
    if (bad) {
        snprintf(why, size, "%s: interpreter %s: %s", p->path, name, bad);
        return ELIBBAD;
    }
    return 0;
}

int lu_load(LuThread *t, LuProgram *p, char *why, size_t size)
{
    const char *bad = lu_image_load(p->fd, lu_target->abi->pie_base + random_pages(), &p->image);

    if (bad) {
        snprintf(why, size, "%s: %s", p->path, bad);
        return ENOEXEC;
    }
    if (!p->inherited) {
        lu_busy_mark(p->fd);
    }
    uint64_t entry = p->image.entry;
    if (p->image.interp[0]) {
        int e = load_interp(p, why, size);
        if (e) {
            return e;
        }
        entry = p->interp.entry;
    }
    lu_brk_init(lu_page_up(p->image.end));
    int e = map_trampoline();
    if (!e) {
        e = lu_stack_build(t, p);
    }
    if (e) {
        snprintf(why, size, "%s: %s", p->path, strerror(e));
        return e;
    }
    t->env->pc = entry;
    *lu_sp(t) = p->sp;
    return 0;
}
