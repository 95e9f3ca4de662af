/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters as `perf stat` uses them: cycles and instructions of loops.  Prints what counts. [man 2 perf_event_open] */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int open_event(uint32_t type, uint64_t config)
{
    struct perf_event_attr a;

    memset(&a, 0, sizeof a);
    a.size = sizeof a;
    a.type = type;
    a.config = config;
    a.disabled = 1;
    return (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static void count(const char *name, uint32_t type, uint64_t config)
{
    int fd = open_event(type, config);
    uint64_t before = 0, first = 0, second = 0, after = 0;
    volatile unsigned n = 0;

    if (fd < 0) {
        printf(" %s:none", name);
        return;
    }
    read(fd, &before, 8);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    for (int i = 0; i < 5; i++) {
        for (unsigned k = 0; k < 200000; k++) {
            n += k;
        }
        nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
        if (i == 2) {
            read(fd, &first, 8);
        }
    }
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    read(fd, &second, 8);
    for (unsigned k = 0; k < 200000; k++) {
        n += k;
    }
    read(fd, &after, 8);
    printf(" %s:%s", name, !before && first && second > first && after == second ? "counts" : "wrong");
    close(fd);
}

int main(void)
{
    count("cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
    count("instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS);
    count("misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES);
    printf("\n");
    return 0;
}
