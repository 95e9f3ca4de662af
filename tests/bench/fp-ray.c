/* SPDX-License-Identifier: BSD-2-Clause */
/* Floats: spheres and a plane by ray casting with mirrors. Square roots, divisions, comparisons, conversions. */
#include <math.h>
#include <stdio.h>

typedef struct { float x, y, z; } Vec;
static const struct { Vec c; float r, mirror; } balls[] = {
    { { 0, 0, 5 }, 1, 0.5f }, { { 1.5f, 0.5f, 4 }, 0.5f, 0.3f }, { { -1.6f, -0.2f, 4.5f }, 0.8f, 0.7f },
    { { 0.3f, 1.4f, 3.8f }, 0.4f, 0.1f },
};
enum { W = 320, H = 240, BALLS = sizeof balls / sizeof *balls };

static Vec add(Vec a, Vec b, float k) { return (Vec){ a.x + b.x * k, a.y + b.y * k, a.z + b.z * k }; }
static float dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vec unit(Vec a) { return add((Vec){ 0, 0, 0 }, a, 1 / sqrtf(dot(a, a))); }

static int hit(Vec o, Vec d, float *t)
{
    int best = -1;

    for (int i = 0; i < BALLS; i++) {
        Vec oc = add(o, balls[i].c, -1);
        float b = dot(oc, d), c = dot(oc, oc) - balls[i].r * balls[i].r, q = b * b - c;
        if (q > 0) {
            float s = -b - sqrtf(q);
            if (s > 1e-3f && s < *t) *t = s, best = i;
        }
    }
    return best;
}

static float colour(Vec o, Vec d, int depth)
{
    static const Vec light = { 0.5f, 0.7f, -0.5f };
    float t = 1e30f;
    int i = hit(o, d, &t);

    if (i < 0) {
        if (d.y >= 0) return 0.3f + 0.5f * d.y;
        t = (-1 - o.y) / d.y;
        Vec p = add(o, d, t);
        int odd = ((int)floorf(p.x) + (int)floorf(p.z)) & 1;
        t = 1e30f;
        return (odd ? 0.8f : 0.2f) * (hit(p, light, &t) < 0 ? 1 : 0.4f);
    }
    Vec p = add(o, d, t), n = unit(add(p, balls[i].c, -1));
    float shade = fmaxf(dot(n, light), 0.1f);
    if (depth == 0) return shade;
    return shade * (1 - balls[i].mirror) + balls[i].mirror * colour(p, add(d, n, -2 * dot(d, n)), depth - 1);
}

int main(void)
{
    unsigned long long sum = 0;

    for (int frame = 0; frame < 8; frame++) {
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                Vec d = unit((Vec){ (x - W / 2) / (float)H, (H / 2 - y) / (float)H, 1 });
                float c = colour((Vec){ frame * 0.1f, 0, 0 }, d, 3);
                sum = sum * 31 + (unsigned)(int)(fminf(c, 1.0f) * 63);
            }
        }
    }
    printf("%016llx\n", sum);
    return 0;
}
