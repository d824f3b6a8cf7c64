/* SPDX-License-Identifier: MIT */
/*
 * Job control: which session a terminal belongs to, which of its process groups is in the
 * foreground, and what happens to the others that read or write. Linux's twin:
 * drivers/tty/tty_jobctrl.c; credentials(7).
 *
 *   session (setsid) --- controlling terminal --- foreground group: may read; gets ^C ^Z ^\
 *        leader                                   background groups: SIGTTIN when they read
 *
 * tty->session, tty->pgrp: ctrl_lock. signal->tty: siglock (ctrl_lock nests inside it). Who gives a
 * terminal to a session or takes it away holds tty_mutex over the look and the change: two sessions
 * would get one terminal otherwise, and the end of the one would cut off the other.
 */
#include <vitrix/rcu.h>
#include "tty_internal.h"

struct tty_struct *get_current_tty(void)
{
	struct tty_struct *tty;

	spin_lock_irq(&current->sighand->siglock);
	tty = tty_kref_get(current->signal->tty);
	spin_unlock_irq(&current->sighand->siglock);
	return tty;
}

struct pid *tty_get_pgrp(struct tty_struct *tty)
{
	unsigned long flags;
	struct pid *pgrp;

	spin_lock_irqsave(&tty->ctrl_lock, flags);
	pgrp = get_pid(tty->pgrp);
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	return pgrp;
}

static bool is_ignored(int sig)
{
	return sigismember(&current->blocked, sig) ||
	       current->sighand->action[sig - 1].handler == SIG_IGN;
}

/*
 * May the caller read (SIGTTIN) or change (SIGTTOU) its terminal? 0: yes. A background group gets
 * the signal and -ERESTARTSYS; -EIO if nobody would ever continue it. A process that ignores
 * SIGTTOU goes ahead; one that ignores SIGTTIN gets -EIO.
 */
int tty_check_background(struct tty_struct *tty, int sig)
{
	struct pid *pgrp, *tty_pgrp;
	int ret = 0;

	if (READ_ONCE(current->signal->tty) != tty)
		return 0;
	spin_lock_irq(&tasklist_lock);
	pgrp = get_pid(task_pgrp(current));
	spin_unlock_irq(&tasklist_lock);
	tty_pgrp = tty_get_pgrp(tty);
	if (tty_pgrp && pgrp != tty_pgrp) {
		if (is_ignored(sig)) {
			ret = sig == SIGTTIN ? -EIO : 0;
		} else if (is_current_pgrp_orphaned()) {
			ret = -EIO;
		} else {
			kill_pgrp(pgrp, sig, 1);
			set_thread_flag(TIF_SIGPENDING);
			ret = -ERESTARTSYS;
		}
	}
	put_pid(tty_pgrp);
	put_pid(pgrp);
	return ret;
}

int tty_check_change(struct tty_struct *tty)
{
	return tty_check_background(tty, SIGTTOU);
}

/* The terminal becomes the controlling one of current's session. siglock held. */
static void proc_set_tty_locked(struct tty_struct *tty)
{
	spin_lock(&tty->ctrl_lock);
	put_pid(tty->session);
	put_pid(tty->pgrp);
	tty->pgrp = get_pid(task_pgrp(current));
	tty->session = get_pid(task_session(current));
	spin_unlock(&tty->ctrl_lock);
	if (current->signal->tty)
		tty_kref_put(current->signal->tty);
	put_pid(current->signal->tty_old_pgrp);
	current->signal->tty = tty_kref_get(tty);
	current->signal->tty_old_pgrp = NULL;
}

static void proc_set_tty(struct tty_struct *tty)
{
	spin_lock_irq(&tasklist_lock);
	spin_lock(&current->sighand->siglock);
	proc_set_tty_locked(tty);
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
}

/* open(2) without O_NOCTTY by a session leader that has no terminal yet. tty_mutex held. */
void tty_open_proc_set_tty(struct file *file, struct tty_struct *tty)
{
	if (current->signal->leader && !current->signal->tty && !tty->session &&
	    (file->f_mode & FMODE_READ))
		proc_set_tty(tty);
}

