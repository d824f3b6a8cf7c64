# SPDX-License-Identifier: MIT
"""
Read what `strace -f -o FILE` and `walk --syscalls -f` write, and take out of it what differs from run to run.

    trace = read(text)                  # a Trace: processes by label, each with its calls and its signals
    trace.lines()                       # {label: [normalised line, ...]}: what two kernels must agree on

This is the one normaliser: tools/compare.py shows its lines side by side, tests/golden holds walk to strace with it.

What is replaced, and by what:
  pids         <1> is the first process, <1.2> its second child (or thread), in the order of its own forks; <outer>
               are those that are not of the trace.  So a label does not depend on who ran first.
  addresses    brk+0x1000 (from the program's first break on), map3+0x40 (the third mapping of <1>; map1@1.2 is the
               first that <1.2> made), `stack` for what clone was given, in the thread that runs on it, `addr` for the
               first stack and a position-independent image.  An address below 4 GB
               outside the heap belongs to an image that is linked where it runs, and stays as it is.
  time         what a clock said, and CPU time used, is T.  Intervals that the program itself asked for stay.
  the rest     random bytes, inode numbers, free space, load: by a word in their place

A call whose mere presence depends on who ran when (a futex wait, a restarted call) is marked `timing`, and so is a
signal with its rt_sigreturn, and a wait for any child: when it came is chance, that it came is not.
Process.signals has these sorted.
"""
import re

STRING = r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?'
PREFIX = re.compile(r"^(?:\[pid +(\d+)\] +|(\d+) +)?(?:(?:\d+|\d\d:\d\d:\d\d)\.\d+ +)?(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\)\s*= (.*?)(?: <\d+\.\d+>)?$", re.S)
BEGUN = re.compile(r"^(\w+)\((.*?) ?<unfinished \.\.\.>\)?(?:\s*= \?)?$", re.S)
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$", re.S)
SIGNAL = re.compile(r"^--- (.*) ---$")
END = re.compile(r"^\+\+\+ (.*) \+\+\+$")

COMM = re.compile(r'(?:execve|execveat)\((?:[^",]*, )?"([^"]*)"|prctl\(PR_SET_NAME, "([^"]*)"')

FORKS = {"fork", "vfork", "clone", "clone3"}
TIMING = {"futex", "restart_syscall", "sched_yield", "rt_sigreturn"}
# Calls that return a pid, and the arguments (from 0) that are one.
PID_RETURNED = FORKS | {"getpid", "gettid", "getppid", "getpgrp", "getpgid", "setsid", "getsid", "wait4", "waitpid",
                        "set_tid_address"}
PID_ARGUMENT = {"kill": [0], "tkill": [0], "tgkill": [0, 1], "wait4": [0], "waitid": [1], "setpgid": [0, 1], "getpgid": [0],
                "getsid": [0], "prlimit64": [0], "sched_setaffinity": [0], "sched_getaffinity": [0], "futex": [2],
                "sched_setscheduler": [0], "sched_getscheduler": [0], "sched_setparam": [0], "sched_getparam": [0],
                "rt_sigqueueinfo": [0], "rt_tgsigqueueinfo": [0, 1], "pidfd_open": [0], "ptrace": [1],
                "getpriority": [1], "setpriority": [1], "process_vm_readv": [0], "process_vm_writev": [0],
                "sched_getattr": [0], "sched_setattr": [0], "get_robust_list": [0], "clock_getcpuclockid": [0]}
PID_FIELD = re.compile(r"\b(si_pid=|l_pid=|(?:parent_tid|child_tid|pidfd)=\[|TIOC[GS]PGRP, \[|TIOCGSID, \[|pid=)(-?\d+)")
CLOCKS = {"clock_gettime", "gettimeofday", "time", "times", "getrusage", "getitimer", "timer_gettime", "timerfd_gettime",
          "adjtimex", "clock_adjtime"}
MACHINE = {"sysinfo", "getcpu"}
# Fields that no two machines share.
FIELDS = re.compile(r"\b(st_ino|st_blocks|st_blksize|st_[amc]time(?:_nsec)?|stx_ino|stx_blocks|stx_mnt_id|f_blocks|f_bfree|"
                    r"f_bavail|f_files|f_ffree|si_utime|si_stime|ru_\w+|d_ino|d_off)=(?:\{[^}]*\}|[^,}]*?)"
                    r"(?: /\* [^*]* \*/)?(?=[,}])")
