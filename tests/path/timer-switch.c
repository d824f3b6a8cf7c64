/* SPDX-License-Identifier: MIT */
/* Two processes that never leave user mode by themselves: only the timer can switch between them. */
#include <unistd.h>

int main(void)
{
	fork();
	for (;;)
		;
}
