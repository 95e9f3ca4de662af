/* SPDX-License-Identifier: BSD-2-Clause */
/* What t-gdb.sh debugs. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int counter;
double number = 1.5;
struct { int a, b; } pair = { 3, 4 };

__attribute__((noinline)) int add(int a, int b)
{
    counter += a;
    return a * 10 + b;
}

static void *worker(void *unused)
{
    add(1, 5);
    return NULL;
}

static void on_usr1(int sig)
{
    counter = 1000;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    pthread_t t;

    if (!strcmp(what, "spin")) {
        for (;;) {
            counter++;
        }
    }
    if (!strcmp(what, "sleep")) {
        sleep(4);
        return 3;
    }
    if (!strcmp(what, "fault")) {
        *(volatile int *)8 = 1;
    }
    if (!strcmp(what, "fork")) {
        int status;
        pid_t pid = fork();
        if (!pid) {
            _exit(add(0, 6));
        }
        waitpid(pid, &status, 0);
        return add(0, WEXITSTATUS(status));
    }
    int first = add(4, 2);
    signal(SIGUSR1, on_usr1);
    pthread_create(&t, NULL, worker, NULL);
    pthread_join(t, NULL);
    raise(SIGUSR1);
    return first + pair.a - 45 + (counter == 1000 ? 7 : 0);
}
