/* SPDX-License-Identifier: BSD-2-Clause */
/* A program in supervisor mode that calls the built-in firmware: first calls whose answers are known [SBI 2.0], then many
 * with arguments of all kinds.  Prints "ok" or "bad N" (the row), then "done"; ends by SRST. */
    .option norvc
    .globl _start
_start:
    la      sp, stack
    bnez    a0, 1f              /* hart 0 begins, a1 is the device tree */
    beqz    a1, 1f
    lw      t0, (a1)
    li      t1, 0xedfe0dd0
    slli    t0, t0, 32
    srli    t0, t0, 32
    bne     t0, t1, 1f
    j       2f
1:  li      s1, 99
    j       bad

    /* Rows: eid, fid, a0, a1, a2, error, value, 1 if the value counts, a3. */
2:  la      s0, rows
    li      s1, 0
3:  ld      a7, 0(s0)
    li      t0, -1
    beq     a7, t0, fuzz
    ld      a6, 8(s0)
    ld      a0, 16(s0)
    ld      a1, 24(s0)
    ld      a2, 32(s0)
    ld      a3, 64(s0)
    ecall
    ld      t0, 40(s0)
    bne     a0, t0, bad
    ld      t0, 56(s0)
    beqz    t0, 4f
    ld      t0, 48(s0)
    bne     a1, t0, bad
4:  addi    s0, s0, 72
    addi    s1, s1, 1
    j       3b

fuzz:
    la      a0, text_ok
    jal     print
    li      s0, 88172645463325252
    li      s2, 20000
5:  jal     random
    andi    t0, s0, 15
    slli    t0, t0, 3
    la      t1, eids
    add     t1, t1, t0
    ld      a7, (t1)
    jal     random
    srli    a6, s0, 60
    li      t0, 0x48534d        /* HSM: not stop and suspend, which would end the program */
    bne     a7, t0, 6f
    andi    a6, a6, 2
6:  jal     random
    mv      a0, s0
    jal     random
    mv      a1, s0
    andi    t0, s0, 1
    beqz    t0, 7f
    srli    a0, a0, 61
    srli    a1, a1, 58
7:  jal     random
    mv      a2, s0
    mv      a3, s0
    li      t0, 0x4442434e      /* DBCN: up to 7 bytes */
    bne     a7, t0, 8f
    li      a6, 1
8:  ecall
    addi    s2, s2, -1
    bnez    s2, 5b
    la      a0, text_done
    jal     print
    li      a7, 0x53525354
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
9:  j       9b

bad:
    la      a0, text_bad
    jal     print
    li      t0, 10
    divu    a0, s1, t0
    addi    a0, a0, '0'
    li      a7, 1
    ecall
    li      t0, 10
    remu    a0, s1, t0
    addi    a0, a0, '0'
    ecall
    li      a7, 8
    ecall

print:      /* a0: text; by the debug console: number of bytes, address */
    mv      t2, a0
    mv      t3, a0
1:  lbu     t0, (t3)
    addi    t3, t3, 1
    bnez    t0, 1b
    sub     a0, t3, t2
    addi    a0, a0, -1
    mv      a1, t2
    li      a2, 0
    li      a6, 0
    li      a7, 0x4442434e
    ecall
    ret

random:
    slli    t0, s0, 13
    xor     s0, s0, t0
    srli    t0, s0, 7
    xor     s0, s0, t0
    slli    t0, s0, 17
    xor     s0, s0, t0
    ret

    .balign 8
