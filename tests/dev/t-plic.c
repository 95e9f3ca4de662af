/* SPDX-License-Identifier: BSD-2-Clause */
/* PLIC by its specification, and against a slow model in a random walk. [PLIC 1.0.0] */
#include "harness.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/reset.h"

#define GPA UINT64_C(0xc000000)
#define SOURCES 40
#define CONTEXTS 3

extern const DevType sys_plic;

static DevBoard *b;
static DevFakeProbe *probe;

static uint32_t rd(uint64_t offset)
{
    return (uint32_t)dev_fake_load(b, GPA + offset, 4);
}

static void wr(uint64_t offset, uint32_t value)
{
    dev_fake_store(b, GPA + offset, 4, value);
}

static gboolean ext(guint context)
{
    return dev_irq_level(&probe->dev, "in", context);
}

static void raise_to(guint n, gboolean level)
{
    dev_irq_set(&probe->out[n], level);
}

#define ENABLE(c, w) (0x2000 + 0x80 * (c) + 4 * (w))
#define THRESHOLD(c) (0x200000 + 0x1000 * (c))
#define CLAIM(c) (THRESHOLD(c) + 4)

static void start(void)
{
    b = dev_fake_new(DEV_CLOCK_INSNS);
    probe = dev_fake_probe(b);
    Dev *d = dev_fake_add(b, &sys_plic, "plic", GPA);
    obj_prop_set_uint(&d->obj, "num-sources", SOURCES, NULL);
    obj_prop_set_uint(&d->obj, "num-contexts", CONTEXTS, NULL);
    for (guint i = 1; i <= SOURCES; i++) {
        dev_irq_connect(&probe->dev, "out", i, d, "in", i, FALSE, NULL);
    }
    for (guint i = 0; i < CONTEXTS; i++) {
        dev_irq_connect(d, "out", i, &probe->dev, "in", i, FALSE, NULL);
    }
    gboolean good = dev_realize(&b->dev, NULL);
    g_assert(good);
}

static void test_registers(void)
{
    start();
    wr(4 * 5, 0xffffffff);
    is(rd(4 * 5), 7, "priorities keep the bits there are");
    wr(0, 7);
    is(rd(0), 0, "source 0 does not exist");
    wr(4 * (SOURCES + 1), 7);
    is(rd(4 * (SOURCES + 1)), 0, "nor one above the last");
    wr(ENABLE(1, 0), 0xffffffff);
    wr(ENABLE(1, 1), 0xffffffff);
    wr(ENABLE(1, 2), 0xffffffff);
    is(rd(ENABLE(1, 0)), 0xfffffffe, "enable bits are those of sources that exist");
    is(rd(ENABLE(1, 1)), 0x1ff, "to the last");
    is(rd(ENABLE(1, 2)), 0, "and no further");
    wr(THRESHOLD(2), 0xff);
    is(rd(THRESHOLD(2)), 7, "thresholds too");
    is(rd(ENABLE(CONTEXTS, 0)), 0, "no context, no register");
    wr(0x1000, 0xffffffff);
    is(rd(0x1000), 0, "pending bits cannot be written");
    uint64_t v;
    ok(dev_mem_load(b->space, GPA, 1, &v) == DEV_TX_REFUSED &&
           dev_mem_load(b->space, GPA, 8, &v) == DEV_TX_REFUSED,
       "only words are taken");
    dev_board_free(b);
}

static void test_gateway(void)
{
    start();
    wr(4 * 3, 1);
    wr(ENABLE(0, 0), 1 << 3);
    raise_to(3, TRUE);
    ok(ext(0) && !ext(1) && rd(0x1000) == 1 << 3, "a request is pending");
    raise_to(3, FALSE);
    ok(ext(0) && rd(0x1000) == 1 << 3, "and stays when its line falls [PLIC 7]");
    is(rd(CLAIM(0)), 3, "it is claimed");
    ok(!ext(0) && rd(0x1000) == 0, "and no longer pending");
    raise_to(3, TRUE);
    ok(!ext(0), "the gateway is closed until completion");
    is(rd(CLAIM(0)), 0, "nothing to claim");
    wr(CLAIM(1), 3);
    ok(!ext(0), "a context that has not enabled it cannot complete it [PLIC 10]");
    wr(CLAIM(0), 3);
    ok(ext(0), "completion opens it: the line is still high");
    is(rd(CLAIM(0)), 3, "claimed again");
    raise_to(3, FALSE);
    wr(CLAIM(0), 3);
    ok(!ext(0), "complete, and the line is low");
    wr(CLAIM(0), 1000000);
    wr(CLAIM(0), 0);
    ok(!ext(0), "completing what is not there does nothing");
    dev_board_free(b);
}

