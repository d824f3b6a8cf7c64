# SPDX-License-Identifier: MIT
#
# Vitrix: one Makefile, no recursion, no configuration step.
#
#   every .c and .S under $(DIRS)  -> $(B)/obj/...o --+
#   syscalls.tbl -> table, prototypes, ni.lds --------+-> vmlinux.0 -> kallsyms.S -> vmlinux
#   arch/x86/kernel/vmlinux.lds.S -> vmlinux.lds -----+                                |
#   arch/x86/boot/setup.S -> setup.bin ----------------- bzImage <- payload.bin -------+
#
# A new source file needs no line here. `make help` lists the targets.
# DEBUG=1 builds with CONFIG_DEBUG into build/debug; V=1 shows the commands.

# Parallel unless told how many jobs; a make started by a make shares its jobs.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:

CC	:= gcc
LD	:= ld
OBJCOPY	:= objcopy
NM	:= nm
PYTHON	:= python3
QEMU	?= qemu-system-x86_64

B	:= build$(if $(filter 1,$(DEBUG)),/debug)
G	:= $(B)/include/generated
ZLIB	:= build/zlib
DIRS	:= arch/x86 init kernel mm fs tty net drivers lib trace $(if $(filter 1,$(DEBUG)),selfcheck)

Q	:= $(if $(filter 1,$(V)),,@)
say	= $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# ---- flags --------------------------------------------------------------------------------------

# <stddef.h>, <stdarg.h>, <stdbool.h> are the compiler's own.
GCC_INC	:= $(shell $(CC) -print-file-name=include 2>/dev/null)
INCLUDES := -I include -I arch/x86/include -I $(B)/include -isystem $(B)/uapi -isystem $(GCC_INC) \
	    -include vitrix/kconfig.h
KFLAGS	:= -O2 -g -std=gnu11 -ffreestanding -nostdinc -mcmodel=kernel -fno-pic -fno-pie \
	   -mno-red-zone -mgeneral-regs-only -fno-optimize-sibling-calls -fno-omit-frame-pointer \
	   -fno-strict-aliasing -fwrapv -fno-common -fcf-protection=none \
	   -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks
# The word that guards a stack frame is the running task's: kernel/stackprotector.c.
STACKPROT := -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=gs \
	   -mstack-protector-guard-symbol=__stack_chk_guard
# Their functions cannot be watched: the tracer itself goes through them.
NOTRACE	:= trace/% selfcheck/% arch/x86/kernel/text_poke arch/x86/kernel/ftrace arch/x86/kernel/nmi \
	   arch/x86/kernel/apic/hw_nmi arch/x86/kernel/dumpstack lib/kallsyms kernel/watchdog
# The compiler's own checks, in the DEBUG build; what they report through goes without.
UBSAN	:= -fsanitize=shift,bounds,object-size,bool,unreachable,builtin,vla-bound \
	   -fsanitize=integer-divide-by-zero
# The address sanitizer: tests of the shadow in line. Without it also what touches free memory,
# walks stacks, or runs before there is a shadow. include/vitrix/kasan.h has the offset, too.
KASAN	:= -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 \
	   --param asan-instrumentation-with-call-threshold=1000000 --param asan-globals=1 \
	   --param asan-stack=1 -fsanitize-address-use-after-scope
UNCHECKED := selfcheck/%
UNSHADOWED := $(UNCHECKED) mm/slab $(addprefix arch/x86/kernel/,head64 kaslr pvh nmi text_poke \
	   espfix_64 dumpstack stacktrace)
# Is the file $(1) to be checked, where $(2) are not?
checked	= $(if $(filter 1,$(DEBUG)),$(filter selfcheck/bugs/%,$(1))$(filter-out $(2),$(1)))
SANITIZE = $(if $(call checked,$(1),$(UNCHECKED)),$(UBSAN)) \
	   $(if $(call checked,$(1),$(UNSHADOWED)),$(KASAN))
