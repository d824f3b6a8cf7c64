/* SPDX-License-Identifier: MIT */
/*
 * Words for the compiler: attributes, barriers and small macros used everywhere.
 * Linux's twin: include/linux/compiler*.h, kernel.h.
 */
#ifndef VITRIX_COMPILER_H
#define VITRIX_COMPILER_H

#include <stddef.h>
#include <stdbool.h>
#include <stdarg.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define barrier()	__asm__ volatile("" ::: "memory")
#define unreachable()	__builtin_unreachable()
#define fallthrough	__attribute__((fallthrough))

#define __init		__attribute__((section(".init.text"), cold, __noinline__))
#define __initdata	__attribute__((section(".init.data")))
#define __initconst	__attribute__((section(".init.data")))
/* In the pages that stay mapped in user mode under PTI: code and data of the crossing itself. */
#define __entry_data	__attribute__((section(".data..entry")))
/*
 * A function of a documented path: gcc may not inline, clone or split it; breakpoints on it fire.
 */
#define __path		__attribute__((noipa, __noinline__))
/*
 * A function that sleeps on behalf of its caller: what the task waits in is the caller.
 * <vitrix/stacktrace.h>
 */
#define __sched		__attribute__((section(".sched.text")))
#define noinline	__attribute__((__noinline__))
/* No guard in its frame: it runs while the guard changes, or before there is one. */
#define __no_stack_protector	__attribute__((no_stack_protector))
/*
 * Nor here, for its cost: a function of a path that everybody takes, whose locals are words and
 * structs without arrays, or a buffer that its type bounds. Nothing can run over them.
 */
#define __bounded_frame	__attribute__((no_stack_protector))
/*
 * Called where almost nobody calls it: saves all registers itself, so that the caller, which does
 * not call it, need not keep any for it. No function tracer tells of it.
 */
#define __trace_emitter	\
	__attribute__((no_caller_saved_registers, __noinline__, cold, section(".text.notrace")))
/* The function tracer cannot watch it: what the tracer itself and int3 go through. */
#define notrace		__attribute__((section(".text.notrace"), __noinline__))
#undef __always_inline			/* <linux/stddef.h> says just "inline" */
#define __always_inline	inline __attribute__((always_inline))
#define __noreturn	__attribute__((noreturn))
#define __cold		__attribute__((cold))
#define __must_check	__attribute__((warn_unused_result))
#define __maybe_unused	__attribute__((unused))
#define __weak		__attribute__((weak))
#define __used		__attribute__((used))
#ifndef __packed
#define __packed	__attribute__((packed))
#endif
#define __aligned(n)	__attribute__((aligned(n)))
#define __section(s)	__attribute__((section(s)))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __cacheline_aligned __aligned(64)
#define static_assert	_Static_assert

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define smp_mb()		__asm__ volatile("lock; addl $0,-4(%%rsp)" ::: "memory", "cc")
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define cpu_relax()		__asm__ volatile("pause" ::: "memory")

#define container_of(ptr, type, member) ({				\
	const __typeof__(((type *)0)->member) *__mptr = (ptr);		\
	(type *)((char *)__mptr - offsetof(type, member)); })

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)		(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define round_up(x, a)		ALIGN(x, a)
#define round_down(x, a)	ALIGN_DOWN(x, a)
#define min(a, b) ({					\
	__typeof__(a) __a = (a);			\
	__typeof__(b) __b = (b);			\
	__a < __b ? __a : __b; })
#define max(a, b) ({					\
	__typeof__(a) __a = (a);			\
	__typeof__(b) __b = (b);			\
	__a > __b ? __a : __b; })
#define min_t(t, a, b)	({ t __a = (a); t __b = (b); __a < __b ? __a : __b; })
#define max_t(t, a, b)	({ t __a = (a); t __b = (b); __a > __b ? __a : __b; })
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define swap(a, b)	do { __typeof__(a) __t = (a); (a) = (b); (b) = __t; } while (0)
#define BIT(n)		(1UL << (n))
#define GENMASK(h, l)	((~0UL >> (63 - (h))) & (~0UL << (l)))
#define _RET_IP_	((unsigned long)__builtin_return_address(0))

/* Functions called once at boot after the kernel's core is up, in link order (fs, drivers, tty). */
typedef int (*initcall_t)(void);
#define device_initcall(fn) \
	static initcall_t __initcall_##fn __used __section(".initcall") = fn

#endif
