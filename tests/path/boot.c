/* SPDX-License-Identifier: MIT */
/* The first user process needs to do nothing at all. */
int main(void)
{
	for (;;)
		;
}