#define ROW4(eid, fid, a, b, c, d, error, value, counts) .dword eid, fid, a, b, c, error, value, counts, d
#define ROW(eid, fid, a, b, c, error, value, counts) ROW4(eid, fid, a, b, c, 0, error, value, counts)
#define PMU(fid, a, b, c, d, error, value, counts) ROW4(0x504d55, fid, a, b, c, d, error, value, counts)
rows:
    ROW(0x10, 0, 0, 0, 0, 0, 0x02000000, 1)             /* version 2.0 */
    ROW(0x10, 3, 0x54494d45, 0, 0, 0, 1, 1)             /* TIME is there */
    ROW(0x10, 3, 0x735049, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x52464e43, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x48534d, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x53525354, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x4442434e, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x53555350, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x504d55, 0, 0, 0, 1, 1)
    ROW(0x10, 3, 0x53544100, 0, 0, 0, 0, 1)             /* an extension that is not there */
    ROW(0x10, 4, 0, 0, 0, 0, 0, 1)                      /* mvendorid */
    ROW(0x10, 7, 0, 0, 0, -2, 0, 0)
    ROW(0x54494d45, 0, -1, 0, 0, 0, 0, 0)
    ROW(0x54494d45, 1, 0, 0, 0, -2, 0, 0)
    ROW(0x735049, 0, 1, 0, 0, 0, 0, 0)                  /* to hart 0 */
    ROW(0x735049, 0, 0, -1, 0, 0, 0, 0)                 /* to all */
    ROW(0x735049, 0, 2, 0, 0, -3, 0, 0)                 /* there is one hart */
    ROW(0x735049, 0, 1, 1, 0, -3, 0, 0)
    ROW(0x735049, 0, 0, 5, 0, 0, 0, 0)                  /* to none */
    ROW(0x52464e43, 0, 1, 0, 0, 0, 0, 0)
    ROW(0x52464e43, 1, 1, 0, 0, 0, 0, 0)
    ROW(0x52464e43, 2, 0, -1, 0, 0, 0, 0)
    ROW(0x52464e43, 1, 4, 0, 0, -3, 0, 0)
    ROW(0x52464e43, 3, 1, 0, 0, -2, 0, 0)               /* fences of guests of guests */
    ROW(0x48534d, 0, 0, 0, 0, -6, 0, 0)                 /* hart 0 runs */
    ROW(0x48534d, 0, 1, 0, 0, -3, 0, 0)                 /* hart 1 is not there */
    ROW(0x48534d, 2, 0, 0, 0, 0, 0, 1)                  /* started */
    ROW(0x48534d, 2, 7, 0, 0, -3, 0, 0)
    ROW(0x48534d, 3, 5, 0, 0, -3, 0, 0)                 /* a kind of suspend that is reserved */
    ROW(0x53555350, 0, 1, 0, 0, -3, 0, 0)               /* likewise of the system's */
    ROW(0x53555350, 1, 0, 0, 0, -2, 0, 0)
    ROW(0x53525354, 0, 3, 0, 0, -3, 0, 0)               /* a kind of reset that is reserved */
    ROW(0x53525354, 0, 0, 2, 0, -3, 0, 0)
    ROW(0x53525354, 1, 0, 0, 0, -2, 0, 0)
    ROW(0x4442434e, 0, 8, 0x40, 0, -3, 0, 0)            /* no memory there */
    ROW(0x4442434e, 0, 8, 0x80200000, 1, -3, 0, 0)
    ROW(0x4442434e, 1, 8, 0x80300000, 0, 0, 0, 1)       /* nothing to read */
    ROW(0x4442434e, 9, 0, 0, 0, -2, 0, 0)
    PMU(0, 0, 0, 0, 0, 0, 19, 1)                        /* counters */
    PMU(1, 0, 0, 0, 0, 0, 0x3fc00, 1)                   /* 0: cycle, 64 bits */
    PMU(1, 1, 0, 0, 0, -3, 0, 0)                        /* 1 would be the time */
    PMU(1, 2, 0, 0, 0, 0, 0x3fc02, 1)                   /* 2: instret */
    PMU(1, 18, 0, 0, 0, 0, 1 << 63, 1)                  /* 18: the firmware's */
    PMU(1, 19, 0, 0, 0, -3, 0, 0)
    PMU(1, -1, 0, 0, 0, -3, 0, 0)
    PMU(4, 0, 0x7fffd, 1, 0, -8, 0, 0)                  /* none runs */
    PMU(3, 0, 1, 0, 0, -3, 0, 0)                        /* nor is configured */
    PMU(2, 0, 0x7fffd, 2, 1, 0, 0, 1)                   /* cycles: counter 0, cleared */
    PMU(2, 0, 0x7fffd, 2, 1, -2, 0, 0)                  /* which is not free any more */
    PMU(2, 0, 0x7fffd, 6, 2, 0, 2, 1)                   /* instructions: counter 2, started */
    PMU(2, 0, 0x7ffff, 0, 2, -3, 0, 0)                  /* counter 1 is not there */
    PMU(2, 3, 0xffff, 0, 3, -2, 0, 0)                   /* references of caches: no */
    PMU(2, 3, 0xffff, 0, 0x10000, -2, 0, 0)
    PMU(2, 3, 0xffff, 0, 0x20000, -2, 0, 0)             /* raw events: no */
    PMU(2, 3, 0xffff, 0, 0xf0016, -2, 0, 0)             /* an event of the firmware that is reserved */
    PMU(2, 3, 0xffff, 0x100, 0xf0005, -3, 0, 0)         /* a flag that is reserved */
    PMU(2, 3, 0xffff, 6, 0xf0005, 0, 3, 1)              /* set_timer: counter 3, started */
    PMU(5, 3, 0, 0, 0, 0, 0, 1)                         /* none yet */
    ROW(0x54494d45, 0, -1, 0, 0, 0, 0, 0)
    ROW(0x54494d45, 0, -1, 0, 0, 0, 0, 0)
    PMU(5, 3, 0, 0, 0, 0, 2, 1)
    PMU(6, 3, 0, 0, 0, 0, 0, 1)
    PMU(3, 3, 1, 0, 0, -7, 0, 0)                        /* it runs */
    PMU(4, 3, 1, 0, 0, 0, 0, 0)
    ROW(0x54494d45, 0, -1, 0, 0, 0, 0, 0)
    PMU(5, 3, 0, 0, 0, 0, 2, 1)                         /* it stands */
    PMU(4, 3, 1, 2, 0, -2, 0, 0)                        /* snapshots: no */
    PMU(3, 3, 1, 2, 0, -2, 0, 0)
    PMU(7, -1, -1, 0, 0, -2, 0, 0)
    PMU(3, 3, 1, 1, 40, 0, 0, 0)                        /* started with a value */
    ROW(0x54494d45, 0, -1, 0, 0, 0, 0, 0)
    PMU(5, 3, 0, 0, 0, 0, 41, 1)
    PMU(2, 3, 1, 3, 0, 0, 3, 1)                         /* cleared without a search */
    PMU(5, 3, 0, 0, 0, 0, 0, 1)
    PMU(5, 0, 0, 0, 0, -3, 0, 0)                        /* no counter of the firmware */
    PMU(4, 3, 1, 1, 0, 0, 0, 0)                         /* given back */
    PMU(5, 3, 0, 0, 0, -3, 0, 0)
    PMU(4, 2, 1, 1, 0, 0, 0, 0)
    PMU(4, 0, 1, 1, 0, -8, 0, 0)                        /* was never started: given back all the same */
    PMU(2, 0, 1, 2, 1, 0, 0, 1)
    PMU(4, 0, 1, 1, 0, -8, 0, 0)
    PMU(8, 0, 0, 0, 0, -2, 0, 0)
    ROW(0x12345678, 0, 0, 0, 0, -2, 0, 0)
    ROW(0, 0, -1, 0, 0, 0, 0, 0)                        /* legacy: set_timer */
    ROW(2, 0, 0, 0, 0, -1, 0, 0)                        /* getchar: none */
    ROW(3, 0, 0, 0, 0, 0, 0, 0)
    ROW(5, 0, 0, 0, 0, 0, 0, 0)
    ROW(6, 0, 0, 0, 0, 0, 0, 0)
    .dword  -1
eids:
    .dword  0x10, 0x54494d45, 0x735049, 0x52464e43, 0x48534d, 0x4442434e, 0x504d55, 0x12345678
    .dword  0, 2, 3, 4, 5, 6, 7, 0x52464e43
text_ok:    .asciz "ok\n"
text_bad:   .asciz "bad "
text_done:  .asciz "done\n"
    .balign 16
    .skip   4096
stack:
