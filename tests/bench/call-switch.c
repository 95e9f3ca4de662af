/* SPDX-License-Identifier: BSD-2-Clause */
/* Dispatch: a bytecode interpreter with one switch. The program counts primes below a limit. */
#include <stdint.h>
#include <stdio.h>

enum { SET, ADD, SUB, MOD, JNZ, JLT, INC, MOV, MUL, JMP, HALT };
typedef struct { uint8_t op, a, b; int32_t c; } Ins;

static const Ins program[] = {
    { SET, 0, 0, 2 }, { SET, 5, 0, 0 }, { SET, 6, 0, 30000 },       /* 0: n := 2, count := 0, limit */
    { SET, 1, 0, 2 },                                               /* 3: d := 2 */
    { MOV, 2, 1, 0 }, { MUL, 2, 1, 0 }, { JLT, 0, 2, 11 },          /* 4: while d * d <= n */
    { MOV, 3, 0, 0 }, { MOD, 3, 1, 0 }, { JNZ, 3, 0, 13 },          /* 7: n mod d */
    { JMP, 0, 0, 12 },
    { INC, 5, 0, 0 },                                               /* 11: a prime */
    { INC, 0, 0, 0 }, /* 12 */
    { JMP, 0, 0, 0 },
};

static long run(void)
{
    int64_t r[8] = { 2, 2, 0, 0, 0, 0, 30000, 0 };
    long steps = 0;
    for (int pc = 3;;) {
        const Ins *i = &program[pc++];
        steps++;
        switch (i->op) {
        case SET: r[i->a] = i->c; break;
        case ADD: r[i->a] += r[i->b]; break;
        case SUB: r[i->a] -= r[i->b]; break;
        case MUL: r[i->a] *= r[i->b]; break;
        case MOD: r[i->a] = (int32_t)r[i->a] % (int32_t)r[i->b]; break;
        case MOV: r[i->a] = r[i->b]; break;
        case JNZ:
            if (r[i->a]) { r[1]++; pc = 4; }
            break;
        case JLT:
            if (r[i->a] < r[i->b]) pc = i->c;
            break;
        case INC:
            r[i->a]++;
            if (i->a == 0) {
                if (r[0] >= r[6]) return steps + r[5];
                pc = 3;
            }
            break;
        case JMP: pc = i->c; break;
        case HALT: return steps;
        }
    }
}

int main(void)
{
    long n = 0;
    for (int i = 0; i < 25; i++) n += run();
    printf("%ld\n", n);
    return 0;
}
