/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function (RFC 8439, section 2.3; Linux's include/crypto/chacha.h).
 *
 * State: 4 words of constants, 8 of key, a counter (word 12, with word 13 its high half: the
 * random driver uses no nonce there), 2 of nonce. Caller: drivers/char/random.c.
 */
#ifndef _VITRIX_CHACHA_H
#define _VITRIX_CHACHA_H

#include <vitrix/types.h>
#include <vitrix/compiler.h>

#define CHACHA_KEY_SIZE		32
#define CHACHA_BLOCK_SIZE	64
#define CHACHA_STATE_WORDS	16

/* Constants and key; counter and nonce become 0. */
void chacha_init(u32 state[CHACHA_STATE_WORDS], const u8 key[CHACHA_KEY_SIZE]);

/* One block of key stream; the 64-bit counter goes up by one. */
void chacha20_block(u32 state[CHACHA_STATE_WORDS], u8 out[CHACHA_BLOCK_SIZE]);

#endif
