#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
lab.py N [--auto] [--lang zh-CN]   a lab as a session: it asks what you expect, looks at the live machine, explains

`make lab N=01` runs it.  The lab's program is booted as /init under QEMU with a gdb server.  labs/N-*/lab.toml tells
where to stop, what to ask and how the machine answers; nothing that is called right was written down beforehand: the
registers and the memory of the stopped machine decide.  --auto gives the answers of the file itself and ends with
status 1 if the machine does not agree with one of them.

    [[step]]                 in this order: tell, the questions, then the machine goes on, the verdicts, show
    boot                     first a new machine, with this on the kernel's command line
    tell.en, tell.zh         text
    go, if                   a label or function to run to, or a list of them, and a condition (a gdb expression)
    do                       gdb commands when it is there, for instance `set $x = $rsp`
    show                     lines with values: {EXPRESSION:FORMAT}, formats x u d (numbers) s (symbol) i (instruction)
    [[step.ask]]             en, zh: the question; why.en, why.zh: the explanation; one of
      choices, answer        {en, zh, is}: the choice whose `is` holds on the machine is right; answer = "a"
      value, answer          a number; the answer is an expression, counted out before the machine goes on
      words, answer          a list of words; each expression of `words` must hold for the answer to be right
"""
import argparse
import glob
import json
import os
import re
import select
import socket
import subprocess
import sys
import textwrap
import tomllib

import vm as V
from vm import Archive, VM, VMError, BUILD, TOP

OUT = os.path.join(BUILD, "labs")
# As tools/walk.py compiles a C file: the addresses are the same everywhere.
CFLAGS = ["-O1", "-g", "-std=gnu11", "-static", "-fno-omit-frame-pointer", "-pthread"]
LANGUAGES = {"en": "en", "zh-CN": "zh"}
WORDS = {
    "starting": ("The machine boots ...", "机器正在启动 ……"),
    "question": ("Question %d", "问题 %d"),
    "prompt": ("your answer (empty: show me; q: leave) > ", "你的回答(直接回车:看答案;q:退出)> "),
    "letter": ("one of the letters, please", "请输入选项前的字母"),
    "number": ("no number that gdb understands: %s", "gdb 看不懂这个数:%s"),
    "right": ("Right.", "对。"),
    "wrong": ("The machine says: %s", "机器给出的答案是:%s"),
    "told": ("It is: %s", "答案是:%s"),
    "score": ("%d of %d predictions were right.", "%d / %d 个预测正确。"),
    "next": ("Read on in labs/%s/README.md: what to try next.", "接下来请看 labs/%s/README.zh-CN.md 的“继续尝试”一节。"),
    "broken": ("The file and the machine disagree.", "脚本和机器不一致。"),
}


def default_language():
    """That of the terminal, if it is one of ours."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-CN" if name.startswith("zh") else "en"


class LabError(Exception):
    pass


def all_labs():
    return sorted(os.path.basename(os.path.dirname(p)) for p in glob.glob(os.path.join(TOP, "labs", "*", "lab.toml")))


def find(number):
    """The directory of a lab by its number, `1` or `01`, or its name."""
    labs = all_labs()
    for lab in labs:
        if number in (lab, lab.split("-")[0], lab.split("-")[0].lstrip("0"), lab.partition("-")[2]):
            return lab
    known = "\n".join("    " + lab for lab in labs)
    if not number:
        raise LabError("which lab? For instance: make lab N=01\n%s" % known)
    raise LabError("there is no lab %r; there are\n%s" % (number, known))


def build(lab):
    """The lab's program."""
    sources = glob.glob(os.path.join(TOP, "labs", lab, "*.c"))
    if len(sources) != 1:
        raise LabError("labs/%s has %d C files" % (lab, len(sources)))
    name = os.path.splitext(os.path.basename(sources[0]))[0]
    return V.cc(sources[0], os.path.join(OUT, lab, name), CFLAGS)


def archive_of(program):
    """An archive that has the program as /init."""
    a = Archive()
    a.copy(program, "init")
    return a.write(program + ".cpio")