# What is written in assembly looks at no shadow: selfcheck/kasan.c does, and then calls it.
SHADOWED := sed -E 's/\tcall\t(mem(cpy|move|set)|copy_(to|from)_user)$$/\tcall\tkasan_\1/'
WARN	:= -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare
DEFS	:= $(if $(filter 1,$(DEBUG)),-DCONFIG_DEBUG)
CFLAGS	:= $(KFLAGS) $(STACKPROT) $(WARN) $(DEFS) $(INCLUDES) $(EXTRA_CFLAGS)
AFLAGS	:= $(filter-out -std=%,$(CFLAGS)) -D__ASSEMBLY__
# Z_SOLO alone copies the window byte by byte; HAVE_MEMCPY makes it use ours.
ZFLAGS	:= $(KFLAGS) -fno-stack-protector -w -DZ_SOLO -DHAVE_MEMCPY -Dmemcpy=__builtin_memcpy \
	   -Dmemset=__builtin_memset -Dmemcmp=__builtin_memcmp -isystem $(B)/uapi -isystem $(GCC_INC)
# Real mode: 16-bit code, assembled and linked on its own.
BFLAGS	:= -m16 -march=i386 -Os -g -ffreestanding -nostdinc -fno-pic -fno-pie -mregparm=3 \
	   -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	   -fno-asynchronous-unwind-tables -fno-omit-frame-pointer $(WARN) $(DEFS) $(INCLUDES)
# Runs in the user's programs, at any address.
VFLAGS	:= -O2 -std=gnu11 -ffreestanding -nostdinc -fPIC -fno-stack-protector -fno-common \
	   -fcf-protection=none -fasynchronous-unwind-tables -mgeneral-regs-only -g $(WARN) $(INCLUDES)
VLDFLAGS := -m elf_x86_64 -shared -nostdlib -soname linux-vdso.so.1 --hash-style=both -Bsymbolic \
	   --no-undefined --eh-frame-hdr --build-id=sha1 -z max-page-size=4096 -z noexecstack
V32FLAGS := $(subst -O2,-Os,$(VFLAGS)) -m32 -march=i686 -fomit-frame-pointer
V32LDFLAGS := $(subst linux-vdso,linux-gate,$(subst elf_x86_64,elf_i386,$(VLDFLAGS)))
LDFLAGS	:= -m elf_x86_64 -static -nostdlib -z max-page-size=0x1000 -z noexecstack \
	   --build-id=none --no-warn-rwx-segments

# ---- what there is to build ---------------------------------------------------------------------

LDS_SRC	:= arch/x86/kernel/vmlinux.lds.S
ASMOFF	:= $(wildcard arch/x86/kernel/asm-offsets.c)
SRCS	:= $(sort $(shell find $(wildcard $(DIRS)) -path arch/x86/boot -prune -o \
		\( -name '*.[cS]' ! -name '*.lds.S' ! -name '.*' \) -print))
# User code: linked by itself, a file for the kernel.
VDSO	:= arch/x86/entry/vdso
VDSO_SRC := $(addprefix $(VDSO)/,vclock_gettime.c vgetcpu.c note.S)
VDSO_OBJ := $(patsubst $(VDSO)/%,$(B)/vdso/%.o,$(basename $(VDSO_SRC)))
VDSO32_SRC := $(addprefix $(VDSO)/vdso32/,vclock_gettime.c system_call.S sigreturn.S) $(VDSO)/note.S \
	   $(VDSO)/vgetcpu.c
VDSO32_OBJ := $(patsubst %,$(B)/vdso32/%.o,$(notdir $(basename $(VDSO32_SRC))))
SRCS	:= $(filter-out $(ASMOFF) $(VDSO_SRC) $(VDSO32_SRC),$(SRCS))
OBJS	:= $(patsubst %,$(B)/obj/%.o,$(basename $(SRCS))) $(addprefix $(B)/obj/,\
	   syscall_table_64.o syscall_table_32.o trace_events.o syscalls_metadata.o)