DEVICE = re.compile(r"\b(st_dev|stx_dev_major|stx_dev_minor)=(?:makedev\([^)]*\)|\w+)")
TV = re.compile(r"\b(tv_sec|tv_nsec|tv_usec)=-?\d+(?: /\* [^*]* \*/)?")
NOT_ADDRESSES = {0x53053053}            # rseq's signature
BIG = 1 << 32


class Event:
    """One line of the trace, put together from its halves."""

    def __init__(self, pid, kind, name, args, ret, line):
        self.pid, self.kind, self.name, self.args, self.ret, self.line = pid, kind, name, args, ret, line
        self.text = None                # the normalised line

    @property
    def any_child(self):
        """Did it wait for whichever child would end first, and got one?"""
        return self.name in ("wait4", "waitid") and re.match(r"-1,|P_ALL,", self.args) and (
            self.name == "waitid" and not self.errno or (self.value or 0) > 0)

    @property
    def timing(self):
        return self.kind == "signal" or self.name in TIMING or self.ret.startswith("? ERESTART") or bool(self.any_child)

    @property
    def errno(self):
        m = re.match(r"-1 (E\w+)|\? (ERESTART\w+)", self.ret)
        return m and (m.group(1) or m.group(2))

    @property
    def value(self):
        """The result as a number, or None."""
        m = re.match(r"0x[0-9a-f]+|-?\d+", self.ret)
        return int(m.group(), 0) if m else None


class Process:
    def __init__(self, label, pid):
        self.label, self.pid = label, pid
        self.comm = ""
        self.thread = False             # shares its parent's memory
        self.stack = None               # the address that clone was given for it
        self.events = []                # calls and signals in order, the end last
        self.end = ""

    @property
    def calls(self):
        return [e for e in self.events if e.kind == "call"]

    @property
    def signals(self):
        """The signals, and the children that ended, whenever that was."""
        return sorted(e.text for e in self.events if e.kind == "signal" or e.any_child)


class Trace:
    def __init__(self):
        self.processes = {}             # label: Process, in the order of their first line
        self.noise = []                 # lines that are none of a trace
        self.pids = {}                  # pid: label

    def lines(self, timing=False):
        """{label: its normalised lines}; calls that depend on timing, and signals, only when asked for."""
        return {p.label: [e.text for e in p.events if timing or not e.timing] for p in self.processes.values()}

    def output(self, text):
        """What the program printed, with its pids and addresses replaced."""
        text = pids_in_text(text, self.pids)
        return re.sub(r"\b0x[0-9a-f]{9,}\b|\b[0-9a-f]{12}\b", "addr", text)


def pids_in_text(text, labels):
    """Replace pids that a program printed.  A small number may be anything else."""
    return re.sub(r"(?<!\d)\d{4,}(?!\d)", lambda m: "<%s>" % labels[int(m.group())] if int(m.group()) in labels
                  else m.group(), text)


class Space:
    """The address space of a process, as far as the trace tells."""

    def __init__(self, old=None):
        self.maps = list(old.maps) if old else []       # (start, end, name), the newest last
        self.count = dict(old.count) if old else {}
        self.brk = old.brk if old else None
        self.top = old.top if old else 0

    def name(self, address):
        for start, end, name in reversed(self.maps):
            if start <= address < end or address == start:
                # Where malloc cuts an arena to its alignment depends on where the mapping came to lie.
                if name.startswith("arena") or address == start:
                    return name
                return "%s+%#x" % (name, address - start)
        if self.brk is not None and self.brk <= address <= self.top + (1 << 20):
            return "brk+%#x" % (address - self.brk) if address > self.brk else "brk"
        return "addr" if address >= BIG else None

    def add(self, start, size, label, arena):
        self.count[label] = n = self.count.get(label, 0) + 1
        name = "%s%d%s" % ("arena" if arena else "map", n, "" if label == "1" else "@" + label)
        self.maps = [m for m in self.maps if m[1] <= start or m[0] >= start + size]
        self.maps.append((start, start + size, name))


