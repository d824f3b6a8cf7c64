/* SPDX-License-Identifier: MIT */
/*
 * Floating point and vector state. Linux's twin: arch/x86/kernel/fpu/.
 *
 * Each user task has an area in the CPU's XSAVE format (FXSAVE's, where there is no XSAVE). While
 * the task runs the registers are the truth and the area is old; __switch_to() saves on the way out
 * and loads on the way in, always, so that no state can leak from one task to another. Kernel code
 * uses none of it.
 *
 *   512 bytes legacy (x87, SSE) | 64 bytes header: which parts are valid | AVX, AVX-512 parts
 *
 * Enabled are x87, SSE, AVX and AVX-512, what the CPU has of them; protection keys and AMX are not.
 * On signal frames the area is followed by FP_XSTATE_MAGIC2, and its software-reserved bytes say so
 * (struct _fpx_sw_bytes of <asm/sigcontext.h>), as Linux does it.
 */
#include <vitrix/init.h>
#include <vitrix/sched.h>
#include <vitrix/slab.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <vitrix/bug.h>
#include <arch/fpu.h>
#include <arch/smp.h>
#include <arch/traps.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>

#define XFEATURE_MASK_WANTED	0xe7UL	/* x87, SSE, AVX, AVX-512 (three parts) */
#define XFEATURE_MASK_FPSSE	0x3UL
#define XFEATURE_MASK_AVX512	0xe0UL
#define MXCSR_DEFAULT		0x1f80
#define FCW_DEFAULT		0x37f
#define LEGACY_SIZE		512
#define SW_BYTES_OFFSET		464

struct fpu {
	u8 area[LEGACY_SIZE + 64];	/* and more: fpu_area_size */
} __aligned(64);

struct legacy_view { u16 fcw, fsw; u8 ftw, res; u16 fop; u64 rip, rdp; u32 mxcsr, mxcsr_mask; };
struct xsave_header { u64 xstate_bv, xcomp_bv, reserved[6]; };

static struct kmem_cache *fpu_cache;
static unsigned int fpu_area_size = LEGACY_SIZE;
static u64 xfeatures_mask;		/* 0: no XSAVE */
static u32 mxcsr_mask = 0xffff;
static struct fpu *init_fpstate;

static struct legacy_view *legacy(void *area) { return area; }
static struct xsave_header *header(void *area)
{
	return (struct xsave_header *)((u8 *)area + LEGACY_SIZE);
}

static void fpu_save(struct fpu *fpu)
{
	u32 lo = xfeatures_mask, hi = xfeatures_mask >> 32;

	if (cpu_has(X86_FEATURE_XSAVEOPT))
		__asm__ volatile("xsaveopt64 (%0)" : : "r"(fpu), "a"(lo), "d"(hi) : "memory");
	else if (xfeatures_mask)
		__asm__ volatile("xsave64 (%0)" : : "r"(fpu), "a"(lo), "d"(hi) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(fpu) : "memory");
}

static void fpu_load(const struct fpu *fpu)
{
	u32 lo = xfeatures_mask, hi = xfeatures_mask >> 32;

	if (xfeatures_mask)
		__asm__ volatile("xrstor64 (%0)" : : "r"(fpu), "a"(lo), "d"(hi) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(fpu) : "memory");
}

void switch_fpu(struct task_struct *prev, struct task_struct *next)
{
	if (prev->thread.fpu)
		fpu_save(prev->thread.fpu);
	if (next->thread.fpu)
		fpu_load(next->thread.fpu);
}

/* A child starts with its parent's registers; a kernel thread's child has none. May sleep. */
int fpu_clone(struct task_struct *dst, struct task_struct *src)
{
	unsigned long flags;
	struct fpu *fpu;
	size_t end;

	if (!src->thread.fpu)
		return 0;
	fpu = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!fpu)
		return -ENOMEM;
	/*
	 * What the save instructions leave alone must not carry old bytes to a signal frame: the
	 * end of the legacy part, and in QEMU the six bytes behind each x87 register.
	 */
	end = xfeatures_mask ? LEGACY_SIZE + sizeof(struct xsave_header) : LEGACY_SIZE;
	memset(fpu->area, 0, end);
	flags = local_irq_save();
	if (src == current) {
		/* xsaveopt may skip what it wrote to another area last: plain forms here */
		if (xfeatures_mask)
			__asm__ volatile("xsave64 (%0)" : : "r"(fpu), "a"((u32)xfeatures_mask),
					 "d"((u32)(xfeatures_mask >> 32)) : "memory");
		else
			fpu_save(fpu);
	} else {
		memcpy(fpu, src->thread.fpu, fpu_area_size);
	}
	local_irq_restore(flags);
	dst->thread.fpu = fpu;
	return 0;
}

