# SPDX-License-Identifier: MIT
"""All commands and functions: importing a file defines what is in it."""
import lx.kernel        # noqa: F401  lx-version lx-cmdline lx-dmesg lx-cpus lx-interruptlist lx-symbols
import lx.tasks         # noqa: F401  lx-ps lx-current
import lx.stack         # noqa: F401  lx-bt lx-task lx-stack lx-regs lx-switch
import lx.mm            # noqa: F401  lx-vmas lx-pgtable
import lx.sched         # noqa: F401  lx-runqueues lx-timerlist
import lx.locks         # noqa: F401  lx-locks
import lx.files         # noqa: F401  lx-fdtable lx-mounts
import lx.syscalls      # noqa: F401  lx-syscall
import lx.trace         # noqa: F401  lx-trace
