# SPDX-License-Identifier: MIT
"""A struct pt_regs in words: its slots, the flags, how the task came in.  For lx-regs and lx-stack."""
from lx.base import read, symbol_at
from lx import syscalls, unwind

# From the lowest address up, as in the struct; gdb's name of the register where it differs.
SLOTS = ("r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di", "orig_ax",
         "ip", "cs", "flags", "sp", "ss")
CALLEE_SAVED = {"r15": "r15", "r14": "r14", "r13": "r13", "r12": "r12", "bp": "rbp", "bx": "rbx"}
FLAGS = ((0, "CF"), (2, "PF"), (4, "AF"), (6, "ZF"), (7, "SF"), (8, "TF"), (9, "IF"), (10, "DF"), (11, "OF"),
         (14, "NT"), (16, "RF"), (17, "VM"), (18, "AC"), (19, "VIF"), (20, "VIP"), (21, "ID"))
SEGMENTS = {0x33: "__USER_CS: 64-bit user code", 0x23: "__USER32_CS: 32-bit user code", 0x2b: "__USER_DS",
            0x10: "__KERNEL_CS", 0x18: "__KERNEL_DS", 0: "null"}


def flag_names(flags):
    names = [name for bit, name in FLAGS if flags >> bit & 1]
    iopl = flags >> 12 & 3
    return " ".join(names + (["IOPL=%d" % iopl] if iopl else []))


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def from_fast_path(stack):
    """
    entry_SYSCALL_64 called through the table itself and did not save rbx, rbp, r12 to r15: the word below pt_regs
    returns behind `call *sys_call_table(,%rax,8)`, ff 14 c5.
    """
    ret = stack.ret(stack.regs() - 8)
    return unwind.in_entry_text(ret) and read(ret - 7, 3) == b"\xff\x14\xc5"


def meaning(name, value, label):
    """What a slot's value says; label is the entry code that the task came through, or None."""
    if name == "flags":
        return flag_names(value)
    if name in ("cs", "ss"):
        return SEGMENTS.get(value, "")
    if name == "orig_ax":
        if value >> 63:
            return "no system call to restart"
        if syscalls.is_call(label):
            return "system call %s" % syscalls.call_name(value & 0xffffffff, "INT80" in label)
        return ""
    if name == "ax" and syscalls.is_call(label):
        return {-38: "-ENOSYS: not answered yet"}.get(signed(value), "")
    if value >> 47:
        return symbol_at(value) or ""
    return ""