def number(text):
    """What an argument begins with as a number, 0 when it is none."""
    m = re.match(r"0x[0-9a-f]+|\d+", text)
    return int(m.group(), 0) if m else 0


def split_args(text):
    """The arguments of a call: split at the commas outside strings and brackets."""
    args, depth, start = [], 0, 0
    for m in re.finditer(STRING + r"|/\*.*?\*/|[(\[{]|[)\]}]|, ?", text, re.S):
        t = m.group()
        if t in "([{":
            depth += 1
        elif t in ")]}":
            depth -= 1
        elif t[0] == "," and depth == 0:
            args.append(text[start:m.start()])
            start = m.end()
    return args + [text[start:]] if text.strip() else []


def parse(text):
    """The events in the order in which they began, and the lines that are none."""
    events, noise, begun = [], [], {}
    for line in text.splitlines():
        m = PREFIX.match(line)
        pid, body = int(m.group(1) or m.group(2) or 0), m.group(3)
        if m := RESUMED.match(body):
            e = begun.pop((pid, m.group(1)), None)
            if e is None:
                if m.group(1) != "execve":
                    noise.append(line)
                continue
            body = e.line + m.group(2)
            if m := CALL.match(body):
                e.args, e.ret, e.line = m.group(2), m.group(3).strip(), body
        elif m := BEGUN.match(body):
            e = Event(pid, "call", m.group(1), m.group(2), "?", "%s(%s" % m.groups())
            begun[pid, e.name] = e
            events.append(e)
        elif m := CALL.match(body):
            events.append(Event(pid, "call", m.group(1), m.group(2), m.group(3).strip(), body))
        elif m := SIGNAL.match(body):
            events.append(Event(pid, "signal", m.group(1).split()[0], m.group(1), "", body))
        elif m := END.match(body):
            events.append(Event(pid, "end", "", m.group(1), "", body))
        elif body.strip():
            noise.append(line)
    return events, noise


def label_pids(events):
    """{pid: label}, {child: (parent, shares memory, the stack that it was given)}"""
    parents, labels, count = {}, {}, {}
    for e in events:
        if e.name in FORKS and (e.value or 0) > 0:
            stack = re.search(r"stack=(0x[0-9a-f]+)", e.args)
            parents.setdefault(e.value, (e.pid, e.name == "vfork" or "CLONE_VM" in e.args,
                                         int(stack.group(1), 0) if stack else None))
    roots = [p for p in dict.fromkeys(e.pid for e in events) if p not in parents]
    for i, pid in enumerate(roots):
        labels[pid] = "1" if i == 0 else "?%d" % i
    for e in events:
        if e.name in FORKS and (e.value or 0) > 0 and e.value not in labels:
            parent = labels.get(e.pid, "?")
            count[parent] = count.get(parent, 0) + 1
            labels[e.value] = "%s.%d" % (parent, count[parent])
    return labels, parents


