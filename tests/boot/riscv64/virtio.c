/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk and a source of random bytes on virtio-mmio, driven without interrupts: split rings, each answer waited for by
 * looking at memory.  [VIRTIO 2.7, 4.2.2, 5.2.6, 5.4] */
#include "boot.h"

enum { SLOTS = 8, RING = 8, SECTOR = 512 };
enum { ENTROPY = 4, BLOCK = 2 };                                /* device IDs [VIRTIO 5] */
enum { NEXT = 1, WRITE = 2 };                                   /* flags of descriptors */
enum { IN = 0, OUT = 1, FLUSH = 4, NONSENSE = 77 };             /* types of requests, the last none */
enum { OK = 0, IOERR = 1, UNSUPP = 2 };                         /* their status */
enum { MAGIC = 0x000, VERSION = 0x004, DEVICE_ID = 0x008, FEATURES = 0x010, FEATURES_SEL = 0x014, DRIVER = 0x020,
       DRIVER_SEL = 0x024, QUEUE_SEL = 0x030, QUEUE_MAX = 0x034, QUEUE_NUM = 0x038, READY = 0x044, NOTIFY = 0x050,
       INTERRUPTS = 0x060, ACK = 0x064, STATUS = 0x070, DESC = 0x080, AVAIL = 0x090, USED = 0x0a0, CONFIG = 0x100 };

typedef struct Desc {
    u64 addr;
    uint32_t len;
    uint16_t flags, next;
} Desc;

typedef struct Queue {
    Desc desc[RING] __attribute__((aligned(16)));       /* the largest of a part's alignments [VIRTIO 2.7] */
    struct {
        uint16_t flags, index, ring[RING];
    } avail;
    struct {
        uint16_t flags, index;
        struct {
            uint32_t id, len;
        } ring[RING];
    } used __attribute__((aligned(4)));
} Queue;

static Queue queues[2];
static uint8_t sector[2 * SECTOR], bytes[64];
static struct {
    uint32_t type, zero;
    u64 sector;
} header;
static uint8_t answer;

static volatile uint32_t *reg(u64 device, unsigned at)
{
    return (volatile uint32_t *)(device + at);
}

static u64 find(uint32_t id)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        u64 d = 0x10001000 + 0x1000 * i;
        if (*reg(d, MAGIC) == 0x74726976 && *reg(d, VERSION) == 2 && *reg(d, DEVICE_ID) == id) {
            return d;
        }
    }
    return 0;
}

static void put_address(u64 d, unsigned at, const volatile void *p)
{
    *reg(d, at) = (uint32_t)(u64)p;
    *reg(d, at + 4) = (uint32_t)((u64)p >> 32);
}

/* [VIRTIO 3.1.1], with no feature but VERSION_1. */
static bool start(u64 d, Queue *q)
{
    *reg(d, STATUS) = 0;
    *reg(d, STATUS) = 1;
    *reg(d, STATUS) = 3;
    *reg(d, FEATURES_SEL) = 1;
    *reg(d, DRIVER_SEL) = 0;
    *reg(d, DRIVER) = 0;
    *reg(d, DRIVER_SEL) = 1;
    *reg(d, DRIVER) = *reg(d, FEATURES) & 1;
    *reg(d, STATUS) = 11;
    *reg(d, QUEUE_SEL) = 0;
    *reg(d, QUEUE_NUM) = RING;
    put_address(d, DESC, q->desc);
    put_address(d, AVAIL, &q->avail);
    put_address(d, USED, &q->used);
    *reg(d, READY) = 1;
    *reg(d, STATUS) = 15;
    return *reg(d, QUEUE_MAX) >= RING && *reg(d, STATUS) == 15;
}

/* Gives the chain that begins with descriptor 0 to the device and waits; the bytes that it wrote. */
static uint32_t submit(u64 d, volatile Queue *q)
{
    uint16_t at = q->used.index;

    q->avail.ring[q->avail.index % RING] = 0;
    __asm__ volatile("fence" : : : "memory");
    q->avail.index++;
    __asm__ volatile("fence" : : : "memory");
    *reg(d, NOTIFY) = 0;
    while (q->used.index == at) {
        ;
    }
    __asm__ volatile("fence" : : : "memory");
    return q->used.ring[at % RING].len;
}

/* A request of the disk with so many bytes; those that it wrote, its status among them. */
static uint32_t request(u64 d, uint32_t type, u64 where, uint32_t n)
{
    Queue *q = &queues[0];

    header.type = type;
    header.sector = where;
    answer = 99;
    q->desc[0] = (Desc){ (u64)&header, sizeof header, NEXT, n ? 1 : 2 };
    q->desc[1] = (Desc){ (u64)sector, n, type == OUT ? NEXT : NEXT | WRITE, 2 };
    q->desc[2] = (Desc){ (u64)&answer, 1, WRITE, 0 };
    return submit(d, q);
}

static void fill(unsigned seed)
{
    for (unsigned i = 0; i < sizeof sector; i++) {
        sector[i] = (uint8_t)(i * seed + (i >> 8));
    }
}

static bool is_filled(unsigned seed)
{
    for (unsigned i = 0; i < sizeof sector; i++) {
        if (sector[i] != (uint8_t)(i * seed + (i >> 8))) {
            return false;
        }
    }
    return true;
}

static void disk(u64 d)
{
    check("the disk starts", start(d, &queues[0]));
    u64 sectors = *(volatile uint32_t *)(d + CONFIG);
    is("its capacity", sectors, 64);
    is("a read writes two sectors and a status", request(d, IN, 0, sizeof sector), sizeof sector + 1);
    check("which is good", answer == OK);
    check("the host's bytes", sector[0] == 'r' && sector[4] == '\n' && sector[1023] == 'h');
    fill(7);
    is("a write writes the status only", request(d, OUT, 62, sizeof sector), 1);
    check("which is good", answer == OK);
    fill(3);
    request(d, IN, 62, sizeof sector);
    check("read back", is_filled(7));
    request(d, FLUSH, 0, 0);
    check("a flush", answer == OK);
    request(d, IN, 63, sizeof sector);
    check("behind the end is an error", answer == IOERR);
    request(d, NONSENSE, 0, 0);
    check("a request that there is not", answer == UNSUPP);
    for (unsigned i = 0; i < 100; i++) {
        request(d, IN, i % 32, SECTOR);
    }
    check("a hundred more, round the ring", answer == OK && queues[0].used.index == 106);
    check("an interrupt is pending that nobody has taken", *reg(d, INTERRUPTS) & 1);
    *reg(d, ACK) = 1;
    check("until it is acknowledged", !(*reg(d, INTERRUPTS) & 1));
}

static void entropy(u64 d)
{
    Queue *q = &queues[1];
    unsigned zeros = 0;

    check("the source of random bytes starts", start(d, q));
    q->desc[0] = (Desc){ (u64)bytes, sizeof bytes, WRITE, 0 };
    is("it fills the buffer", submit(d, q), sizeof bytes);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        zeros += bytes[i] == 0;
    }
    check("with something", zeros < 16);
}

void hart_main(u64 hart)
{
    while (hart != 0) {
        __asm__ volatile("wfi");
    }
    boot_init();
    u64 d = find(BLOCK), r = find(ENTROPY);
    check("a disk is there", d != 0);
    check("a source of random bytes is there", r != 0);
    if (d && r) {
        disk(d);
        entropy(r);
    }
    finish();
}
