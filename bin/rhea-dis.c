/* SPDX-License-Identifier: BSD-2-Clause */
/* rhea-dis: text of machine code: host code in a `-d out_asm` log on stdin, or guest instructions given as words.
 *
 *   rhea-aarch64 -d in_asm,out_asm ./prog 2>&1 | rhea-dis
 *   rhea-dis -a aarch64 d503201f 910003fd
 *
 * A line "0xADDRESS: HEXBYTES" of a log is host code; all other lines are copied. Lines of one block are joined before
 * they are decoded, as an instruction may span two.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_CAPSTONE
#include <capstone.h>
#endif

#include "tcg/cpu-aarch64.h"
#include "tcg/cpu-riscv.h"

static const struct { const char *name; const TcgGuest *guest; } guests[] = {
    { "aarch64", &a64_guest },
    { "riscv64", &rv_guest },
};
#define NGUESTS (sizeof guests / sizeof *guests)

typedef struct HostCode {
    uint8_t bytes[1 << 16];
    size_t size;
    uint64_t start;
} HostCode;

static void print_bytes(uint64_t pc, const uint8_t *code, size_t n, const char *text)
{
    printf("0x%08llx:  ", (unsigned long long)pc);
    for (size_t i = 0; i < n; i++) {
        printf("%02x", code[i]);
    }
    printf("%*s %s\n", n < 12 ? (int)(24 - 2 * n) : 1, "", text);
}

/* Prints what was collected and forgets it. */
static void flush_host(HostCode *h)
{
    size_t done = 0;
#ifdef HAVE_CAPSTONE
    static csh handle;
    cs_insn *insn;

    if (h->size && !handle && cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
        handle = 0;
    }
    size_t n = h->size && handle ? cs_disasm(handle, h->bytes, h->size, h->start, 0, &insn) : 0;
    for (size_t i = 0; i < n; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s %s", insn[i].mnemonic, insn[i].op_str);
        print_bytes(insn[i].address, insn[i].bytes, insn[i].size, text);
        done += insn[i].size;
    }
    if (n) {
        cs_free(insn, n);
    }
#endif
    for (; done < h->size; done += 16) {        /* data after the code, or no disassembler */
        size_t n = h->size - done < 16 ? h->size - done : 16;
        print_bytes(h->start + done, h->bytes + done, n, ".bytes");
    }
    h->size = 0;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Adds the bytes of a line of host code; false: it is another kind of line. */
static bool add_line(HostCode *h, const char *line)
{
    char *p;

    if (strncmp(line, "0x", 2)) {
        return false;
    }
    uint64_t pc = strtoull(line, &p, 16);
    if (p[0] != ':' || p[1] != ' ' || digit(p[2]) < 0) {
        return false;
    }
    p += 2;
    size_t digits = strspn(p, "0123456789abcdef");
    if (digits % 2 || (p[digits] != '\n' && p[digits] != 0)) {
        return false;
    }
    if (h->size + digits / 2 > sizeof h->bytes || (h->size && pc != h->start + h->size)) {
        flush_host(h);
    }
    if (!h->size) {
        h->start = pc;
    }
    for (size_t i = 0; i + 1 < digits && h->size < sizeof h->bytes; i += 2) {
        h->bytes[h->size++] = (uint8_t)(digit(p[i]) << 4 | digit(p[i + 1]));
    }
    return true;
}

static int read_log(void)
{
    static HostCode host;
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        if (!add_line(&host, line)) {
            flush_host(&host);
            fputs(line, stdout);
        }
    }
    flush_host(&host);
    free(line);
    return 0;
}

/* Guest words: 8 digits are a 32-bit word, 4 a 16-bit one (as manuals and logs write them). */
static int print_word(const TcgGuest *g, const char *word, uint64_t *pc)
{
    char *end, text[128] = "";
    size_t digits = strlen(word);
    uint64_t v = strtoull(word, &end, 16);

    if (*end || (digits != 8 && (digits != 4 || g->insn_align != 2))) {
        fprintf(stderr, "rhea-dis: %s: give a word of 8%s hexadecimal digits\n", word,
                g->insn_align == 2 ? " or 4" : "");
        return 2;
    }
    uint8_t code[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };
    unsigned n = g->disas(code, digits / 2, *pc, text, sizeof text);
    printf("0x%08llx:  %s  %s\n", (unsigned long long)*pc, word, n ? text : "(incomplete)");
    *pc += digits / 2;
    return 0;
}

static int usage(int status)
{
    fprintf(status ? stderr : stdout,
            "usage: rhea-dis < LOG                        disassemble the host code in a -d out_asm log\n"
            "       rhea-dis -a ISA [-p ADDRESS] WORD...  disassemble guest instructions (ISA:");
    for (size_t i = 0; i < NGUESTS; i++) {
        fprintf(status ? stderr : stdout, " %s", guests[i].name);
    }
    fprintf(status ? stderr : stdout, ")\n");
    return status;
}

int main(int argc, char **argv)
{
    const TcgGuest *guest = NULL;
    uint64_t pc = 0;
    int i = 1, status = 0;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            return usage(0);
        } else if (!strcmp(argv[i], "--version")) {
            printf("rhea-dis version %s\n", PACKAGE_VERSION);
            return 0;
        } else if (!strcmp(argv[i], "-p") && i + 1 < argc) {
            pc = strtoull(argv[++i], NULL, 0);
        } else if (!strcmp(argv[i], "-a") && i + 1 < argc) {
            const char *name = argv[++i];
            for (size_t k = 0; k < NGUESTS; k++) {
                guest = !strcmp(guests[k].name, name) ? guests[k].guest : guest;
            }
            if (!guest) {
                fprintf(stderr, "rhea-dis: unknown guest %s\n", name);
                return 2;
            }
        } else {
            return usage(2);
        }
    }
    if (!guest) {
        return i < argc ? usage(2) : read_log();
    }
    for (; i < argc && !status; i++) {
        status = print_word(guest, argv[i], &pc);
    }
    return status;
}