class Machine:
    """gdb, connected to the guest; requests and answers as lab_gdb.py has them."""

    def __init__(self, program, port, vmlinux, timeout):
        ours, theirs = socket.socketpair()
        self.timeout = timeout
        self.sock = ours
        self.buf = b""
        self.gdb = subprocess.Popen(
            ["gdb", "-nx", "-batch", "-ex", "set architecture i386:x86-64", "-ex", V.GDB_PATIENCE, vmlinux,
             "-ex", "target remote 127.0.0.1:%d" % port, "-x", os.path.join(TOP, "tools", "lab_gdb.py")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=TOP,
            pass_fds=[theirs.fileno()], env=dict(os.environ, LAB_FD=str(theirs.fileno()), LAB_PROGRAM=program))
        theirs.close()
        self.answer("the program's main()")

    def answer(self, what):
        while b"\n" not in self.buf:
            if not select.select([self.sock], [], [], self.timeout)[0]:
                raise LabError("nothing came within %d s: %s" % (self.timeout, what))
            data = self.sock.recv(65536)
            if not data:
                raise LabError("gdb ended at: %s\n%s" % (what, self.gdb.communicate()[0][-2000:]))
            self.buf += data
        line, self.buf = self.buf.split(b"\n", 1)
        answer = json.loads(line)
        if "error" in answer:
            raise LabError("%s: %s" % (what, answer["error"]))
        return answer

    def ask(self, **request):
        self.sock.sendall(json.dumps(request).encode() + b"\n")
        return self.answer(" ".join(str(v) for v in request.values()))

    def eval(self, expr):
        return self.ask(eval=expr)["value"]

    def do(self, command):
        return self.ask(do=command)["value"]

    def go(self, places, condition=None):
        return self.ask(go=places, **({"if": condition} if condition else {}))["at"]

    def close(self):
        self.sock.close()
        try:
            self.gdb.wait(10)
        except subprocess.TimeoutExpired:
            self.gdb.kill()

    def show(self, text):
        """Fill in {EXPRESSION:FORMAT}."""
        return re.sub(r"\{([^{}]+):([xudsi])\}", lambda m: self.format(m[1], m[2]), text)

    def format(self, expr, how):
        if how == "s":
            m = re.match(r"(\S+)(?: \+ (\d+))? in section", self.do("info symbol %s" % expr))
            return "?" if not m else m[1] + ("+%#x" % int(m[2]) if m[2] else "")
        if how == "i":
            return " ".join(self.do("x/i %s" % expr).split(":", 1)[1].split())
        value = self.eval(expr)
        if how == "d":
            return str(value - (1 << 64) if value >> 63 else value)
        return "%#x" % value if how == "x" else str(value)


class Session:
    def __init__(self, lab, opts, out=print):
        self.lab, self.opts, self.out = lab, opts, out
        self.lang = LANGUAGES[opts.lang]
        self.asked = self.right = 0
        with open(os.path.join(TOP, "labs", lab, "lab.toml"), "rb") as f:
            self.data = tomllib.load(f)

    def word(self, key):
        return WORDS[key][self.lang == "zh"]

    def text(self, item):
        """The text in the session's language, with its values; with --auto all languages must have sound ones."""
        if self.opts.auto:
            for lang in LANGUAGES.values():
                self.machine.show(item[lang])
        return self.machine.show(item[self.lang])

    def say(self, text, indent=""):
        """Paragraphs, filled for a terminal; lines that begin with blanks stay as they are."""
        for part in re.split(r"\n(?=\n|\s)|\n\n", text.strip("\n")):
            if self.lang == "zh" or part.startswith(" ") or "\n " in part:
                self.out(textwrap.indent(part.replace("\n", "\n"), indent))
            else:
                self.out(textwrap.fill(" ".join(part.split()), 96, initial_indent=indent, subsequent_indent=indent))

    def read(self, question):
        """What the user types: None for `show me`."""
        if self.opts.auto:
            self.out("  > " + question["answer"])
            return question["answer"]
        try:
            text = input("  " + self.word("prompt")).strip()
        except EOFError:
            raise KeyboardInterrupt from None
        if text == "q":
            raise KeyboardInterrupt
        return text or None

    def predict(self, question):
        """Put the question, and take an answer that makes sense: it, and the number that it means now."""
        self.asked += 1
        self.out("")
        self.say(self.word("question") % self.asked + ": " + self.text(question))
        for letter, choice in zip("abcdefgh", question.get("choices", [])):
            self.say("%s) %s" % (letter, self.text(choice)), "   ")
        while True:
            text = self.read(question)
            if text is None:
                return None
            if "choices" in question and text not in list("abcdefgh")[:len(question["choices"])]:
                self.out("  " + self.word("letter"))
            elif "value" in question:
                try:
                    return self.machine.eval(text)
                except LabError as e:
                    self.out("  " + self.word("number") % str(e).rsplit(": ", 1)[-1])
            else:
                return text
            if self.opts.auto:
                raise LabError("the file's own answer %r makes no sense" % text)

    def truth(self, question):
        """The right answer, as the stopped machine has it, and the same to be read."""
        if "choices" in question:
            true = [c for c in question["choices"] if self.machine.eval(c["is"])]
            if len(true) != 1:
                raise LabError("%d choices are right here: %s" % (len(true), question["en"]))
            letter = "abcdefgh"[question["choices"].index(true[0])]
            return letter, "%s) %s" % (letter, true[0][self.lang])
        if "value" in question:
            value = self.machine.eval(question["value"])
            return value, self.machine.format(question["value"], question.get("format", "x"))
        for expr in question["words"]:
            if not self.machine.eval(expr):
                raise LabError("does not hold on the machine: %s" % expr)
        return question["answer"].split(), question["answer"]

    def judge(self, question, answer):
        true, text = self.truth(question)
        if "words" in question and answer is not None:
            answer = re.findall(r"[\w-]+", answer)
        self.out("")
        if answer == true:
            self.right += 1
            self.out("  " + self.word("right") + " " + text)
        else:
            self.out("  " + self.word("told" if answer is None else "wrong") % text)
            if self.opts.auto:
                raise LabError(self.word("broken") + " " + question["en"])
        if "why" in question:
            self.say(self.text(question["why"]), "  ")

    def step(self, step):
        if "tell" in step:
            self.out("")
            self.say(self.text(step["tell"]))
        answers = [self.predict(q) for q in step.get("ask", [])]
        if "go" in step:
            places = step["go"] if isinstance(step["go"], list) else [step["go"]]
            reached = self.machine.go(places, step.get("if"))
            if "ask" in step or "show" in step:
                self.out("")
                self.out("  --> " + reached)
        for command in step.get("do", []):
            self.machine.do(command)
        for question, answer in zip(step.get("ask", []), answers):
            self.judge(question, answer)
        if "show" in step:
            self.out("")
        for line in step.get("show", []):
            self.out("      " + self.machine.show(line))

    def boot(self, program, archive, append, steps):
        port = V.free_port()
        append = "console=ttyS0 panic=-1 " + append
        self.out(self.word("starting") + (" " + append if self.opts.verbose else ""))
        # Time counts instructions: the same session each time. With sleep=off each stop would move the clock.
        with VM(self.opts.kernel, archive, append.strip(), mem="256M", gdb=port, stopped=True,
                extra=["-icount", "shift=0"]) as vm:
            try:
                self.machine = Machine(program, port, self.opts.vmlinux, self.opts.timeout)
                try:
                    for step in steps:
                        self.step(step)
                finally:
                    self.machine.close()
            except LabError as e:
                try:
                    vm.wait(0.3)
                except VMError:
                    pass
                raise LabError("%s\n%s" % (e, vm.tail(8))) from None

    def run(self):
        program = build(self.lab)
        archive = archive_of(program)
        self.out(self.data["title"][self.lang])
        boots = [["", []]]
        for step in self.data["step"]:
            if "boot" in step:
                boots.append([step["boot"], []])
            boots[-1][1].append(step)
        for append, steps in boots:
            if steps:
                self.boot(program, archive, append, steps)
        self.out("")
        self.out(self.word("score") % (self.right, self.asked))
        self.out(self.word("next") % self.lab)


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("lab", nargs="?", default="", metavar="N")
    p.add_argument("--auto", action="store_true", help="give the right answers, for tests and for reading")
    p.add_argument("--lang", choices=sorted(LANGUAGES), default=default_language())
    p.add_argument("--build", action="store_true", help="only compile the program, and say where it is")
    p.add_argument("--kernel", default=V.BZIMAGE)
    p.add_argument("--vmlinux", default=V.VMLINUX)
    p.add_argument("-v", "--verbose", action="store_true")
    p.add_argument("--timeout", type=int, default=60, help="seconds that one step may take")
    opts = p.parse_args()
    try:
        lab = find(opts.lab)
        if opts.build:
            print(build(lab))
            return 0
        for f in (opts.kernel, opts.vmlinux):
            if not os.path.exists(f):
                raise LabError("%s is not there: run 'make' first" % f)
        Session(lab, opts).run()
    except (LabError, VMError) as e:
        print("lab: %s" % e, file=sys.stderr)
        return 1
    except FileNotFoundError as e:
        print("lab: %s is not installed (make deps installs it)" % e.filename, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 130 if opts.auto else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