static void test_priority(void)
{
    start();
    wr(4 * 2, 2);
    wr(4 * 9, 5);
    wr(4 * 33, 5);
    wr(4 * 10, 0);
    wr(ENABLE(0, 0), 1 << 2 | 1 << 9 | 1 << 10);
    wr(ENABLE(0, 1), 1 << 1);
    for (guint i = 0; i < 4; i++) {
        raise_to((const guint[]){ 2, 33, 9, 10 }[i], TRUE);
    }
    is(rd(CLAIM(0)), 9, "of the same priority the lowest number");
    is(rd(CLAIM(0)), 33, "then the other");
    wr(THRESHOLD(0), 2);
    ok(!ext(0), "a threshold hides what is not above it");
    is(rd(CLAIM(0)), 2, "from the line, not from claims [PLIC 9]");
    is(rd(CLAIM(0)), 0, "priority 0 is never");
    dev_board_free(b);
}

static void test_reset(void)
{
    start();
    wr(4 * 3, 1);
    wr(ENABLE(0, 0), 1 << 3);
    raise_to(3, TRUE);
    rd(CLAIM(0));
    dev_reset(&b->dev, DEV_RESET_COLD);
    ok(!ext(0) && rd(4 * 3) == 0 && rd(0x1000) == 1 << 3,
       "after reset the line that is high asks again");
    dev_board_free(b);
}

/* --- a slow model ---------------------------------------------------------------------------- */
typedef struct Model {
    guint prio[SOURCES + 1], threshold[CONTEXTS];
    gboolean level[SOURCES + 1], pending[SOURCES + 1], busy[SOURCES + 1],
        enable[CONTEXTS][SOURCES + 1];
} Model;

static guint model_best(const Model *m, guint c, guint above)
{
    guint hit = 0;

    for (guint n = 1; n <= SOURCES; n++) {
        if (m->pending[n] && m->enable[c][n] && m->prio[n] > above) {
            hit = n;
            above = m->prio[n];
        }
    }
    return hit;
}

static void model_gate(Model *m, guint n)
{
    if (m->level[n] && !m->busy[n]) {
        m->busy[n] = m->pending[n] = TRUE;
    }
}

static void test_random(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(4);
    Model m = { 0 };
    guint wrong = 0;

    start();
    for (guint i = 0; i < 30000; i++) {
        guint n = (guint)g_rand_int_range(r, 1, SOURCES + 1),
              c = (guint)g_rand_int_range(r, 0, CONTEXTS);
        switch (g_rand_int_range(r, 0, 6)) {
        case 0:
            m.level[n] = !m.level[n];
            raise_to(n, m.level[n]);
            model_gate(&m, n);
            break;
        case 1:
            m.prio[n] = g_rand_int(r) & 7;
            wr(4 * n, m.prio[n]);
            break;
        case 2:
            m.enable[c][n] = !m.enable[c][n];
            wr(ENABLE(c, n / 32), rd(ENABLE(c, n / 32)) ^ 1u << n % 32);
            break;
        case 3:
            m.threshold[c] = g_rand_int(r) & 3;
            wr(THRESHOLD(c), m.threshold[c]);
            break;
        case 4: {
            guint hit = model_best(&m, c, 0);
            wrong += rd(CLAIM(c)) != hit;
            m.pending[hit] = FALSE;
            break;
        }
        default:
            if (m.enable[c][n] && !m.pending[n]) {
                m.busy[n] = FALSE;
                model_gate(&m, n);
            }
            wr(CLAIM(c), n);
        }
        for (c = 0; c < CONTEXTS; c++) {
            wrong += ext(c) != (model_best(&m, c, m.threshold[c]) != 0);
        }
    }
    is(wrong, 0, "30000 random steps as a slow model takes them");
    dev_board_free(b);
}

int main(void)
{
    dev_lock_take();
    test_registers();
    test_gateway();
    test_priority();
    test_reset();
    test_random();
    dev_lock_drop();
    return tap_done();
}