void proc_clear_tty(struct task_struct *p)
{
	struct tty_struct *tty;
	unsigned long flags;

	spin_lock_irqsave(&p->sighand->siglock, flags);
	tty = p->signal->tty;
	p->signal->tty = NULL;
	spin_unlock_irqrestore(&p->sighand->siglock, flags);
	tty_kref_put(tty);
}

/* Every process of the session forgets the terminal. */
static void session_clear_tty(struct pid *session)
{
	struct task_struct *p;

	spin_lock_irq(&tasklist_lock);
	do_each_pid_task(session, PIDTYPE_SID, p)
		proc_clear_tty(p);
	spin_unlock_irq(&tasklist_lock);
}

/* What the terminal was to its session, with references. Nobody's from now on. tty_mutex held. */
static void take_from_session(struct tty_struct *tty, struct pid **session, struct pid **pgrp)
{
	spin_lock_irq(&tty->ctrl_lock);
	*session = tty->session;
	*pgrp = tty->pgrp;
	tty->session = tty->pgrp = NULL;
	spin_unlock_irq(&tty->ctrl_lock);
}

/* NULL: the leader has ended. A reference. */
static struct task_struct *session_leader(struct pid *session)
{
	/* A session has its leader's number. */
	struct task_struct *leader = get_pid_task(session, PIDTYPE_TGID);

	if (leader && !leader->signal->leader) {
		put_task_struct(leader);
		leader = NULL;
	}
	return leader;
}

/* Whom the leader leaves in the foreground hears of it at its end. Consumes pgrp. */
static void keep_old_pgrp(struct task_struct *leader, struct pid *pgrp)
{
	unsigned long flags;

	if (lock_task_sighand(leader, &flags)) {
		swap(leader->signal->tty_old_pgrp, pgrp);
		unlock_task_sighand(leader, &flags);
	}
	put_pid(pgrp);
}

/*
 * The terminal is hung up, its session forgets it. SIGHUP and SIGCONT to the leader alone; at the
 * leader's end (exit_session) SIGHUP to the group in the foreground. tty_mutex held.
 */
void tty_signal_session_leader(struct tty_struct *tty, bool exit_session)
{
	struct pid *session, *pgrp;
	struct task_struct *leader;

	take_from_session(tty, &session, &pgrp);
	if (!session)
		return;
	leader = exit_session ? NULL : session_leader(session);
	session_clear_tty(session);
	if (leader) {
		send_sig(SIGHUP, leader, 1);
		send_sig(SIGCONT, leader, 1);
		keep_old_pgrp(leader, pgrp);
		put_task_struct(leader);
	} else {
		if (pgrp && exit_session)
			kill_pgrp(pgrp, SIGHUP, 1);
		put_pid(pgrp);
	}
	put_pid(session);
}

static void hang_up_group(struct pid *pgrp)
{
	if (pgrp) {
		kill_pgrp(pgrp, SIGHUP, 1);
		kill_pgrp(pgrp, SIGCONT, 1);
	}
	put_pid(pgrp);
}

/* TIOCNOTTY of a session leader. The group in the foreground hears of it. */
static void give_up_tty(struct tty_struct *tty)
{
	struct pid *session, *pgrp;

	mutex_lock(&tty_mutex);
	if (tty->session == task_session(current)) {
		take_from_session(tty, &session, &pgrp);
		session_clear_tty(session);
		put_pid(session);
		hang_up_group(pgrp);
	}
	mutex_unlock(&tty_mutex);
}

static struct pid *take_old_pgrp(void)
{
	struct pid *pgrp;

	spin_lock_irq(&current->sighand->siglock);
	pgrp = current->signal->tty_old_pgrp;
	current->signal->tty_old_pgrp = NULL;
	spin_unlock_irq(&current->sighand->siglock);
	return pgrp;
}

