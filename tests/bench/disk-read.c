/* SPDX-License-Identifier: BSD-2-Clause */
/* For machines.py: reads a disk past the page cache, again from its start at its end.
 * disk-read seq | rand DEVICE BYTES PROCESSES */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int work(const char *path, int rand, uint64_t bytes, uint64_t seed)
{
    size_t piece = rand ? 4096 : 1 << 20;
    int fd = open(path, O_RDONLY | O_DIRECT);
    uint64_t size = fd < 0 ? 0 : (uint64_t)lseek(fd, 0, SEEK_END);
    void *buf;

    if (!size || posix_memalign(&buf, 4096, piece)) {
        return 1;
    }
    for (uint64_t done = 0; done < bytes; done += piece) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t at = rand ? (seed >> 20) % (size / piece) * piece : done % (size / piece * piece);
        if (pread(fd, buf, piece, (off_t)at) != (ssize_t)piece) {
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    int rand = argc > 1 && !strcmp(argv[1], "rand"), n = argc > 4 ? atoi(argv[4]) : 1, bad = 0, status;

    if (argc < 4) {
        return 2;
    }
    for (int i = 0; i < n; i++) {
        if (fork() == 0) {
            _exit(work(argv[2], rand, strtoull(argv[3], NULL, 0) / (unsigned)n, (uint64_t)i + 1));
        }
    }
    while (wait(&status) > 0) {
        bad |= status;
    }
    printf("%s\n", bad ? "failed" : "read");
    return bad != 0;
}