void fpu_free(struct task_struct *tsk)
{
	struct fpu *fpu = tsk->thread.fpu;

	tsk->thread.fpu = NULL;
	if (fpu)
		kmem_cache_free(fpu_cache, fpu);
}

int fpu_reset_current(void)
{
	if (!current->thread.fpu) {
		struct fpu *fpu = kmem_cache_alloc(fpu_cache, GFP_KERNEL);

		if (!fpu)
			return -ENOMEM;
		memcpy(fpu, init_fpstate, fpu_area_size);
		current->thread.fpu = fpu;
	}
	fpu_load(init_fpstate);
	return 0;
}

unsigned int fpu_frame_size(void)
{
	return fpu_area_size + (xfeatures_mask ? FP_XSTATE_MAGIC2_SIZE : 0);
}

/* The area as the kernel would save it, the software bytes in the legacy part's reserved end. */
int fpu_save_to_frame(void *buf)
{
	struct fpu *fpu = current->thread.fpu;
	struct _fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1, .extended_size = fpu_frame_size(),
		.xfeatures = xfeatures_mask, .xstate_size = fpu_area_size,
	};

	preempt_disable();
	if (xfeatures_mask) {
		/* xsave skips parts in their initial state: no stale bytes may go out */
		memcpy((u8 *)fpu + LEGACY_SIZE, (u8 *)init_fpstate + LEGACY_SIZE,
		       fpu_area_size - LEGACY_SIZE);
		__asm__ volatile("xsave64 (%0)" : : "r"(fpu), "a"((u32)xfeatures_mask),
				 "d"((u32)(xfeatures_mask >> 32)) : "memory");
		/* Programs look at the legacy part whatever the header says. */
		header(fpu)->xstate_bv |= XFEATURE_MASK_FPSSE;
		memcpy((u8 *)fpu + SW_BYTES_OFFSET, &sw, sizeof(sw));
	} else {
		fpu_save(fpu);
		memset((u8 *)fpu + SW_BYTES_OFFSET, 0, sizeof(sw));
	}
	preempt_enable();
	if (copy_to_user(buf, fpu, fpu_area_size))
		return -EFAULT;
	if (xfeatures_mask && put_user(FP_XSTATE_MAGIC2, (u32 *)((u8 *)buf + fpu_area_size)))
		return -EFAULT;
	return 0;
}

/* Nothing in the area can make xrstor fault: reserved bits of MXCSR and the header are cleared. */
static __always_inline void sanitize_area(struct fpu *fpu, bool extended)
{
	legacy(fpu)->mxcsr &= mxcsr_mask;
	if (!xfeatures_mask)
		return;
	if (!extended) {
		memcpy((u8 *)fpu + LEGACY_SIZE, (u8 *)init_fpstate + LEGACY_SIZE,
		       fpu_area_size - LEGACY_SIZE);
		header(fpu)->xstate_bv = XFEATURE_MASK_FPSSE;
	}
	header(fpu)->xstate_bv &= xfeatures_mask;
	header(fpu)->xcomp_bv = 0;
	memset(header(fpu)->reserved, 0, sizeof(header(fpu)->reserved));
}

/* Is the frame's state of the extended kind, whole? */
static __always_inline bool frame_is_extended(const void *buf)
{
	struct _fpx_sw_bytes sw;
	u32 magic2;

	if (!xfeatures_mask || copy_from_user(&sw, (const u8 *)buf + SW_BYTES_OFFSET, sizeof(sw)))
		return false;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size != fpu_area_size ||
	    sw.extended_size < sw.xstate_size + FP_XSTATE_MAGIC2_SIZE)
		return false;
	return !get_user(magic2, (u32 *)((u8 *)buf + sw.xstate_size)) && magic2 == FP_XSTATE_MAGIC2;
}

