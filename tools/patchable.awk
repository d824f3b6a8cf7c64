# SPDX-License-Identifier: MIT
#
# patchable.awk: between gcc and the assembler; makes room for the function tracer.
#
#	gcc's                         what the assembler gets
#
#	                              cs cs cs cs cs         five bytes, never executed
#	f:                            f:
#	.LFB1:                        .LFB1:
#	  .loc 1 20 1                   .loc 1 20 1
#	                                cs; cs               prefixes of the next instruction
#	  pushq %rbp                    pushq %rbp
#
# and in the section __patchable the function's address, less the word's own. A CS prefix means
# nothing in 64-bit mode, so a function that nobody watches executes not one instruction more.
# docs/tracing-functions.md says what becomes of the bytes; tools/check-ftrace.py looks at the result.
#
# (gcc's own -fpatchable-function-entry writes nops, which are instructions, and makes gcc forget
# which registers a local function leaves alone.)
#
# Left as they are: __init functions, notrace ones, __weak ones (the name may come to mean another),
# the cold parts of others (they are jumped to), and functions that begin with an instruction whose address stands in a table of user accesses and
# the like: it would be found two bytes off.

function flush_held(i) {
	for (i = 1; i <= held; i++)
		print line[i]
	held = 0
	state = ""
}

# Held are the lines from the label on; the first instruction comes behind line[place].
function put_room(i) {
	print "\tcs; cs; cs; cs; cs"
	for (i = 1; i <= place; i++)
		print line[i]
	print "\tcs; cs"
	print "\t.pushsection __patchable,\"a\""
	print "\t.balign 4"
	print "\t.long " name " - ."
	print "\t.popsection"
	for (; i <= held; i++)
		print line[i]
	held = 0
	state = ""
}

/^\t\.text$/ { section = ".text" }
/^\t\.weak\t/ { weak[$2] = 1 }
/^\t\.section\t/ { section = $2; sub(/,.*/, "", section) }

state == "label" {
	if ($0 != name ":") {
		print "\t.error \"patchable.awk: no label " name " behind its .type\""
		state = ""
	} else {
		state = "open"
	}
}

# Between a function's label and its first instruction stand only lines like these.
state == "open" && $0 != name ":" && !/^\t\.(loc|file|cfi_)/ && !/^\.L[A-Z]+[0-9]+:/ {
	place = held
	tables = 0
	if (/^#APP/)
		state = "asm"
	else
		put_room()
}

# Inline assembler in front, with its tables. That of static keys does not mind.
state == "asm" {
	if (/pushsection/ && !/__jump_table/)
		tables = 1
	if (/^#NO_APP/) {
		line[++held] = $0
		if (tables)
			flush_held()
		else
			put_room()
		next
	}
}

state != "" { line[++held] = $0; next }

{ print }

/^\t\.type\t.*, @function$/ {
	name = $2
	sub(/,$/, "", name)
	if (name !~ /\.cold$/ && !(name in weak) && section != ".init.text" && section != ".text.notrace")
		state = "label"
}

END { flush_held() }
