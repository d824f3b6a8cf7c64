#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
locking_page.py   does tools/check_locks.py notice each way in which docs/locking.md and the sources may differ?

A small tree with three classes is right; then one thing of it is made wrong, and the report must say which. `make check`
runs it.
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import check_locks                                      # noqa: E402

RIGHT = {
    "include/vitrix/lock_classes.h": '''
	X(LC_PIPE,	"pipe->mutex",	"mutex, two by address")	\\
	X(LC_TREE,	"tree_lock",	"spin")	\\
	X(LC_QUEUE,	"wait queue",	"spin, irq")	\\
	X(LC_IDLE,	"kept",		"spin")
''',
    "include/vitrix/wait.h": '''
struct pipe {
	int n;
	struct { struct mutex mutex; };
};
typedef struct queue {
	spinlock_t lock;		/* class LC_QUEUE */
} queue_t;
/* struct old { spinlock_t gone; }; */
static void f(spinlock_t *lock) { spin_lock_init(&q->lock, LC_QUEUE); }
''',
    "fs/a.c": '''
DEFINE_SPINLOCK(tree_lock, LC_TREE);
static void g(struct pipe *p) { spinlock_t *other = &tree_lock; mutex_init(&p->mutex, LC_PIPE); }
''',
    "docs/locking.md": '''
| class | lock | kind | protects | taken in |
|---|---|---|---|---|
| `LC_PIPE` | `pipe->mutex` | mutex, two by address | a pipe | `fs/a.c` |
| `LC_TREE` | `tree_lock` | spin | a tree | `fs/a.c` |
| `LC_QUEUE` | `wait queue` | spin, irq | a queue | `fs/a.c` |
| `LC_IDLE` | `kept` | spin | no lock has this class | `fs/a.c` |

- **all** (`fs/a.c`): pipe->mutex → tree_lock → wait queue. Then rest.

`tree_lock` stands below `pipe->mutex`.

| lock | class | defined in | protects |
|---|---|---|---|
| `pipe.mutex` | `LC_PIPE` | `include/vitrix/wait.h` | a pipe |
| `tree_lock` | `LC_TREE` | `fs/a.c` | a tree |
| `queue.lock` | `LC_QUEUE` | `include/vitrix/wait.h` | a queue |
''',
}
PAGE, CLASSES, WAIT, FILE = "docs/locking.md", "include/vitrix/lock_classes.h", "include/vitrix/wait.h", "fs/a.c"

# What is replaced where, and a part of the report that must come.
WRONG = [
    ("a static lock without a line", FILE, "DEFINE", "static DEFINE_SPINLOCK(new_lock, LC_TREE);\nDEFINE", "new_lock (LC_TREE) has no line"),
    ("a field without a line", WAIT, "int n;", "int n;\n\tspinlock_t extra;\t/* class LC_TREE */", "pipe.extra (LC_TREE) has no line"),
    ("two fields in one declaration", WAIT, "struct mutex mutex;", "struct mutex mutex, second;", "pipe.second (LC_PIPE) has no line"
     " in|pipe.second: nothing gives it a class"),
    ("an array without a line", FILE, "DEFINE", "static spinlock_t many[4];\nDEFINE", "many: nothing gives it a class"),
    ("a lock of each CPU", FILE, "DEFINE", "static DEFINE_PER_CPU(struct mutex, mine);\nDEFINE", "mine: nothing gives it a class"),
    ("readers that retry", FILE, "DEFINE", "static bool x_read_retry(u32 seq)\n{\n}\nDEFINE", "x_read_retry() (seq) has no line"),
    ("a line without a lock", PAGE, "| `tree_lock` | `LC_TREE` | `fs/a.c` |", "| `gone` | `LC_TREE` | `include/vitrix/wait.h` | x |\n"
     "| `tree_lock` | `LC_TREE` | `fs/a.c` |", "there is no lock gone in include/vitrix/wait.h"),
    ("a lock in another file", PAGE, "`LC_TREE` | `fs/a.c`", "`LC_TREE` | `fs/b.c`", "there is no lock tree_lock in fs/b.c"),
    ("another class on the page", PAGE, "| `pipe.mutex` | `LC_PIPE`", "| `pipe.mutex` | `LC_TREE`", "pipe.mutex has class LC_PIPE"),
    ("locks in the wrong order", PAGE, "| `tree_lock` | `LC_TREE` | `fs/a.c` | a tree |\n| `queue.lock` | `LC_QUEUE` |"
     " `include/vitrix/wait.h` | a queue |", "| `queue.lock` | `LC_QUEUE` | `include/vitrix/wait.h` | a queue |\n"
     "| `tree_lock` | `LC_TREE` | `fs/a.c` | a tree |", "order: tree_lock (LC_TREE) stands too low"),
    ("classes in another order than the checker's", CLASSES, 'X(LC_PIPE,	"pipe->mutex",	"mutex, two by address")	\\\n	X(LC_TREE,	"tree_lock",'
     '	"spin")', 'X(LC_TREE,	"tree_lock",	"spin")	\\\n	X(LC_PIPE,	"pipe->mutex",	"mutex, two by address")', "order: LC_TREE stands below LC_PIPE"),
    ("a class without a line", CLASSES, "X(LC_IDLE", 'X(LC_MORE,	"more",	"spin")	\\\n	X(LC_IDLE', "class LC_MORE has no line"),
    ("a line without a class", PAGE, "| `LC_IDLE` | `kept`", "| `LC_GONE` | `x` | spin | y | z |\n| `LC_IDLE` | `kept`", "there is no class LC_GONE"),
    ("irq left out", PAGE, "spin, irq |", "spin |", 'LC_QUEUE is "wait queue", "spin, irq"'),
    ("a sequence the wrong way", PAGE, "tree_lock → wait queue", "wait queue → tree_lock", "order: LC_QUEUE → LC_TREE"),
    ("a sequence of something unknown", PAGE, "→ wait queue", "→ the moon", 'which lock is "the moon"'),
    ("below, but above", PAGE, "`tree_lock` stands below", "`tree_lock` stands above", "LC_TREE does not stand above LC_PIPE"),
    ("a class of another kind", FILE, "(&p->mutex, LC_PIPE)", "(&p->mutex, LC_TREE)", "mutex is a mutex, its class LC_TREE a spin"),
    ("a lock that nobody initialises", FILE, "mutex_init(&p->mutex, LC_PIPE);", "", "pipe.mutex: nothing gives it a class"),
    ("a comment that lies", WAIT, "/* class LC_QUEUE */", "/* class LC_TREE */", "queue.lock is said to be LC_TREE"),
    ("a class that no lock has", PAGE, "no lock has this class", "much", "no lock has class LC_IDLE"),
]


def problems(files):
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w") as f:
                f.write(text)
        return check_locks.check(top)


def main():
    bad = ["the right tree: " + p for p in problems(RIGHT)]
    for what, path, old, new, report in WRONG:
        assert old in RIGHT[path], what
        said = problems({**RIGHT, path: RIGHT[path].replace(old, new, 1)})
        if not any(r in p for p in said for r in report.split("|")):
            bad.append("tools/check_locks.py overlooks %s: %s" % (what, said))
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
