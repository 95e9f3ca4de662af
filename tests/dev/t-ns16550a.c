/* SPDX-License-Identifier: BSD-2-Clause */
/* NS16550A by its data sheet. [PC16550D] */
#include "harness.h"

#include "back/char/char.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/reset.h"

#define GPA UINT64_C(0x10000000)

extern const DevType sys_ns16550a;

/* A back end that the test plays. */
typedef struct Line {
    SysChar c;
    guint8 out[64];
    guint n, takes;
} Line;

static gboolean open_line(SysChar *c, GError **err)
{
    return TRUE;
}

static void close_line(SysChar *c)
{
}

static guint write_line(SysChar *c, const guint8 *data, guint n)
{
    Line *l = (Line *)c;

    n = MIN(n, l->takes);
    memcpy(l->out + l->n, data, n);
    l->n += n;
    l->takes -= n;
    return n;
}

static const SysCharType line_type = {
    .obj = { .name = "line", .text = OBJ_TEXT("The test's end of a line."), .parent = &sys_char_type,
             .size = sizeof(Line) },
    .open = open_line, .close = close_line, .write = write_line,
};

static DevBoard *b;
static Line *line;
static DevFakeProbe *probe;
static guint shift;

static guint rd(guint reg)
{
    return (guint)dev_fake_load(b, GPA + (reg << shift), 1);
}

static void wr(guint reg, guint value)
{
    dev_fake_store(b, GPA + (reg << shift), 1, value);
}

static gboolean irq(void)
{
    return dev_irq_level(&probe->dev, "in", 0);
}

static void start(void)
{
    g_autoptr(Obj) o = obj_new(&line_type.obj);

    b = dev_fake_new(DEV_CLOCK_INSNS);
    line = (Line *)o;
    line->takes = 64;
    obj_add_child(obj_child(b->root, "chardevs"), "line", o, NULL);
    sys_char_open(&line->c, NULL);
    Dev *u = dev_fake_add(b, &sys_ns16550a, "uart", GPA);
    obj_prop_set_uint(&u->obj, "reg-shift", shift, NULL);
    obj_prop_set_text(&u->obj, "chardev", "line", NULL);
    probe = dev_fake_probe(b);
    dev_irq_connect(u, "irq", 0, &probe->dev, "in", 0, FALSE, NULL);
    gboolean good = dev_realize(&b->dev, NULL);
    g_assert(good);
    dev_clock_start(b->clock);
}

static void end(void)
{
    dev_board_free(b);
}

static void input(const char *text)
{
    guint n = (guint)strlen(text), room = sys_char_room(&line->c);

    sys_char_input(&line->c, (const guint8 *)text, MIN(n, room));
}

static void test_reset_values(void)
{
    start();
    is(rd(1), 0, "IER is 0 [PC16550D table III]");
    is(rd(2), 1, "IIR says nothing is pending");
    is(rd(3), 0, "LCR is 0");
    is(rd(4), 0, "MCR is 0");
    is(rd(5), 0x60, "LSR: transmitter empty");
    is(rd(6), 0xb0, "MSR: a peer that is ready, no changes");
    wr(3, 0x80);
    wr(0, 0x34);
    wr(1, 0x12);
    is(rd(0) | rd(1) << 8, 0x1234, "the divisor latches are behind DLAB");
    wr(3, 3);
    is(rd(1), 0, "and IER in front");
    wr(7, 0xa5);
    is(rd(7), 0xa5, "SCR keeps a byte");
    wr(5, 0);
    wr(6, 0xff);
    ok(rd(5) == 0x60 && rd(6) == 0xb0, "LSR and MSR cannot be written");
    end();
}

static void test_send(void)
{
    start();
    wr(3, 3);
    wr(0, 'A');
    ok(line->n == 1 && line->out[0] == 'A' && rd(5) == 0x60, "a byte is sent at once");
    ok(!irq(), "without interrupt");
    wr(1, 2);
    ok(irq() && rd(2) == 2, "enabling it tells that the transmitter is empty");
    ok(!irq() && rd(2) == 1, "reading IIR takes it away");
    wr(0, 'B');
    ok(irq() && rd(2) == 2 && !irq(), "it comes again after the next byte");
    line->takes = 0;
    wr(0, 'C');
    ok(rd(5) == 0 && line->n == 2, "while the back end is full the transmitter is not empty");
    ok(!irq(), "and does not interrupt");
    line->takes = 64;
    sys_char_writable(&line->c);
    ok(line->n == 3 && line->out[2] == 'C' && rd(5) == 0x60 && irq(), "until it goes on");
    wr(2, 1);
    line->takes = 0;
    for (guint i = 0; i < 16; i++) {
        wr(0, 'a' + i);
    }
    line->takes = 20;
    sys_char_writable(&line->c);
    ok(line->n == 19 && !memcmp(line->out + 3, "abcdefghijklmnop", 16), "the FIFO holds 16");
    wr(3, 0);
    wr(0, 0xff);
    is(line->out[19], 0xff, "all bits are sent, also while LCR says five");
    end();
}

