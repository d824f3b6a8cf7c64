/* SPDX-License-Identifier: MIT */
/* Random bytes, in any context: drivers/char/random.c. */
#ifndef VITRIX_RANDOM_H
#define VITRIX_RANDOM_H

#include <vitrix/types.h>

void get_random_bytes(void *buf, size_t n);
u64 get_random_u64(void);
void add_interrupt_randomness(int irq);
void add_device_randomness(const void *buf, size_t n);

/* drivers/char/mem.c opens them as /dev/random and /dev/urandom. */
struct file_operations;
extern const struct file_operations random_fops;

#endif
