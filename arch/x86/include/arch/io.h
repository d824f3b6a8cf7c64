/* SPDX-License-Identifier: MIT */
/*
 * Device registers: I/O ports, and memory from ioremap(). Linux's twin: arch/x86/include/asm/io.h.
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <vitrix/types.h>

#define BUILD_PORT(letter, type)						\
static __always_inline void out##letter(type value, u16 port)			\
{										\
	__asm__ volatile("out" #letter " %0,%1" : : "a"(value), "Nd"(port) : "memory"); \
}										\
static __always_inline type in##letter(u16 port)				\
{										\
	type value;								\
										\
	__asm__ volatile("in" #letter " %1,%0" : "=a"(value) : "Nd"(port) : "memory"); \
	return value;								\
}
BUILD_PORT(b, u8)
BUILD_PORT(w, u16)
BUILD_PORT(l, u32)
#undef BUILD_PORT

/* Old chips need about a microsecond between accesses; port 0x80 takes that long. */
static inline void io_delay(void) { outb(0, 0x80); }

/* One mov each, of the width that the device sees: gcc may not choose another instruction. */
#define BUILD_MMIO(letter, suffix, type, reg)					\
static __always_inline void write##letter(type value, volatile void *addr)	\
{										\
	__asm__ volatile("mov" #suffix " %0,%1"					\
			 : : reg(value), "m"(*(volatile type *)addr) : "memory"); \
}										\
static __always_inline type read##letter(const volatile void *addr)		\
{										\
	type value;								\
										\
	__asm__ volatile("mov" #suffix " %1,%0"					\
			 : "=" reg(value) : "m"(*(const volatile type *)addr) : "memory"); \
	return value;								\
}
BUILD_MMIO(b, b, u8, "q")
BUILD_MMIO(w, w, u16, "r")
BUILD_MMIO(l, l, u32, "r")
BUILD_MMIO(q, q, u64, "r")
#undef BUILD_MMIO

#endif
