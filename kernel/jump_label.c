/* SPDX-License-Identifier: MIT */
/*
 * Turning static keys on and off: include/vitrix/jump_label.h says what they are. The linker has
 * gathered all branches in __jump_table, in no order; a turn goes through all of them, which is
 * quick enough for something that a person or a tool asks for.
 *
 * Called by whoever owns a key: the tracer's switches. jump_label_mutex protects the counts, and
 * makes one turn end before the next begins: after static_key_inc() has returned every CPU jumps.
 * Linux's twin: kernel/jump_label.c, arch/x86/kernel/jump_label.c.
 */
#include <vitrix/jump_label.h>
#include <vitrix/bug.h>
#include <vitrix/init.h>
#include <vitrix/mutex.h>
#include <vitrix/string.h>
#include <arch/text_poke.h>

extern const struct jump_entry __start___jump_table[], __stop___jump_table[];

static DEFINE_MUTEX(jump_label_mutex, LC_JUMP_LABEL);

static void jump_insn(u8 insn[JUMP_LABEL_SIZE], const u8 *code, const u8 *target, bool on)
{
	s32 distance = target - (code + JUMP_LABEL_SIZE);

	memcpy(insn, "\x0f\x1f\x44\x00\x00", JUMP_LABEL_SIZE);
	if (on) {
		insn[0] = 0xe9;
		memcpy(insn + 1, &distance, sizeof(distance));
	}
}

static void turn(struct static_key *key, bool on)
{
	u8 from[JUMP_LABEL_SIZE], to[JUMP_LABEL_SIZE];

	text_poke_begin();
	for (const struct jump_entry *e = __start___jump_table; e < __stop___jump_table; e++) {
		u8 *code = jump_entry_code(e), *target = jump_entry_target(e);

		/* The memory of __init code may be anything by now. */
		if (jump_entry_key(e) != key || code >= (u8 *)__init_begin)
			continue;
		jump_insn(from, code, target, !on);
		jump_insn(to, code, target, on);
		ASSERT(!memcmp(code, from, JUMP_LABEL_SIZE));
		text_poke_queue(code, to, JUMP_LABEL_SIZE, on ? target : code + JUMP_LABEL_SIZE);
	}
	text_poke_end();
}

void static_key_inc(struct static_key *key)
{
	mutex_lock(&jump_label_mutex);
	if (!key->enabled)
		turn(key, true);
	WRITE_ONCE(key->enabled, key->enabled + 1);
	mutex_unlock(&jump_label_mutex);
}

void static_key_dec(struct static_key *key)
{
	mutex_lock(&jump_label_mutex);
	ASSERT(key->enabled > 0);
	WRITE_ONCE(key->enabled, key->enabled - 1);
	if (!key->enabled)
		turn(key, false);
	mutex_unlock(&jump_label_mutex);
}
