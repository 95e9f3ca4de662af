/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NS16550A UART.  [PC16550D: National Semiconductor, PC16550D data sheet, June 1995]
 *
 * Bytes are sent at once, as fast as the back end takes them; the divisor only sets the character timeout.
 * DEVIATION: all 8 bits are sent, whatever length LCR says: it says 5 after reset, and programs for emulators print
 * without setting it.
 */
#include "back/char/char.h"

#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

#define FIFO 16
#define CHARS_OF_TIMEOUT 4      /* [PC16550D 8.6.1] */

enum {
    IER_RX = 1,
    IER_TX = 2,
    IER_LINE = 4,
    IER_MODEM = 8,
    IIR_NONE = 1,
    IIR_TX = 2,
    IIR_RX = 4,
    IIR_LINE = 6,
    IIR_TIMEOUT = 12,
    IIR_MODEM = 0,
    IIR_FIFOS = 0xc0,
    FCR_ON = 1,
    FCR_CLEAR_RX = 2,
    FCR_CLEAR_TX = 4,
    LCR_DLAB = 0x80,
    MCR_DTR = 1,
    MCR_RTS = 2,
    MCR_OUT1 = 4,
    MCR_OUT2 = 8,
    MCR_LOOP = 0x10,
    LSR_DR = 1,
    LSR_OE = 2,
    LSR_BI = 16,
    LSR_ERRORS = 0x1e,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80,
};

typedef struct Uart {
    DevSys sys;
    uint8_t ier, lcr, mcr, lsr, msr, scr, fcr;
    uint16_t divisor;
    uint8_t rx[FIFO], tx[FIFO], rx_n, tx_n;     /* oldest first */
    uint8_t tx_event, timeout;                  /* interrupts that reading takes away */
    uint8_t reg_shift;
    uint32_t clock_hz;
    Obj *chardev;
    DevIrq irq;
    DevTimer timer;
    DevRegion region;
} Uart;

