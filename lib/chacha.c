/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function (RFC 8439, 2.1 to 2.3; Linux's lib/crypto/chacha.c).
 *
 * Ten times: a quarter round on each column of the 4x4 state, then on each diagonal; the result
 * is added to the input so that nobody can run it backwards. Only additions, xors and rotations
 * by constants: its time tells nothing about the key.
 */
#include <vitrix/chacha.h>
#include <vitrix/string.h>

static __always_inline u32 rotl(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static __always_inline void quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotl(x[b] ^ x[c], 7);
}

void chacha_init(u32 state[CHACHA_STATE_WORDS], const u8 key[CHACHA_KEY_SIZE])
{
	memcpy(state, "expand 32-byte k", 16);
	memcpy(state + 4, key, CHACHA_KEY_SIZE);
	memset(state + 12, 0, 16);
}

void chacha20_block(u32 state[CHACHA_STATE_WORDS], u8 out[CHACHA_BLOCK_SIZE])
{
	u32 x[CHACHA_STATE_WORDS];

	memcpy(x, state, sizeof(x));
	for (int round = 0; round < 10; round++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (int i = 0; i < CHACHA_STATE_WORDS; i++)
		x[i] += state[i];
	memcpy(out, x, sizeof(x));
	if (++state[12] == 0)
		state[13]++;
}
