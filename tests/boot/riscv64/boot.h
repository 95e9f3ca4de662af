/* SPDX-License-Identifier: BSD-2-Clause */
/* What bare-metal tests share: console, traps that are recorded, calls in another mode. Runs on tests/boot/host.c
 * and on QEMU's board virt. A test prints a line per check; the last line is "done" with the number of those that
 * failed. */
#ifndef TESTS_BOOT_H
#define TESTS_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t u64;

enum { U = 0, S = 1, M = 3 };

typedef struct Trap {
    u64 cause, epc, tval, status;
    unsigned count;
    unsigned mode;              /* that took it */
} Trap;

extern Trap trap;               /* the last one, of hart 0 */
extern u64 skip_to;             /* where to go on after the next trap; 0: behind the instruction */
extern u64 (*on_interrupt)(u64 cause);     /* of any hart, if set */

void print(const char *s);
void print_hex(u64 v);
void check(const char *name, bool good);
void is(const char *name, u64 have, u64 want);
void finish(void) __attribute__((noreturn));

/* The trap since the last call of this was exactly one, with these. */
void trapped(const char *name, unsigned mode, u64 cause, u64 epc, u64 tval);
void no_trap(const char *name);

/* fn(arg) in a mode. */
u64 call_in(unsigned mode, u64 (*fn)(u64), u64 arg);

void hart_main(u64 hart);       /* the test's; harts beside 0 call it too */
void boot_init(void);           /* hart 0 first */

#define csr_read(r) ({ u64 v_; __asm__ volatile("csrr %0, " #r : "=r"(v_) : : "memory"); v_; })
#define csr_write(r, v) __asm__ volatile("csrw " #r ", %0" : : "rK"((u64)(v)) : "memory")
#define csr_set(r, v) __asm__ volatile("csrs " #r ", %0" : : "rK"((u64)(v)) : "memory")
#define csr_clear(r, v) __asm__ volatile("csrc " #r ", %0" : : "rK"((u64)(v)) : "memory")
#define csr_swap(r, v) ({ u64 v_; __asm__ volatile("csrrw %0, " #r ", %1" : "=r"(v_) : "r"((u64)(v)) : "memory"); v_; })

/* One instruction whose address is known. */
#define AT(pc, text, ...) \
    __asm__ volatile("la %0, 77f\n77: " text : "=&r"(pc) : __VA_ARGS__)

#define USER __attribute__((section(".user")))

#endif
