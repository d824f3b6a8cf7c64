/* SPDX-License-Identifier: MIT */
/* Touches what is not there. */
int main(void)
{
	*(volatile int *)8 = 1;
	return 0;
}
