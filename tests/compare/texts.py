# SPDX-License-Identifier: MIT
"""
What tools/syscall_text.py, sidebyside.py and compare.py make of given traces.  No machine is booted.  run.py calls TESTS;
a test that fails raises AssertionError.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import compare                                           # noqa: E402
import sidebyside as S                                  # noqa: E402
import syscall_text as T                                # noqa: E402


def lines(text, label="1"):
    return T.read(text).lines()[label]


def equal(have, want):
    assert have == want, "%r is not %r" % (have, want)


def marks(a, b):
    """The marks of all rows of all processes."""
    out = ""
    for p, q in S.pair_processes(T.read(a), T.read(b)):
        out += "".join(r.mark for r in S.align(p.events if p else [], q.events if q else [])) + "|"
    return out


def halves():
    """A call that another process interrupted is one line, at the place where it began."""
    text = ('10 read(0,  <unfinished ...>\n11 getuid() = 0\n10 <... read resumed>"x = (y) = 1", 9) = 11\n'
            '10 exit_group(0 <unfinished ...>\n10 <... exit_group resumed>) = ?\n10 +++ exited with 0 +++\n')
    equal(lines(text), ['read(0, "x = (y) = 1", 9) = 11', "exit_group(0) = ?", "+++ exited with 0 +++"])
    equal(lines("[pid 7] getuid() = 0\n[pid 7] close(9) = -1 EBADF (Bad file descriptor)\n"),
          ["getuid() = 0", "close(9) = -1 EBADF (Bad file descriptor)"])
    equal(lines("getuid() = 0 <0.000012>\n"), ["getuid() = 0"])


def pids():
    text = ("500 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n501 getppid() = 500\n"
            "500 <... clone resumed>) = 501\n500 fork() = 502\n502 getpid() = 502\n502 getppid() = 499\n"
            "500 kill(502, SIGTERM) = 0\n500 wait4(501, NULL, 0, NULL) = 501\n"
            '500 openat(AT_FDCWD, "/proc/501/stat", O_RDONLY) = 3\n')
    equal(lines(text), ["clone(child_stack=NULL, flags=SIGCHLD) = <1.1>", "fork() = <1.2>", "kill(<1.2>, SIGTERM) = 0",
                        "wait4(<1.1>, NULL, 0, NULL) = <1.1>", 'openat(AT_FDCWD, "/proc/<1.1>/stat", O_RDONLY) = 3'])
    equal(lines(text, "1.1"), ["getppid() = <1>"])
    equal(lines(text, "1.2"), ["getpid() = <1.2>", "getppid() = <outer>"])
    trace = T.read("3001 fork() = 3002\n3002 getpid() = 3002\n")
    equal(trace.output("I am 3001, not 13001, at 0x7ffd12345678\n"), "I am <1>, not 13001, at addr\n")


def addresses():
    text = ("9 brk(NULL) = 0xafbd000\n9 brk(0xafbdd40) = 0xafbdd40\n9 set_tid_address(0xafbd690) = 9\n"
            "9 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000\n"
            "9 mmap(0x7f0000002000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0x1000) = 0x7f0000002000\n"
            "9 munmap(0x7f0000001000, 8192) = 0\n9 ioctl(0, TCGETS, 0x7ffe0bbde320) = -1 ENOTTY (x)\n"
            "9 mprotect(0x5db000, 28672, PROT_READ) = 0\n9 rseq(0xafbdce0, 0x20, 0, 0x53053053) = 0\n"
            '9 write(1, "0x7f0000001000", 14) = 14\n')
    equal(lines(text), ["brk(NULL) = brk", "brk(brk+0xd40) = brk+0xd40", "set_tid_address(brk+0x690) = <1>",
                        "mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = map1",
                        "mmap(map1+0x1000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0x1000) = map1+0x1000",
                        "munmap(map1, 8192) = 0", "ioctl(0, TCGETS, addr) = -1 ENOTTY (x)",
                        "mprotect(0x5db000, 28672, PROT_READ) = 0", "rseq(brk+0xce0, 0x20, 0, 0x53053053) = 0",
                        'write(1, "0x7f0000001000", 14) = 14'])
    # A new program has a new heap; a child has its parent's mappings.
    text = ("9 brk(NULL) = 0x1000000\n9 mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, -1, 0) = 0x7f0000000000\n9 fork() = 10\n"
            '10 munmap(0x7f0000000000, 4096) = 0\n10 execve("/bin/x", ["x"], 0x1000010 /* 3 vars */) = 0\n'
            "10 brk(NULL) = 0x2000000\n10 munmap(0x7f0000000000, 4096) = -1 EINVAL (Invalid argument)\n")
    equal(lines(text, "1.1"), ["munmap(map1, 4096) = 0", 'execve("/bin/x", ["x"], brk+0x10 /* 3 vars */) = 0',
                               "brk(NULL) = brk", "munmap(addr, 4096) = -1 EINVAL (Invalid argument)"])


def chance():
    text = ("1 clock_gettime(CLOCK_REALTIME, {tv_sec=17, tv_nsec=4}) = 0\n1 nanosleep({tv_sec=1, tv_nsec=0}, NULL) = 0\n"
            '1 getrandom("\\x11\\x22", 2, 0) = 2\n1 times({tms_utime=1, tms_stime=2}) = 4294967\n'
            "1 sysinfo({uptime=3, loads=[1, 2, 3], totalram=512}) = 0\n"
            '1 fstat(3, {st_dev=makedev(0, 0x2), st_ino=77, st_mode=S_IFREG|0644, st_mtime=4 /* 1970 */}) = 0\n'
            '1 readlink("/proc/self/fd/1", "pipe:[812]", 99) = 10\n')
    equal(lines(text), ["clock_gettime(CLOCK_REALTIME, {tv_sec=T, tv_nsec=T}) = 0",
                        "nanosleep({tv_sec=1, tv_nsec=0}, NULL) = 0", "getrandom(RANDOM, 2, 0) = 2",
                        "times({tms_utime=T, tms_stime=T}) = T", "sysinfo({uptime=T, loads=T, totalram=T}) = 0",
                        "fstat(3, {st_dev=N, st_ino=N, st_mode=S_IFREG|0644, st_mtime=N}) = 0",
                        'readlink("/proc/self/fd/1", "pipe:[N]", 99) = 10'])


def rubbish():
    """Whatever the text is, there is a Trace."""
    for text in ("", "\n\n", "no trace at all\n", "12 mremap(\n", "12 munmap(junk) = 0\n12 brk() = 0x\n12 mmap() = 0x10\n",
                 "5 <... read resumed>) = 0\n", "--- ---\n+++ +++\n", "1 clone(stack=0x10) = 1\n", '1 f("\\', "\0\xff" * 9):
        T.read(text)
    equal(T.read("no trace at all\n").noise, ["no trace at all"])


def rows():
    a = "1 getuid() = 0\n1 close(3) = 0\n1 getpid() = 1\n"
    equal(marks(a, a), "   |")
    equal(marks(a, a.replace("close(3) = 0", "close(3) = -1 EBADF (x)")), " ! |")
    equal(marks(a, "1 getuid() = 0\n1 getpid() = 1\n"), " < |")
    equal(marks("1 getuid() = 0\n", "1 getgid() = 0\n1 getuid() = 0\n"), "> |")
    equal(marks("1 fork() = 2\n2 getuid() = 0\n", "1 fork() = -1 EAGAIN (x)\n"), "!|<|")


def timing():
    """A futex more or less, and a signal at another moment, is no difference; a signal that never comes is."""
    a = "1 getuid() = 0\n1 futex(0x10, FUTEX_WAKE, 1) = 0\n1 getpid() = 1\n"
    equal(marks(a, "1 getuid() = 0\n1 getpid() = 1\n"), " ~ |")
    a = "1 getuid() = 0\n1 --- SIGUSR1 {si_pid=1} ---\n1 getpid() = 1\n"
    b = "1 getuid() = 0\n1 getpid() = 1\n1 --- SIGUSR1 {si_pid=1} ---\n"
    equal(marks(a, b), " ~ ~|")
    equal(T.read(a).processes["1"].signals, T.read(b).processes["1"].signals)
    # Of two SIGCHLD at once one is left, by chance whose; another status of the same child is a difference.
    chld = "--- SIGCHLD {si_pid=<%s>, si_status=%d} ---"
    both = [chld % ("1.1", 0), chld % ("1.2", 0)]
    marked = lambda left, right: "".join(r.mark for r in compare.signal_rows(left, right))
    equal(marked(both, both[:1]), "~")
    equal(marked(both[:1], both[1:]), "~")
    equal(marked(both, []), "<<")
    equal(marked(both, [both[0], chld % ("1.2", 7)]), "!")
    # So it is with which child ended first.
    a = "".join("1 fork() = %d\n" % n for n in (2, 3)) + "1 wait4(-1, NULL, 0, NULL) = 2\n1 wait4(-1, NULL, 0, NULL) = 3\n"
    b = a.replace("NULL) = 2", "NULL) = x").replace("NULL) = 3", "NULL) = 2").replace("NULL) = x", "NULL) = 3")
    equal(marks(a, b), "  ~~|")
    equal(T.read(a).processes["1"].signals, T.read(b).processes["1"].signals)
    equal(marks(a, a.replace("1 wait4(-1, NULL, 0, NULL) = 3\n", "1 wait4(-1, NULL, 0, NULL) = -1 ECHILD (x)\n")), "  ~>~~|")


def thread_pairs():
    """Threads are paired by what they did; forked processes by when they were made."""
    def made(kind, *calls):
        flags = "CLONE_VM" if kind == "thread" else "SIGCHLD"
        return "".join("1 clone(child_stack=NULL, flags=%s) = %d\n" % (flags, 2 + i) for i in range(len(calls))) + "".join(
            "%d %s\n" % (2 + i, c) for i, c in enumerate(calls))
    a, b = ["gettid() = 2", "getuid() = 0"], ["getuid() = 0", "gettid() = 3"]
    equal(marks(made("thread", *a), made("thread", *b)), "  | | |")
    equal(marks(made("process", *a), made("process", *b)).count("<"), 2)


TESTS = [halves, pids, addresses, chance, rubbish, rows, timing, thread_pairs]