static __always_inline int restore_area(const void *buf,
					void (*patch)(void *area, const void *arg),
					const void *arg)
{
	struct fpu *fpu = current->thread.fpu, *copy;
	bool extended;
	int error = 0;

	if (!buf)
		return fpu_reset_current();
	copy = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	extended = frame_is_extended(buf);
	if (copy_from_user(copy, buf, extended ? fpu_area_size : LEGACY_SIZE)) {
		error = -EFAULT;
		goto out;
	}
	if (patch)
		patch(copy, arg);
	sanitize_area(copy, extended);
	preempt_disable();
	memcpy(fpu, copy, fpu_area_size);
	fpu_load(fpu);
	preempt_enable();
out:
	kmem_cache_free(fpu_cache, copy);
	return error;
}

int fpu_restore_from_frame(const void *buf)
{
	return restore_area(buf, NULL, NULL);
}

int fpu_restore_patched(const void *buf, void (*patch)(void *area, const void *arg),
			const void *arg)
{
	return restore_area(buf, patch, arg);
}

void fpu_saved_legacy(void *to, size_t size)
{
	memcpy(to, current->thread.fpu, size);
}

/* ---- ptrace: task is switched out, so its area is the truth ---- */

unsigned int fpu_xstate_size(void)
{
	return xfeatures_mask ? fpu_area_size : 0;
}

/* A component that XSAVE left out is in its initial state: so it shall look, too. */
static void fill_initial_parts(struct fpu *copy)
{
	u64 have = header(copy)->xstate_bv;

	if (!(have & 1)) {
		memcpy(copy->area, init_fpstate->area, offsetof(struct legacy_view, mxcsr));
		memcpy(copy->area + 32, init_fpstate->area + 32, 128);
	}
	if (!(have & 2))
		memcpy(copy->area + 160, init_fpstate->area + 160, 256);
	for (int part = 2; part < 64; part++) {
		u32 size, offset, c, d;

		if (!(xfeatures_mask >> part & 1) || (have >> part & 1))
			continue;
		cpuid_count(0xd, part, &size, &offset, &c, &d);
		memset((u8 *)copy + offset, 0, size);
	}
}

int fpu_x87_get(struct task_struct *task, void *to)
{
	struct fpu *fpu = task->thread.fpu;
	bool initial = xfeatures_mask && fpu && !(header(fpu)->xstate_bv & 1);

	if (!fpu)
		return -EINVAL;
	memcpy(to, initial ? init_fpstate : fpu, FPU_X87_SIZE);
	return 0;
}

int fpu_x87_patch(struct task_struct *task, void (*patch)(void *area, const void *arg),
		  const void *arg)
{
	struct fpu *fpu = task->thread.fpu;

	if (!fpu)
		return -EINVAL;
	if (xfeatures_mask) {
		fill_initial_parts(fpu);
		header(fpu)->xstate_bv |= 1;
	}
	patch(fpu->area, arg);
	return 0;
}

long fpu_regset_get(struct task_struct *task, void *user, size_t size, bool extended)
{
	struct fpu *fpu = task->thread.fpu, *copy;
	long ret;

	if (!fpu)
		return -EINVAL;
	copy = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, fpu, fpu_area_size);
	if (xfeatures_mask)
		fill_initial_parts(copy);
	/* The reserved end: what a frame was told there last is no matter of a tracer's. */
	memset((u8 *)copy + SW_BYTES_OFFSET, 0, LEGACY_SIZE - SW_BYTES_OFFSET);
	if (extended)
		memcpy((u8 *)copy + SW_BYTES_OFFSET, &xfeatures_mask, sizeof(xfeatures_mask));
	ret = copy_to_user(user, copy, size) ? -EFAULT : 0;
	kmem_cache_free(fpu_cache, copy);
	return ret;
}

