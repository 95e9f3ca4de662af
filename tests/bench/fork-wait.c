/* SPDX-License-Identifier: BSD-2-Clause */
/* fork and wait, 1000 times. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int sum = 0;
    for (int i = 0; i < 1000; i++) {
        pid_t p = fork();
        if (p == 0) _exit(i & 127);
        int status;
        waitpid(p, &status, 0);
        sum += WEXITSTATUS(status);
    }
    printf("%d\n", sum);
    return 0;
}
