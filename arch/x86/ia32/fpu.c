/* SPDX-License-Identifier: MIT */
/*
 * The floating point part of a 32-bit signal frame: in front of the FXSAVE (or XSAVE) image, which
 * both widths have, stands the form of FSAVE, that of the 80387. Linux's twin: convert_from_fxsr()
 * and convert_to_fxsr() in arch/x86/kernel/fpu/regset.c.
 *
 * The two differ in the tag word: FSAVE has two bits a register (valid, zero, special, empty),
 * FXSAVE one (empty or not), and which physical register is meant follows from the top of stack.
 * Tracers of 32-bit code see the same form, NT_PRFPREG. Task context; the registers are saved by
 * fpu.c.
 */
#include <vitrix/err.h>
#include <vitrix/sched.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <arch/fpu.h>
#include <arch/regset.h>
#include <arch/signal.h>
#include <arch/user32.h>

struct fsave {
	u32 cwd, swd, twd, fip, fcs, foo, fos;
	u8 st[8][10];
	u16 status, magic;	/* swd at the signal; 0: an FXSAVE image follows */
};
static_assert(sizeof(struct fsave) == FSAVE_SIZE, "FSAVE");

struct fxsave {
	u16 cwd, swd;
	u8 twd, reserved;
	u16 fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u8 st[8][16];
};

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static unsigned int tag_of(const u8 *st)
{
	u64 significand;
	u16 exponent;

	memcpy(&significand, st, sizeof(significand));
	memcpy(&exponent, st + sizeof(significand), sizeof(exponent));
	exponent &= 0x7fff;
	if (!exponent && !significand)
		return TAG_ZERO;
	if (!exponent || exponent == 0x7fff || !(significand >> 63))
		return TAG_SPECIAL;
	return TAG_VALID;
}

static u32 full_tags(const struct fxsave *fx)
{
	unsigned int top = fx->swd >> 11 & 7;
	u32 tags = 0;

	for (unsigned int i = 0; i < 8; i++)
		tags |= (fx->twd >> i & 1 ? tag_of(fx->st[(i - top) & 7]) : TAG_EMPTY) << 2 * i;
	return tags;
}

static u8 short_tags(u32 tags)
{
	u8 twd = 0;

	for (unsigned int i = 0; i < 8; i++)
		if ((tags >> 2 * i & 3) != TAG_EMPTY)
			twd |= 1 << i;
	return twd;
}

/* FXSAVE in 64-bit mode keeps no selectors: those of now stand for those of the instruction. */
static void fsave_of(struct fsave *narrow, const struct fxsave *fx, unsigned int cs,
		     unsigned int ds)
{
	*narrow = (struct fsave){
		.cwd = fx->cwd | 0xffff0000, .swd = fx->swd | 0xffff0000,
		.twd = full_tags(fx) | 0xffff0000, .fip = fx->rip, .fcs = cs,
		.foo = fx->rdp, .fos = ds | 0xffff0000, .status = fx->swd,
	};
	for (int i = 0; i < 8; i++)
		memcpy(narrow->st[i], fx->st[i], sizeof(narrow->st[i]));
}

int fpu_save_to_frame32(void *ufsave, void *ufx)
{
	struct user_selectors sel;
	struct fsave narrow;
	struct fxsave fx;

	if (fpu_save_to_frame(ufx))
		return -EFAULT;
	fpu_saved_legacy(&fx, sizeof(fx));
	read_user_selectors(&sel);
	fsave_of(&narrow, &fx, current_pt_regs()->cs, sel.ds);
	return copy_to_user(ufsave, &narrow, sizeof(narrow)) ? -EFAULT : 0;
}

/* The x87's part of an area is replaced by what the frame's older form says. */
static void put_fsave(void *area, const void *from)
{
	const struct fsave *narrow = from;
	struct fxsave *fx = area;

	fx->cwd = narrow->cwd;
	fx->swd = narrow->swd;
	fx->twd = short_tags(narrow->twd);
	fx->fop = narrow->fcs >> 16;
	fx->rip = narrow->fip;
	fx->rdp = narrow->foo;
	for (int i = 0; i < 8; i++)
		memcpy(fx->st[i], narrow->st[i], sizeof(narrow->st[i]));
}

/* ---- ptrace: task is stopped; the frame's last word is not the tracer's ---- */

static_assert(sizeof(struct fxsave) == FPU_X87_SIZE, "x87");

long regset_fsave_get(struct task_struct *task, void *user, size_t size)
{
	struct fsave narrow;
	struct fxsave fx;

	if (fpu_x87_get(task, &fx))
		return -EINVAL;
	fsave_of(&narrow, &fx, task_pt_regs(task)->cs, task->thread.ds);
	return copy_to_user(user, &narrow, size) ? -EFAULT : 0;
}

long regset_fsave_set(struct task_struct *task, void *user, size_t size)
{
	struct fsave narrow;

	if (size != sizeof(struct user_i387_ia32_struct))
		return -EINVAL;
	if (copy_from_user(&narrow, user, size))
		return -EFAULT;
	return fpu_x87_patch(task, put_fsave, &narrow);
}

int fpu_restore_from_frame32(const void *ufsave)
{
	struct fsave narrow;

	if (!ufsave)
		return fpu_reset_current();
	if (copy_from_user(&narrow, ufsave, sizeof(narrow)))
		return -EFAULT;
	return fpu_restore_patched((const char *)ufsave + FSAVE_SIZE, put_fsave, &narrow);
}
