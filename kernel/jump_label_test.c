/* SPDX-License-Identifier: MIT */
/*
 * Debug builds try static keys at boot: a key is turned while its branch is being executed, also in
 * the moments when an int3 stands in its place.
 *
 * A branch that has its int3 does already what it will do when the turn is over; before that, what
 * it did before it. Called as an initcall, by process 1.
 */
#include <vitrix/jump_label.h>
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <arch/text_poke.h>

#ifdef CONFIG_DEBUG

DEFINE_STATIC_KEY_FALSE(test_key);
static int steps, goal;

static noinline int branch(void)
{
	if (static_branch_unlikely(&test_key))
		return 1;
	return 0;
}

static void step(void)
{
	steps++;
	ASSERT(branch() == goal);
}

static void turn(bool on)
{
	goal = on;
	steps = 0;
	text_poke_step = step;
	if (on)
		static_key_inc(&test_key);
	else
		static_key_dec(&test_key);
	text_poke_step = NULL;
	ASSERT(steps == 4);	/* the last one is done twice */
	ASSERT(branch() == on);
}

static int __init jump_label_test(void)
{
	unsigned long hits = text_poke_hits;

	ASSERT(branch() == 0);
	for (int i = 0; i < 3; i++) {
		turn(true);
		static_key_inc(&test_key);	/* counted: nothing changes */
		static_key_dec(&test_key);
		ASSERT(branch() == 1);
		turn(false);
	}
	/* Two of the three steps end with the int3 in place. */
	ASSERT(text_poke_hits - hits == 12);
	pr_info("jump labels: turned under way, %lu int3s taken\n", text_poke_hits - hits);
	return 0;
}
device_initcall(jump_label_test);

#endif
