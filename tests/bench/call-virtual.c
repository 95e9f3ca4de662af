/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls: through pointers in objects, as virtual functions are. */
#include <stdio.h>

typedef struct Node Node;
struct Node { unsigned (*const *vt)(Node *, unsigned); unsigned v; Node *next; };

static unsigned add(Node *n, unsigned x) { return x + n->v; }
static unsigned xor(Node *n, unsigned x) { return x ^ n->v; }
static unsigned mul(Node *n, unsigned x) { return x * (n->v | 1); }
static unsigned rot(Node *n, unsigned x) { return x << (n->v & 7) | x >> 24; }
static unsigned (*const vt[4][1])(Node *, unsigned) = { { add }, { xor }, { mul }, { rot } };

int main(void)
{
    static Node nodes[64];
    unsigned x = 1;
    for (unsigned i = 0; i < 64; i++) nodes[i] = (Node){ vt[i * 7 / 3 % 4], i * 2654435761u, &nodes[(i * 5 + 3) % 64] };
    Node *n = nodes;
    for (long i = 0; i < 60000000; i++, n = n->next) x = n->vt[0](n, x);
    printf("%u\n", x);
    return 0;
}
