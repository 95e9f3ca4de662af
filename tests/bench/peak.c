/* SPDX-License-Identifier: BSD-2-Clause */
/* peak PROGRAM ARG...: runs it and prints its peak memory in KiB. Small itself: what a child was before exec counts too. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage use;
    int status;

    if (vfork() == 0) {
        close(1);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    if (wait4(-1, &status, 0, &use) < 0 || status) {
        return 1;
    }
    printf("%ld\n", use.ru_maxrss);
    return 0;
}
