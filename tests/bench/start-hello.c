/* SPDX-License-Identifier: BSD-2-Clause */
/* Start-up: nothing but one line. */
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
