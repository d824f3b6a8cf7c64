/* SPDX-License-Identifier: MIT */
/* set_robust_list(2), get_robust_list(2): locks of the dead are marked and their waiters woken. */
#include "abi.h"
#include <linux/futex.h>

struct lock {
	struct robust_list list;
	int futex;
};

struct area {
	struct robust_list_head head;
	struct lock l[3];
};

int main(void)
{
	struct area *s = shared_pages(1);
	struct robust_list_head *head;
	size_t len = 0;
	pid_t pid;
	int i;

	CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &len));
	CHECK_EQ(len, sizeof(*head));
	CHECK_ERR(syscall(SYS_set_robust_list, &s->head, sizeof(s->head) - 1), EINVAL);
	CHECK_ERR(syscall(SYS_set_robust_list, &s->head, 0), EINVAL);
	CHECK_ERR(syscall(SYS_get_robust_list, 0x3fffffff, &head, &len), ESRCH);
	CHECK_ERR(syscall(SYS_get_robust_list, 0, UNMAPPED, &len), EFAULT);
	CHECK_ERR(syscall(SYS_get_robust_list, 0, &head, KERNEL), EFAULT);

	/* Lock 0 is held, lock 1 held with waiters, lock 2 somebody else's; all are listed. */
	pid = FORK();
	if (!pid) {
		int me = syscall(SYS_gettid);

		s->head.futex_offset = offsetof(struct lock, futex) - offsetof(struct lock, list);
		s->head.list.next = &s->l[0].list;
		s->l[0].list.next = &s->l[1].list;
		s->l[1].list.next = &s->l[2].list;
		s->l[2].list.next = &s->head.list;
		s->l[0].futex = me;
		s->l[1].futex = me | FUTEX_WAITERS;
		s->l[2].futex = me + 1;
		CHECK_OK(syscall(SYS_set_robust_list, &s->head, sizeof(s->head)));
		CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &len));
		CHECK(head == &s->head);
		if (abi_failed)
			_exit(1);
		msleep(50);
		kill(getpid(), SIGKILL);
	}
	AWAIT(s->l[1].futex & FUTEX_WAITERS);
	i = s->l[1].futex;
	if (!(i & FUTEX_OWNER_DIED))
		syscall(SYS_futex, &s->l[1].futex, FUTEX_WAIT, i, NULL, NULL, 0);
	EXPECT_SIGNAL(pid, SIGKILL);
	CHECK_EQ(s->l[0].futex, FUTEX_OWNER_DIED);
	CHECK_EQ(s->l[1].futex & ~FUTEX_WAITERS, FUTEX_OWNER_DIED);
	CHECK_EQ(s->l[2].futex, pid + 1);

	/* The lock being taken just now (list_op_pending) counts as well. */
	memset(s, 0, sizeof(*s));
	pid = FORK();
	if (!pid) {
		s->head.futex_offset = offsetof(struct lock, futex);
		s->head.list.next = &s->head.list;
		s->head.list_op_pending = &s->l[0].list;
		s->l[0].futex = syscall(SYS_gettid);
		syscall(SYS_set_robust_list, &s->head, sizeof(s->head));
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	CHECK_EQ(s->l[0].futex, FUTEX_OWNER_DIED);

	/* Lists that lead nowhere or in circles hurt nobody. */
	for (i = 0; i < 4; i++) {
		memset(s, 0, sizeof(*s));
		pid = FORK();
		if (!pid) {
			s->head.list.next = i == 0 ? UNMAPPED : i == 1 ? KERNEL : &s->l[0].list;
			s->l[0].list.next = i == 2 ? &s->l[0].list : NONCANON;
			syscall(SYS_set_robust_list, &s->head, sizeof(s->head));
			_exit(0);
		}
		EXPECT_EXIT(pid, 0);
	}
	pid = FORK();
	if (!pid) {
		syscall(SYS_set_robust_list, KERNEL, sizeof(s->head));
		_exit(0);
	}
	EXPECT_EXIT(pid, 0);
	return abi_done();
}