class Normaliser:
    def __init__(self, labels):
        self.labels = labels
        self.random = {}                # (label, fd) of /dev/urandom

    def pid(self, text, outer=False):
        n = int(text)
        if n in self.labels and n > 0:
            return "<%s>" % self.labels[n]
        if -n in self.labels and n < -1:
            return "-<%s>" % self.labels[-n]
        return "<outer>" if outer and n > 0 else text

    def addresses(self, text, space):
        """Replace addresses outside strings, and in strings the names that carry a number of the moment."""
        def one(m):
            t = m.group()
            if t[0] == '"':
                t = re.sub(r"\b(pipe|socket):\[\d+\]", r"\1:[N]", t)
                t = re.sub(r"(?<=/proc/)\d+", lambda m: self.pid(m.group()), t)
                return pids_in_text(t, self.labels)
            value = int(t, 16)
            return (space.name(value) if value not in NOT_ADDRESSES and value > 0xffff else None) or t
        return re.sub(STRING + r"|\b0x[0-9a-f]+\b", one, text, flags=re.S)

    def call(self, e, label, space):
        """Normalise one call, and note in `space` what it did to memory."""
        args = split_args(e.args)
        ret = e.ret
        sizes = {"mmap": 1, "mremap": 2}
        if e.name in sizes and not e.errno and e.value is not None and len(args) > sizes[e.name]:
            size = number(args[sizes[e.name]])
            args[0] = self.addresses(args[0], space)        # its name before this call
            if "MAP_FIXED" not in e.args or space.name(e.value) in (None, "addr"):
                space.add(e.value, size, label, "MAP_NORESERVE" in e.args and size == 1 << 27)
        elif e.name == "brk" and e.value is not None:
            if space.brk is None:
                space.brk = e.value
            space.top = max(space.top, e.value)
        if e.name == "munmap" and len(args) > 1 and (space.name(number(args[0])) or "").startswith("arena"):
            args[1] = "part"
        if e.name == "getrandom" and args:
            args[0] = "RANDOM"
        if e.name in ("open", "openat") and re.search(r'"/dev/u?random"', e.args):
            self.random[label, ret] = True
        elif e.name == "close" and args:
            self.random.pop((label, args[0]), None)
        elif e.name == "read" and args and (label, args[0]) in self.random:
            args[1] = "RANDOM"
        for i in PID_ARGUMENT.get(e.name, ()):
            if i < len(args) and re.fullmatch(r"-?\d+", args[i]):
                args[i] = self.pid(args[i])
        if e.name in ("nanosleep", "clock_nanosleep") and len(args) > 1:
            args[-1] = TV.sub(r"\1=T", args[-1])
        text = self.fields(self.addresses(", ".join(args), space))
        ret = self.fields(self.addresses(ret, space))
        if e.name in PID_RETURNED and re.match(r"\d+", ret):
            ret = self.pid(re.match(r"\d+", ret).group(), e.name not in FORKS)
        elif e.name == "rt_sigreturn":
            ret = "..."
        if e.name in CLOCKS or e.name in MACHINE:
            text = re.sub(r"(?<==)-?\d+(?: /\* [^*]* \*/)?|(?<=\[)-?\d+(?: /\* [^*]* \*/)?(?=\])|(?<=loads=)\[[^]]*\]", "T", text)
            ret = "T" if e.name in ("time", "times") else ret
        ret = re.sub(r"\(left \{.*\}\)", "(left T)", ret)
        e.text = "%s(%s) = %s" % (e.name, text, ret)

    def fields(self, text):
        text = FIELDS.sub(r"\1=N", text)
        text = DEVICE.sub(r"\1=N", text)
        return PID_FIELD.sub(lambda m: m.group(1) + self.pid(m.group(2), True), text)


def read(text):
    """The Trace that a text is."""
    events, noise = parse(text)
    labels, parents = label_pids(events)
    trace = Trace()
    trace.noise, trace.pids = noise, labels
    norm, spaces = Normaliser(labels), {}
    # A child may begin before its parent's fork has returned, but not before it began.
    for e in events:
        label = labels[e.pid]
        p = trace.processes.setdefault(label, Process(label, e.pid))
        if label not in spaces:
            parent, p.thread, p.stack = parents.get(e.pid, (None, False, None))
            old = spaces.get(labels.get(parent))
            spaces[label] = old if p.thread and old else Space(old)
        p.events.append(e)
        if e.kind == "call":
            norm.call(e, label, spaces[label])
            if p.stack and (name := spaces[label].name(p.stack)):
                e.text = re.sub(r"\b%s(?![\w@])" % re.escape(name), "stack", e.text)
            if e.name == "execve" and e.ret == "0":
                spaces[label], p.thread, p.stack = Space(), False, None
            if not e.errno and (m := COMM.match(e.line)):
                p.comm = m.group(m.lastindex).rsplit("/", 1)[-1]
        elif e.kind == "signal":
            e.text = "--- %s ---" % norm.fields(norm.addresses(e.args, spaces[label]))
        else:
            p.end = e.args.replace(" (core dumped)", "")
            e.text = "+++ %s +++" % p.end
    for p in trace.processes.values():
        parent = trace.processes.get(p.label.rsplit(".", 1)[0])
        p.comm = p.comm or (parent.comm if parent else "")
    return trace