static const DevField fields[] = {
    DEV_FIELD("ier", "Interrupt enable register.", Uart, ier, 0, .max = 15),
    DEV_FIELD("lcr", "Line control register.", Uart, lcr, 0),
    DEV_FIELD("mcr", "Modem control register.", Uart, mcr, 0, .max = 0x1f),
    DEV_FIELD("lsr", "Line status register.", Uart, lsr, LSR_THRE | LSR_TEMT),
    DEV_FIELD("msr", "Modem status register.", Uart, msr, MSR_CTS | MSR_DSR | MSR_DCD),
    DEV_FIELD("scr", "Scratch register.", Uart, scr, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD("fcr", "FIFO control register.", Uart, fcr, 0),
    DEV_FIELD("divisor", "Divisor latches.", Uart, divisor, 12, .flags = DEV_FIELD_KEEP),
    DEV_FIELD_ARRAY("rx", "Bytes received.", Uart, rx, 0),
    DEV_FIELD("rx-n", "How many bytes were received and not read.", Uart, rx_n, 0, .max = FIFO),
    DEV_FIELD_ARRAY("tx", "Bytes to be sent.", Uart, tx, 0),
    DEV_FIELD("tx-n", "How many bytes wait to be sent.", Uart, tx_n, 0, .max = FIFO),
    DEV_FIELD("tx-event", "The transmitter became empty, and nobody has looked.", Uart, tx_event, 0, .max = 1),
    DEV_FIELD("timeout", "Bytes wait below the trigger level.", Uart, timeout, 0, .max = 1),
    DEV_FIELD_OF_TIMER("timer", "When the character timeout is due.", Uart, timer),
    { 0 },
};

static const DevReg regs[] = {      /* offsets before reg-shift */
    DEV_REG("RBR/THR", "Received byte; byte to send. With DLAB: divisor, low half.", 0, 1),
    DEV_REG("IER", "Interrupts: 0 received, 1 transmitter empty, 2 line status, 3 modem status. With DLAB: "
                      "divisor, high half.",
            1, 1),
    DEV_REG("IIR/FCR", "Which interrupt is pending; FIFO control.", 2, 1),
    DEV_REG("LCR", "Format of characters; bit 7 is DLAB.", 3, 1),
    DEV_REG("MCR", "Modem outputs; bit 4 connects the outputs to the inputs.", 4, 1),
    DEV_REG("LSR", "Line status; reading clears the errors.", 5, 1),
    DEV_REG("MSR", "Modem inputs and what changed since the last reading.", 6, 1),
    DEV_REG("SCR", "A byte for software.", 7, 1),
    { 0 },
};

/* --- interrupts [PC16550D table IV] ---------------------------------------------------------- */
static guint capacity(const Uart *u)
{
    return u->fcr & FCR_ON ? FIFO : 1;
}

static guint trigger(const Uart *u)
{
    static const guint8 levels[] = { 1, 4, 8, 14 };

    return u->fcr & FCR_ON ? levels[u->fcr >> 6] : 1;
}

static guint pending(const Uart *u)
{
    if ((u->ier & IER_LINE) && (u->lsr & LSR_ERRORS)) {
        return IIR_LINE;
    }
    if ((u->ier & IER_RX) && u->rx_n >= trigger(u)) {
        return IIR_RX;
    }
    if ((u->ier & IER_RX) && u->timeout) {
        return IIR_TIMEOUT;
    }
    if ((u->ier & IER_TX) && u->tx_event) {
        return IIR_TX;
    }
    if ((u->ier & IER_MODEM) && (u->msr & 15)) {
        return IIR_MODEM;
    }
    return IIR_NONE;
}

static void update(Uart *u)
{
    dev_irq_set(&u->irq, pending(u) != IIR_NONE);
}

/* The timeout runs anew with each byte that comes or is read. */
static void restart_timeout(Uart *u)
{
    guint64 bits = 10 * CHARS_OF_TIMEOUT, divisor = u->divisor ? u->divisor : 65536;

    u->timeout = 0;
    if ((u->fcr & FCR_ON) && u->rx_n) {
        dev_timer_set(&u->timer, dev_clock_ns(dev_board_clock(&u->sys.dev)) +
                                     (int64_t)(bits * 16 * divisor * 1000000000 / u->clock_hz));
    } else {
        dev_timer_cancel(&u->timer);
    }
}

static void timeout_is_due(Dev *d, DevTimer *t)
{
    Uart *u = (Uart *)d;

    u->timeout = u->rx_n > 0;
    update(u);
}

/* --- receiving ------------------------------------------------------------------------------- */
static void receive(Uart *u, guint8 byte)
{
    if (u->rx_n == capacity(u)) {
        u->lsr |= LSR_OE;
        if (capacity(u) == 1) {
            u->rx[0] = byte;        /* without FIFOs the newer byte wins [PC16550D 8.2] */
        }
        return;
    }
    u->rx[u->rx_n++] = byte;
    u->lsr |= LSR_DR;
    restart_timeout(u);
}

static guint8 take_byte(Uart *u)
{
    guint8 byte = u->rx[0];

    if (!u->rx_n) {
        return 0;
    }
    memmove(u->rx, u->rx + 1, --u->rx_n);
    if (!u->rx_n) {
        u->lsr &= (uint8_t)~LSR_DR;
    }
    restart_timeout(u);
    update(u);
    if (u->chardev) {
        sys_char_more((SysChar *)u->chardev);
    }
    return byte;
}

static guint front_room(void *opaque)
{
    const Uart *u = opaque;

    return u->mcr & MCR_LOOP ? 0 : capacity(u) - u->rx_n;
}

static void front_input(void *opaque, const guint8 *data, guint n)
{
    Uart *u = opaque;

    for (guint i = 0; i < n; i++) {
        receive(u, data[i]);
    }
    update(u);
}

/* --- sending --------------------------------------------------------------------------------- */
static void send(Uart *u)
{
    guint n = u->tx_n;

    if (u->mcr & MCR_LOOP) {
        for (guint i = 0; i < n; i++) {
            receive(u, u->tx[i]);
        }
    } else if (u->chardev) {
        n = sys_char_write((SysChar *)u->chardev, u->tx, n);
    }
    memmove(u->tx, u->tx + n, u->tx_n - n);
    u->tx_n = (uint8_t)(u->tx_n - n);
    if (!u->tx_n && !(u->lsr & LSR_THRE)) {
        u->lsr |= LSR_THRE | LSR_TEMT;
        u->tx_event = 1;
    }
    update(u);
}

static void front_writable(void *opaque)
{
    send(opaque);
}

/* A break is a byte of zeros with its flag. [PC16550D 8.4]
 * DEVIATION: the flag shows at once, not when the byte is the FIFO's first. */
static void front_event(void *opaque, SysCharEvent event)
{
    Uart *u = opaque;

    if (event == SYS_CHAR_BREAK && !(u->mcr & MCR_LOOP)) {
        receive(u, 0);
        u->lsr |= LSR_BI;
        update(u);
    }
}

static const SysCharFront front = { front_room, front_input, front_writable, front_event };

static void put_byte(Uart *u, guint8 byte)
{
    u->tx_event = 0;
    u->lsr &= (uint8_t)~(LSR_THRE | LSR_TEMT);
    if (u->tx_n == capacity(u)) {
        u->tx_n--; /* the guest did not look at THRE: the last byte is overwritten */
    }
    u->tx[u->tx_n++] = byte;
    send(u);
}

/* --- registers ------------------------------------------------------------------------------- */
static void set_ier(Uart *u, guint8 value)
{
    guint8 rises = value & (guint8)~u->ier;

    u->ier = value & 15;
    if ((rises & IER_TX) && (u->lsr & LSR_THRE)) {
        u->tx_event = 1;
    }
    update(u);
}

static void set_fcr(Uart *u, guint8 value)
{
    gboolean changed = (value ^ u->fcr) & FCR_ON;

    if (changed || (value & FCR_CLEAR_RX)) {
        u->rx_n = 0;
        u->lsr &= (uint8_t)~LSR_DR;
    }
    if (changed || (value & FCR_CLEAR_TX)) {
        u->tx_n = 0;
        if (!(u->lsr & LSR_THRE)) {
            u->tx_event = 1;
        }
        u->lsr |= LSR_THRE | LSR_TEMT;
    }
    u->fcr = value & FCR_ON ? value & 0xc9 : 0;     /* without bit 0 the others are not taken */
    restart_timeout(u);
    update(u);
    if (u->chardev) {
        sys_char_more((SysChar *)u->chardev);
    }
}

/* Inputs: a peer that is always ready, or our own outputs. [PC16550D 8.6.5] */
static void set_modem_inputs(Uart *u)
{
    guint8 in = MSR_CTS | MSR_DSR | MSR_DCD, old = u->msr & 0xf0;

    if (u->mcr & MCR_LOOP) {
        in = (u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
             (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
    }
    guint8 delta = (in ^ old) & (MSR_CTS | MSR_DSR | MSR_DCD);
    delta |= old & (guint8)~in & MSR_RI;            /* only its trailing edge */
    u->msr = in | (u->msr & 15) | delta >> 4;
}

static void set_mcr(Uart *u, guint8 value)
{
    u->mcr = value & 0x1f;
    set_modem_inputs(u);
    update(u);
    if (u->chardev) {
        sys_char_more((SysChar *)u->chardev);
    }
}

static guint8 read_iir(Uart *u)
{
    guint id = pending(u);

    if (id == IIR_TX) {
        u->tx_event = 0;
        update(u);
    }
    return (guint8)(id | (u->fcr & FCR_ON ? IIR_FIFOS : 0));
}

static guint8 read_and_clear(Uart *u, guint8 *reg, guint8 bits)
{
    guint8 value = *reg;

    *reg &= (guint8)~bits;
    update(u);
    return value;
}

static uint64_t read_uart(void *opaque, uint64_t offset, guint size)
{
    Uart *u = opaque;
    gboolean dlab = (u->lcr & LCR_DLAB) != 0;

    switch (offset >> u->reg_shift) {
    case 0:
        return dlab ? u->divisor & 0xff : take_byte(u);
    case 1:
        return dlab ? u->divisor >> 8 : u->ier;
    case 2:
        return read_iir(u);
    case 3:
        return u->lcr;
    case 4:
        return u->mcr;
    case 5:
        return read_and_clear(u, &u->lsr, LSR_ERRORS);
    case 6:
        return read_and_clear(u, &u->msr, 15);
    default:
        return u->scr;
    }
}

static void write_uart(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    Uart *u = opaque;
    gboolean dlab = (u->lcr & LCR_DLAB) != 0;
    guint8 byte = (guint8)value;

    switch (offset >> u->reg_shift) {
    case 0:
        if (dlab) {
            u->divisor = (uint16_t)((u->divisor & 0xff00) | byte);
        } else {
            put_byte(u, byte);
        }
        break;
    case 1:
        if (dlab) {
            u->divisor = (uint16_t)((u->divisor & 0xff) | byte << 8);
        } else {
            set_ier(u, byte);
        }
        break;
    case 2:
        set_fcr(u, byte);
        break;
    case 3:
        u->lcr = byte;
        break;
    case 4:
        set_mcr(u, byte);
        break;
    case 7:
        u->scr = byte;
        break;
    default:
        break;                      /* LSR and MSR are for reading */
    }
}

static const DevRegionOps ops = { .read = read_uart, .write = write_uart, .min_size = 1, .max_size = 8 };

/* --- life ------------------------------------------------------------------------------------ */
static gboolean realize(Dev *d, GError **err)
{
    Uart *u = (Uart *)d;

    if (!dev_timer_open(&u->timer, d, timeout_is_due, err) || !sys_char_realize(d, &u->chardev, &front, err)) {
        return FALSE;
    }
    dev_region_init_io(&u->region, d, "ns16550a", UINT64_C(8) << u->reg_shift, &ops, u);
    dev_sys_region(&u->sys, &u->region);
    return TRUE;
}

/* Another back end, perhaps while the machine runs. */
static gboolean check_chardev(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    return !o->frozen || sys_char_swap((SysChar *)((Uart *)o)->chardev, *(SysChar *const *)value, &front, o, err);
}

static void reset_hold(Dev *d)
{
    Uart *u = (Uart *)d;

    u->msr = MSR_CTS | MSR_DSR | MSR_DCD;
    update(u);
}

static void reset_exit(Dev *d)
{
    if (((Uart *)d)->chardev) {
        sys_char_more((SysChar *)((Uart *)d)->chardev);
    }
}

/* There may be room that there was not: what came meanwhile waits in the back end. */
static gboolean loaded(Dev *d, GError **err)
{
    reset_exit(d);
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("reg-shift", "Distance of the registers, as a power of two bytes.", Uart, reg_shift, 0, 0, 3),
    OBJ_PROP_UINT("clock-frequency", "Input clock in Hz; the baud rate is a 16th of it, divided.", Uart, clock_hz,
                  3686400, 1, UINT32_MAX),
    OBJ_PROP_LINK("chardev", "The back end; without one, bytes sent are lost.", Uart, chardev, &sys_char_type,
                  .flags = OBJ_LIVE, .check = check_chardev),
    { 0 },
};

static const DevPin pins[] = {
    DEV_PIN_OUT("irq", "Level interrupt, high while one that is enabled is pending.", 1, Uart, irq),
    { 0 },
};

extern const DevType sys_ns16550a;
const DevType sys_ns16550a = {
    .obj = { .name = "ns16550a", .text = OBJ_TEXT("UART with FIFOs of 16 bytes."), .parent = &dev_sys_type.obj,
             .size = sizeof(Uart), .props = props },
    .bus = &dev_sysbus_type.obj,
    .group = "char",
    .manual = "National Semiconductor PC16550D, June 1995",
    .pins = pins,
    .fields = fields,
    .regs = regs,
    .realize = realize,
    .reset_hold = reset_hold,
    .reset_exit = reset_exit,
    .loaded = loaded,
};
