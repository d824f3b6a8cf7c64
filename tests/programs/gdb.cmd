# SPDX-License-Identifier: MIT
# Breakpoints, steps, a hardware watchpoint, frames: what gdb says is the same on both kernels.
set pagination off
set confirm off
set width 0
set print inferior-events off
break main
run
bt
next
next
watch counter
continue
bt
continue
delete
stepi
stepi
info registers rip
break inner
tbreak outer
continue
finish
delete
info threads
continue
quit