static void test_receive(void)
{
    start();
    wr(1, 1);
    input("xy");
    ok(irq() && rd(2) == 4 && (rd(5) & 1), "without FIFOs one byte comes");
    is(sys_char_room(&line->c), 0, "and the next waits in the back end");
    is(rd(0), 'x', "it is read");
    ok(!irq() && !(rd(5) & 1), "and gone");
    is(rd(0), 0, "reading nothing gives nothing");
    wr(2, 0x41);
    is(rd(2), 0xc1, "IIR shows the FIFOs");
    input("abc");
    ok(!irq(), "below the trigger level of four");
    dev_fake_wait(b, 4 * 10 * 16 * 12 * INT64_C(1000000000) / 3686400 + 1000);
    ok(irq() && rd(2) == 0xcc, "the character timeout comes");
    is(rd(0), 'a', "reading takes it away");
    is(rd(2), 0xc1, "and it runs anew");
    input("de");
    is(rd(2), 0xc4, "the trigger level is reached");
    for (guint i = 0; i < 3; i++) {
        rd(0);
    }
    is(rd(2), 0xc1, "no more");
    input("0123456789012345");
    ok(sys_char_room(&line->c) == 0, "sixteen fit");
    wr(2, 0x43);
    ok(!(rd(5) & 1) && sys_char_room(&line->c) == 16, "FCR clears them");
    end();
}

static void test_break(void)
{
    start();
    sys_char_event(&line->c, SYS_CHAR_BREAK);
    is(rd(5) & 0x11, 0x11, "a break: its flag, with a byte");
    is(rd(5) & 0x11, 0x01, "reading clears the flag");
    is(rd(0), 0, "the byte is zero");
    end();
}

static void test_loop(void)
{
    start();
    wr(4, 0x10);
    is(rd(6) & 0xf0, 0, "in loop-back the inputs are the outputs [PC16550D 8.6.5]");
    wr(4, 0x1f);
    is(rd(6) & 0xf0, 0xf0, "all of them");
    wr(4, 0x10 | 2);
    is(rd(6), 0x10 | 0x0e, "changes are noted, RI's only when it ends");
    is(rd(6), 0x10, "once");
    wr(1, 8);
    wr(4, 0x10);
    ok(irq() && rd(2) == 0, "and interrupt as modem status");
    rd(6);
    ok(!irq(), "until MSR is read");
    is(sys_char_room(&line->c), 0, "the back end is cut off");
    wr(3, 3);
    wr(0, 'L');
    ok(rd(0) == 'L' && line->n == 0, "bytes come back");
    wr(0, '1');
    wr(0, '2');
    wr(1, 4);
    ok(irq() && rd(2) == 6, "a byte too many is a line error");
    is(rd(5) & 3, 3, "overrun");
    ok(!(rd(5) & 2) && !irq(), "cleared by reading LSR");
    is(rd(0), '2', "without FIFOs the newer byte stays");
    end();
}

/* Line status before data before transmitter before modem. [PC16550D table IV] */
static void test_priority(void)
{
    start();
    wr(3, 3);
    wr(4, 0x10);
    rd(6);
    wr(0, '1');
    wr(0, '2');
    wr(4, 0x11);
    wr(1, 15);
    is(rd(2), 6, "line status first");
    rd(5);
    is(rd(2), 4, "then data");
    rd(0);
    is(rd(2), 2, "then the transmitter");
    is(rd(2), 0, "then modem status");
    rd(6);
    is(rd(2), 1, "then nothing");
    end();
}

static void test_life(void)
{
    g_autoptr(GError) err = NULL;

    start();
    wr(2, 1);
    wr(1, 1);
    input("abc");
    ok(irq(), "busy");
    dev_reset(&b->dev, DEV_RESET_WARM);
    ok(!irq() && rd(5) == 0x60 && rd(1) == 0, "reset");
    Obj *uart = obj_child(&b->dev.obj, "uart");
    SysChar *ring = sys_char_new(obj_child(b->root, "chardevs"), "ringbuf,id=ring,size=16", &err);
    ok(ring && obj_prop_set_text(uart, "chardev", "ring", &err),
       "the back end is replaced while it runs");
    ok(!line->c.front && ring->front, "the old one is free");
    wr(3, 3);
    wr(0, 'R');
    guint8 byte = 0;
    ok(sys_char_ringbuf_read(ring, &byte, 1) == 1 && byte == 'R', "bytes go to the new one");
    ok(!obj_prop_set_text(uart, "reg-shift", "2", &err), "the layout cannot change");
    g_clear_error(&err);
    obj_unparent(uart);
    ok(!ring->front, "and when the UART goes, it is free as well");
    end();
}

int main(void)
{
    dev_lock_take();
    for (shift = 0; shift <= 2; shift += 2) {
        test_reset_values();
        test_send();
        test_receive();
        test_break();
        test_loop();
        test_priority();
        test_life();
    }
    dev_lock_drop();
    return tap_done();
}