/* A session leader exits (on_exit) or gives its terminal up (TIOCNOTTY). */
void disassociate_ctty(int on_exit)
{
	struct tty_struct *tty;

	if (!current->signal->leader)
		return;
	tty = get_current_tty();
	if (!tty) {
		if (on_exit)
			hang_up_group(take_old_pgrp());
		return;
	}
	if (on_exit)	/* whoever has it open is cut off: the next login starts clean */
		__tty_hangup(tty, true);
	else
		give_up_tty(tty);
	proc_clear_tty(current);
	tty_kref_put(tty);
}

/* tty_mutex held */
static int steal_or_set(struct tty_struct *tty, struct file *file, int arg)
{
	if (current->signal->leader && task_session(current) == tty->session)
		return 0;
	if (!current->signal->leader || current->signal->tty)
		return -EPERM;
	if (tty->session) {
		if (arg != 1 || !capable(CAP_SYS_ADMIN))
			return -EPERM;
		session_clear_tty(tty->session);
	}
	if (!(file->f_mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	proc_set_tty(tty);
	return 0;
}

/* TIOCSCTTY. arg 1: root may take a terminal away from another session. */
static int tiocsctty(struct tty_struct *tty, struct file *file, int arg)
{
	int ret;

	mutex_lock(&tty_mutex);
	ret = steal_or_set(tty, file, arg);
	mutex_unlock(&tty_mutex);
	return ret;
}

static int tiocgpgrp(struct tty_struct *tty, pid_t *arg)
{
	struct pid *pgrp;
	int ret;

	if (current->signal->tty != tty)
		return -ENOTTY;
	pgrp = tty_get_pgrp(tty);
	ret = put_user(pid_vnr(pgrp), arg);
	put_pid(pgrp);
	return ret;
}

static int tiocspgrp(struct tty_struct *tty, pid_t *arg)
{
	struct pid *pgrp, *old;
	int ret = tty_check_change(tty);
	pid_t nr;

	if (ret == -EIO)
		return -ENOTTY;
	if (ret)
		return ret;
	if (current->signal->tty != tty || tty->session != task_session(current))
		return -ENOTTY;
	if (get_user(nr, arg))
		return -EFAULT;
	if (nr < 0)
		return -EINVAL;
	pgrp = find_get_pid(nr);
	if (!pgrp)
		return -ESRCH;
	spin_lock_irq(&tasklist_lock);
	ret = session_of_pgrp_is(pgrp, task_session(current)) ? 0 : -EPERM;
	spin_unlock_irq(&tasklist_lock);
	if (ret) {
		put_pid(pgrp);
		return ret;
	}
	spin_lock_irq(&tty->ctrl_lock);
	old = pgrp;
	if (tty->session == task_session(current))	/* not hung up meanwhile */
		swap(tty->pgrp, old);
	else
		ret = -ENOTTY;
	spin_unlock_irq(&tty->ctrl_lock);
	put_pid(old);
	return ret;
}

static int tiocgsid(struct tty_struct *tty, pid_t *arg)
{
	pid_t nr;

	if (current->signal->tty != tty)
		return -ENOTTY;
	spin_lock_irq(&tty->ctrl_lock);
	nr = pid_vnr(tty->session);
	spin_unlock_irq(&tty->ctrl_lock);
	return nr ? put_user(nr, arg) : -ENOTTY;
}

long tty_jobctrl_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		       unsigned long arg)
{
	switch (cmd) {
	case TIOCNOTTY:
		if (current->signal->tty != tty)
			return -ENOTTY;
		disassociate_ctty(0);
		proc_clear_tty(current);
		return 0;
	case TIOCSCTTY:
		return tiocsctty(tty, file, arg);
	case TIOCGPGRP:
		return tiocgpgrp(tty, (pid_t *)arg);
	case TIOCSPGRP:
		return tiocspgrp(tty, (pid_t *)arg);
	case TIOCGSID:
		return tiocgsid(tty, (pid_t *)arg);
	default:
		return -ENOIOCTLCMD;
	}
}