long fpu_regset_set(struct task_struct *task, const void *user, size_t size, bool extended)
{
	struct fpu *fpu = task->thread.fpu, *copy;
	long ret = -EFAULT;

	if (!fpu)
		return -EINVAL;
	copy = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, fpu, fpu_area_size);
	if (xfeatures_mask)
		fill_initial_parts(copy);
	if (copy_from_user(copy, user, size))
		goto out;
	ret = -EINVAL;
	if (legacy(copy)->mxcsr & ~mxcsr_mask)
		goto out;
	if (extended && ((header(copy)->xstate_bv & ~xfeatures_mask) || header(copy)->xcomp_bv))
		goto out;
	if (xfeatures_mask && !extended)
		header(copy)->xstate_bv |= XFEATURE_MASK_FPSSE;
	if (xfeatures_mask)
		memset(header(copy)->reserved, 0, sizeof(header(copy)->reserved));
	memcpy(fpu, copy, fpu_area_size);
	ret = 0;
out:
	kmem_cache_free(fpu_cache, copy);
	return ret;
}

/* Which of the unmasked exceptions is pending decides si_code (SDM vol. 1, 8.5 and 11.5). */
int fpu__exception_code(int trapnr)
{
	unsigned int err;

	if (trapnr == X86_TRAP_MF) {
		u16 fcw, fsw;

		__asm__ volatile("fnstcw %0; fnstsw %1" : "=m"(fcw), "=m"(fsw));
		err = fsw & ~fcw;
	} else {
		u32 mxcsr;

		__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
		err = ~(mxcsr >> 7) & mxcsr;
	}
	if (err & 0x001)
		return FPE_FLTINV;
	if (err & 0x004)
		return FPE_FLTDIV;
	if (err & 0x008)
		return FPE_FLTOVF;
	if (err & 0x012)
		return FPE_FLTUND;
	if (err & 0x020)
		return FPE_FLTRES;
	return 0;
}

/* This CPU: which parts XSAVE handles is in XCR0. */
static void enable_xsave(void)
{
	write_cr4(read_cr4() | X86_CR4_OSXSAVE);
	__asm__ volatile("xsetbv" : : "a"((u32)xfeatures_mask), "d"((u32)(xfeatures_mask >> 32)),
			 "c"(0));
}

static void __init xsave_init(void)
{
	u32 lo, hi, size, unused;

	write_cr4(read_cr4() | X86_CR4_OSXSAVE);
	cpuid_count(0xd, 0, &lo, &size, &unused, &hi);
	xfeatures_mask = ((u64)hi << 32 | lo) & XFEATURE_MASK_WANTED;
	if ((xfeatures_mask & XFEATURE_MASK_AVX512) != XFEATURE_MASK_AVX512)
		xfeatures_mask &= ~XFEATURE_MASK_AVX512;
	enable_xsave();
	/* ebx: bytes needed for what XCR0 has enabled by now */
	cpuid_count(0xd, 0, &lo, &size, &unused, &hi);
	fpu_area_size = size;
}

static void enable_fpu(void)
{
	write_cr0((read_cr0() & ~(X86_CR0_TS | X86_CR0_EM)) | X86_CR0_MP | X86_CR0_NE);
	write_cr4(read_cr4() | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT);
}

void fpu_secondary_init(void)
{
	enable_fpu();
	if (xfeatures_mask)
		enable_xsave();
	fpu_load(init_fpstate);
}

void __init fpu_init(void)
{
	struct legacy_view *init;

	enable_fpu();
	if (cpu_has(X86_FEATURE_XSAVE))
		xsave_init();
	fpu_cache = kmem_cache_create("fpu", fpu_area_size, 64, SLAB_PANIC);
	init_fpstate = kmem_cache_zalloc(fpu_cache, GFP_KERNEL);
	ASSERT(init_fpstate);
	__asm__ volatile("fninit; fxsave64 (%0)" : : "r"(init_fpstate) : "memory");
	init = legacy(init_fpstate);
	if (init->mxcsr_mask)
		mxcsr_mask = init->mxcsr_mask;
	memset(init_fpstate, 0, fpu_area_size);
	init->fcw = FCW_DEFAULT;
	init->mxcsr = MXCSR_DEFAULT;
	init->mxcsr_mask = mxcsr_mask;
	if (xfeatures_mask)
		header(init_fpstate)->xstate_bv = XFEATURE_MASK_FPSSE;
	fpu_load(init_fpstate);
}