ifneq ($(wildcard lib/gunzip.c),)
ZOBJS	:= $(patsubst %,$(B)/obj/zlib/%.o,inflate inftrees inffast zutil adler32 crc32)
OBJS	+= $(ZOBJS)
endif
SETUP	:= $(patsubst %,$(B)/obj/%.o,$(basename $(wildcard arch/x86/boot/*.S arch/x86/boot/*.c)))
GEN	:= $(G)/syscalls.h $(G)/syscall_nr.h $(G)/trace_events.h $(G)/trace_events_abi.h \
	   $(if $(ASMOFF),$(G)/asm-offsets.h)
UAPI	:= $(B)/uapi/.done
ROOTFS	:= build/rootfs.cpio.gz

dup	:= $(strip $(foreach o,$(sort $(OBJS)),$(if $(filter-out 1,$(words $(filter $(o),$(OBJS)))),$(o))))
ifneq ($(dup),)
$(error X.c and X.S may not share a directory and a name: $(dup))
endif

WALK_SRC := $(wildcard tools/walk/*.c)
WALK_OBJ := $(patsubst tools/walk/%.c,build/obj/walk/%.o,$(WALK_SRC)) build/obj/walk/calls.o
WALK_BIN := build/bin/walk

.PHONY: all run debug test check bench rootfs iso deps clean distclean help FORCE
all: $(B)/vmlinux $(B)/bzImage $(B)/System.map $(WALK_BIN) $(B)/vmlinux-gdb.py

# ---- compile ------------------------------------------------------------------------------------

# Rewritten only when their contents change: a change of flags recompiles, one of the file list
# links again.
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(1))' > $@
$(B)/.flags: FORCE
	$(call stamp,$(CC) $(CFLAGS) $(UBSAN) $(KASAN) $(UNSHADOWED) $(NOTRACE) $(ZFLAGS) $(BFLAGS) \
		$(VFLAGS) $(VLDFLAGS) $(V32FLAGS) $(V32LDFLAGS))
$(B)/.objects: FORCE
	$(call stamp,$(LDFLAGS) $(OBJS))

# gcc's output passes through patchable.awk, which makes room at each function's entry.
$(B)/obj/%.o: %.c $(B)/.flags tools/patchable.awk | $(GEN) $(UAPI)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(call SANITIZE,$*) $(FILE_CFLAGS) -MMD -MP -MT $@ -S -o $(@:.o=.s) $<
	$(Q)$(if $(call checked,$*,$(UNSHADOWED)),$(SHADOWED),cat) $(@:.o=.s) | \
		$(if $(filter $(NOTRACE),$*),cat,awk -f tools/patchable.awk) > $(@:.o=.p.s)
	$(Q)$(CC) -c -o $@ $(@:.o=.p.s)

$(B)/obj/%.o: %.S $(B)/.flags | $(GEN) $(UAPI)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(AFLAGS) -MMD -MP -c -o $@ $<

$(B)/obj/arch/x86/boot/%.o: arch/x86/boot/%.S $(B)/.flags | $(GEN) $(UAPI)
	$(call say,AS16,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(BFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(B)/obj/arch/x86/boot/%.o: arch/x86/boot/%.c $(B)/.flags | $(GEN) $(UAPI)
	$(call say,CC16,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(BFLAGS) -MMD -MP -c -o $@ $<

# The vDSO with its debug information is $(B)/vdso/vdso.so.dbg: gdb's add-symbol-file takes it.
$(B)/vdso/%.o: $(VDSO)/%.c $(B)/.flags | $(GEN) $(UAPI)
	$(call say,CCVDSO,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VFLAGS) -MMD -MP -c -o $@ $<
$(B)/vdso/%.o: $(VDSO)/%.S $(B)/.flags | $(GEN) $(UAPI)
	$(call say,ASVDSO,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -std=%,$(VFLAGS)) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<
$(B)/vdso/vdso.so.dbg: $(VDSO_OBJ) $(VDSO)/vdso.lds.S
	$(call say,LDVDSO,$@)
	$(Q)$(LD) $(VLDFLAGS) -T $(VDSO)/vdso.lds.S -o $@ $(VDSO_OBJ)
$(G)/vdso.so: $(B)/vdso/vdso.so.dbg
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) -S $< $@

# The same for 32-bit programs. Where its entry points are the kernel knows from a header.
vpath %.c $(VDSO)/vdso32 $(VDSO)
vpath %.S $(VDSO)/vdso32 $(VDSO)
$(B)/vdso32/%.o: %.c $(B)/.flags | $(GEN) $(UAPI)
	$(call say,CCVDSO,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(V32FLAGS) -MMD -MP -c -o $@ $<
$(B)/vdso32/%.o: %.S $(B)/.flags | $(GEN) $(UAPI)
	$(call say,ASVDSO,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -std=%,$(V32FLAGS)) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<
$(B)/vdso32/vdso32.so.dbg: $(VDSO32_OBJ) $(VDSO)/vdso32/vdso32.lds.S
	$(call say,LDVDSO,$@)
	$(Q)$(LD) $(V32LDFLAGS) -T $(VDSO)/vdso32/vdso32.lds.S -o $@ $(VDSO32_OBJ)
$(G)/vdso32.so: $(B)/vdso32/vdso32.so.dbg
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) -S $< $@
$(G)/vdso32.h: $(B)/vdso32/vdso32.so.dbg
	$(call say,GEN,$@)
	$(Q)$(NM) $< | sed -nE \
		's/^([0-9a-f]+) [Tt] (__kernel_|)(\w+)$$/#define VDSO32_\3 0x\1UL/p' > $@
$(B)/obj/$(VDSO)/image.o: $(G)/vdso.so $(G)/vdso32.so
$(addprefix $(B)/obj/,arch/x86/ia32/signal.o arch/x86/entry/common.o fs/elf_stack.o $(VDSO)/vma.o): \
		| $(G)/vdso32.h

# inflate comes from Debian's zlib source package; its warnings are not ours.
$(B)/obj/zlib/%.o: $(ZLIB)/.done $(B)/.flags | $(UAPI)
	$(call say,CC,zlib/$*.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ZFLAGS) -c -o $@ $(ZLIB)/$*.c
$(B)/obj/lib/gunzip.o: FILE_CFLAGS := -DZ_SOLO -isystem $(ZLIB)
$(B)/obj/lib/gunzip.o: | $(ZLIB)/.done
$(ZLIB)/.done: tools/fetch-zlib.sh
	$(call say,FETCH,zlib)
	$(Q)tools/fetch-zlib.sh $(ZLIB)

# walk runs in the guest as a program: static, from the host's libc. It shares the tables of calls
# and events with the kernel, and its headers with the picture of pt_regs. There is one, whatever
# DEBUG says: the archive holds it, and another link of it would make the archive anew.
WALKFLAGS := -O2 -g -std=gnu11 -Wall -Wextra -Werror -Wno-missing-field-initializers \
	     -I build/include -I arch/x86/include -I tools/walk
build/obj/walk/%.o: tools/walk/%.c Makefile | build/include/generated/trace_events_abi.h
	$(call say,CCWALK,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(WALKFLAGS) -MMD -MP -c -o $@ $<
build/obj/walk/calls.c: syscalls.tbl tools/gen-syscalls.py
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-syscalls.py --walk $< -o $@
build/obj/walk/calls.o: build/obj/walk/calls.c Makefile
	$(call say,CCWALK,$<)
	$(Q)$(CC) $(WALKFLAGS) -MMD -MP -c -o $@ $<
$(WALK_BIN): $(WALK_OBJ)
	$(call say,LDWALK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $(WALK_OBJ)

# ---- generate -----------------------------------------------------------------------------------

# <linux/...> and <asm/...> are the user ABI's headers, from linux-libc-dev.
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
$(UAPI): Makefile
	@mkdir -p $(@D)
	@test -e /usr/include/linux/elf.h || { echo 'no /usr/include/linux/elf.h:' \
		'run tools/install-deps.sh (linux-libc-dev)'; exit 1; }
	@ln -sfn /usr/include/linux $(@D)/linux
	@ln -sfn /usr/include/video $(@D)/video
	@ln -sfn /usr/include/asm-generic $(@D)/asm-generic
	@ln -sfn $(firstword $(wildcard /usr/include/$(MULTIARCH)/asm /usr/include/asm)) $(@D)/asm
	@touch $@

$(G)/%.h: syscalls.tbl tools/gen-syscalls.py
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-syscalls.py --$* $< -o $@
$(B)/syscall_table_64.S $(B)/syscall_ni.lds: syscalls.tbl tools/gen-syscalls.py
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-syscalls.py --$(basename $(@F)) $< -o $@
$(B)/obj/syscall_table_64.o: $(B)/syscall_table_64.S $(B)/.flags | $(GEN) $(UAPI)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(AFLAGS) -c -o $@ $<
$(B)/syscall_table_32.c: syscalls.tbl tools/gen-syscalls.py
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-syscalls.py --syscall_table_32 $< -o $@
$(B)/obj/syscall_table_32.o: $(B)/syscall_table_32.c $(B)/.flags | $(GEN) $(UAPI)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(sort $(G)/trace_events.h $(G)/trace_events_abi.h build/include/generated/trace_events_abi.h): \
		trace/events.tbl tools/gen-events.py
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-events.py --$(basename $(@F)) $< -o $@
$(B)/trace_events.c: trace/events.tbl tools/gen-events.py
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen-events.py --trace_events_c $< -o $@
$(B)/syscalls_metadata.c: syscalls.tbl tools/gen-syscalls.py
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen-syscalls.py --syscalls_metadata $< -o $@
$(B)/obj/trace_events.o $(B)/obj/syscalls_metadata.o: $(B)/obj/%.o: $(B)/%.c $(B)/.flags \
		| $(GEN) $(UAPI)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -I trace -MMD -MP -c -o $@ $<

# Structure offsets for assembler: each DEFINE(NAME, value) of asm-offsets.c, as seen by gcc, comes
# out of it as a line `->NAME $value`.
ifneq ($(ASMOFF),)
$(G)/asm-offsets.h: $(ASMOFF) $(B)/.flags | $(G)/syscalls.h $(G)/syscall_nr.h $(UAPI)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -g0 -MMD -MP -MF $(B)/asm-offsets.d -MT $@ -S -o $(B)/asm-offsets.s $<
	$(Q)sed -nE 's/^.*->([A-Za-z_0-9]+) [$$#]?(-?[0-9]+).*/#define \1 \2/p' \
		$(B)/asm-offsets.s > $@
-include $(B)/asm-offsets.d
endif

docs/events.md: trace/events.tbl tools/gen-events.py
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen-events.py --doc $< -o $@
docs/abi.md: syscalls.tbl tools/gen-syscalls.py
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen-syscalls.py --abi $< -o $@

# ---- link ---------------------------------------------------------------------------------------

$(B)/vmlinux.lds: $(LDS_SRC) $(B)/.flags | $(GEN) $(UAPI)
	$(call say,LDS,$<)
	$(Q)$(CC) -E -P $(AFLAGS) -Ulinux -Uunix -DLINKER_SCRIPT -MMD -MP -MF $@.d -MT $@ \
		-x assembler-with-cpp -o $@ $<

# Pass 1 links with an empty symbol table, pass 2 with that of pass 1. The table lies behind text
# and data, so that its size moves no function; kallsyms.py --verify holds us to that.
LINK_IN	= $(OBJS) $(B)/vmlinux.lds $(B)/syscall_ni.lds $(B)/.objects
link	= $(LD) $(LDFLAGS) -T $(B)/vmlinux.lds -o $@ $(OBJS) $(1) $(B)/syscall_ni.lds
MADE	:= kallsyms relocs

$(B)/kallsyms0.S $(B)/relocs0.S: $(B)/%0.S: tools/%.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< --empty > $@
$(B)/vmlinux.0: $(LINK_IN) $(MADE:%=$(B)/%0.o)
	$(call say,LD,$@)
	$(Q)$(call link,--emit-relocs $(MADE:%=$(B)/%0.o))
$(B)/kallsyms.S: $(B)/vmlinux.0 tools/kallsyms.py
	$(Q)$(NM) $< | $(PYTHON) tools/kallsyms.py > $@
$(B)/relocs.S: $(B)/vmlinux.0 tools/relocs.py
	$(Q)$(PYTHON) tools/relocs.py $< > $@
$(MADE:%=$(B)/%0.o) $(MADE:%=$(B)/%.o): %.o: %.S
	$(Q)$(CC) -c -o $@ $<
$(B)/vmlinux: $(MADE:%=$(B)/%.o) $(B)/vmlinux.0
	$(call say,LD,$@)
	$(Q)$(call link,$(MADE:%=$(B)/%.o))
	$(Q)$(NM) $@ | $(PYTHON) tools/kallsyms.py --verify $(B)/kallsyms.S

$(B)/System.map: $(B)/vmlinux
	$(Q)$(NM) -n $< > $@

# gdb looks for it beside vmlinux; it finds tools/gdb/lx from there.
$(B)/vmlinux-gdb.py: tools/gdb/vmlinux-gdb.py
	@mkdir -p $(@D)
	@cp $< $@

$(B)/setup.elf: $(SETUP) arch/x86/boot/setup.lds
	$(call say,LD16,$@)
	$(Q)$(LD) -m elf_i386 -static -nostdlib -z noexecstack --build-id=none \
		--no-warn-rwx-segments -T arch/x86/boot/setup.lds -o $@ $(SETUP)
$(B)/setup.bin: $(B)/setup.elf
	$(Q)$(OBJCOPY) -O binary $< $@
$(B)/payload.bin: $(B)/vmlinux
	$(Q)$(OBJCOPY) -O binary $< $@
$(B)/bzImage: $(B)/setup.bin $(B)/payload.bin $(B)/System.map tools/make-bzimage.py
	$(call say,IMAGE,$@)
	$(Q)$(PYTHON) tools/make-bzimage.py --setup $(B)/setup.bin --payload $(B)/payload.bin \
		--map $(B)/System.map -o $@

# ---- run ----------------------------------------------------------------------------------------

# These first install what the machine lacks, so that everything else is made by a second make.
deps:
	@tools/install-deps.sh
again	= +@$(MAKE) --no-print-directory $(1)

run: deps
	$(call again,$(B)/bzImage rootfs)
	@QEMU='$(QEMU)' tools/run-vm.sh $(B)/bzImage $(ROOTFS)
debug: deps
	$(call again,all rootfs)
	@QEMU='$(QEMU)' tools/run-vm.sh --gdb $(B)/vmlinux $(B)/bzImage $(ROOTFS)
test: deps
	$(call again,all rootfs)
	$(if $(filter 1,$(DEBUG)),,$(call again,DEBUG=1 all))
	$(Q)$(PYTHON) tools/run-tests.py $(if $(filter 1,$(DEBUG)),abi --vitrix-only \
		--kernel $(B)/bzImage,all)
.PHONY: compare record replay
# PROG, ARGS and ARCHIVE reach the tools through the environment, whatever quotes are in them.
compare: deps
	$(call again,all)
	@$(PYTHON) tools/compare.py --from-env --kernel $(B)/bzImage $(if $(STDIN),--stdin '$(STDIN)') \
		$(if $(filter 1,$(ALL)),--all) $(if $(WIDTH),--width '$(WIDTH)') \
		$(if $(IGNORE),--ignore '$(IGNORE)')
record: deps
	$(call again,all)
	@$(PYTHON) tools/record.py record --from-env --kernel $(B)/bzImage --vmlinux $(B)/vmlinux \
		$(if $(filter 1,$(INTERACTIVE)),--interactive) \
		$(if $(STDIN),--stdin '$(STDIN)') $(if $(NAME),--name '$(NAME)') \
		$(if $(WALK),--walk='$(if $(filter 1,$(WALK)),-g -f,$(WALK))')
replay:
	@$(PYTHON) tools/record.py replay $(if $(filter 1,$(CHECK)),--check) \
		$(if $(filter 1,$(GDB)),--gdb) $(if $(GDB_PORT),--port '$(GDB_PORT)') $(NAME)
.PHONY: walk
walk: deps
	$(call again,all)
	@$(PYTHON) tools/walk.py --from-env --kernel $(B)/bzImage --vmlinux $(B)/vmlinux
.PHONY: lab
lab: deps
	$(call again,all)
	@$(PYTHON) tools/lab.py $(if $(filter 1,$(AUTO)),--auto) $(if $(L),--lang '$(L)') -- '$(N)'
bench: deps
	$(call again,all)
	$(Q)$(PYTHON) tools/run-bench.py --kernel $(B)/bzImage
.PHONY: stress
stress: deps
	$(call again,all)
	+@$(MAKE) --no-print-directory DEBUG=1 all
	$(Q)$(PYTHON) tools/stress --minutes $(or $(MINUTES),60) --smp $(or $(SMP),4) \
		$(if $(SEED),--seed $(SEED)) $(if $(filter 1,$(DEBUG)),--kernels build/debug/bzImage)
.PHONY: fuzz
fuzz: deps
	$(call again,all)
	$(Q)$(PYTHON) tools/fuzz --kernel $(B)/bzImage --smp $(or $(SMP),2) --calls $(or $(CALLS),1000000) \
		--seed $(or $(SEED),1) $(if $(filter 1,$(DEBUG)),--cpu max --mem 256M)
.PHONY: bench-smp
bench-smp: deps
	$(call again,all)
	$(Q)$(PYTHON) tools/bench-smp.py --kernel $(B)/bzImage
	$(Q)$(PYTHON) tools/bench-smp.py --kernel $(B)/bzImage --simulate
.PHONY: bench-latency
bench-latency: deps
	$(call again,all)
	$(Q)$(PYTHON) tools/bench-latency.py --kernel $(B)/bzImage --simulate --loops 1000
	$(Q)$(PYTHON) tools/bench-latency.py --kernel $(B)/bzImage

rootfs: $(ROOTFS)
$(ROOTFS): tools/make-rootfs.py tools/vm.py tools/lab.py $(WALK_BIN) $(wildcard labs/*/*.c) \
	   $(shell find rootfs -type f 2>/dev/null) \
	   $(shell command -v busybox)
	$(call say,CPIO,$@)
	$(Q)$(PYTHON) tools/make-rootfs.py $@

iso: deps
	$(call again,$(B)/vitrix.iso)
$(B)/vitrix.iso: $(B)/bzImage $(ROOTFS) tools/make-iso.sh
	$(call say,ISO,$@)
	$(Q)tools/make-iso.sh $@ $(B)/bzImage $(ROOTFS)

check:
	$(Q)$(PYTHON) tools/check.py $(B)

clean:
	rm -rf build/obj build/vdso build/vdso32 build/include build/debug build/uapi build/rootfs build/iso $(ZLIB)
	@if [ -d build ]; then find build -maxdepth 1 -type f -delete; fi
distclean:
	rm -rf build

help:
	@printf '%s\n' \
	'make            build/vmlinux (ELF with DWARF), build/bzImage, build/System.map' \
	'make run        boot a shell in QEMU on this terminal (Ctrl-a x leaves)' \
	'make debug      the same, stopped at the first instruction, with a gdb server' \
	'make test       all tests (with DEBUG=1: the system call tests on the debug kernel)' \
	'make lab        a lab as a session: N=01 to 08, L=zh-CN for Chinese, AUTO=1 answers by itself' \
	'make walk       run PROG="..." with ARGS="..." and draw what the kernel did: build/walk/PROG/' \
	'make compare    run PROG="..." with ARGS="..." on Linux and on Vitrix, and show both side by side' \
	'make record     run PROG="..." with ARGS="..." and keep the course of the machine' \
	'make replay     the same course again, for gdb, which can step backwards (GDB=1 starts it)' \
	'make bench      instruction counts of the paths that matter' \
	'make bench-smp  two workers on one and two CPUs beside Linux, eight by simulation' \
	'make bench-latency  how late a real-time task is woken, beside Linux (needs rt-tests)' \
	'make stress     MINUTES=60 of load, stress-ng, fuzzing and system call tests on four CPUs' \
	'make fuzz       CALLS=1000000 calls that no program makes, SEED=1 SMP=2; with DEBUG=1 leaks show' \
	'make check      static checks' \
	'make rootfs     build/rootfs.cpio.gz: busybox, an init, a shell' \
	'make iso        build/vitrix.iso, bootable through GRUB' \
	'make deps       install the packages that the build and the tests need' \
	'make clean      remove what was built; distclean removes build/ whole' \
	'DEBUG=1         build with CONFIG_DEBUG, in build/debug' \
	'V=1             show each command'

-include $(patsubst %.o,%.d,$(OBJS) $(SETUP) $(VDSO_OBJ) $(VDSO32_OBJ) $(WALK_OBJ)) $(B)/vmlinux.lds.d
