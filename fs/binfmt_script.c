/* SPDX-License-Identifier: MIT */
/*
 * "#!interpreter [argument]": the interpreter becomes the program, with the argument, the script's
 * name and the script's own arguments behind it (execve(2), "Interpreter scripts"). Linux's twin:
 * fs/binfmt_script.c.
 */
#include <vitrix/binfmts.h>
#include <vitrix/init.h>
#include <vitrix/string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* The line's end within buf; NULL if the interpreter's name is cut off by the end of buf. */
static char *find_line_end(char *buf)
{
	char *end = strnchr(buf, BINPRM_BUF_SIZE, '\n'), *p;

	if (end)
		return end;
	/* No newline: fine if the name itself is whole: behind it a blank or the file's end. */
	for (p = buf + 2; p < buf + BINPRM_BUF_SIZE && is_space(*p); p++)
		;
	for (; p < buf + BINPRM_BUF_SIZE && *p && !is_space(*p); p++)
		;
	return p < buf + BINPRM_BUF_SIZE ? buf + BINPRM_BUF_SIZE - 1 : NULL;
}

static int load_script(struct linux_binprm *bprm)
{
	char *name, *arg = NULL, *end, *p;
	struct file *file;
	int error;

	if (bprm->buf[0] != '#' || bprm->buf[1] != '!')
		return -ENOEXEC;
	end = find_line_end(bprm->buf);
	if (!end)
		return -ENOEXEC;
	while (end > bprm->buf + 2 && is_space(end[-1]))
		end--;
	*end = '\0';
	for (name = bprm->buf + 2; is_space(*name); name++)
		;
	if (!*name)
		return -ENOEXEC;
	for (p = name; *p && !is_space(*p); p++)
		;
	if (*p) {
		*p++ = '\0';
		while (is_space(*p))
			p++;
		if (*p)
			arg = p;
	}

	/* argv becomes: interpreter, [argument], script, rest. Pushed from last to first. */
	error = remove_arg_zero(bprm);
	if (error)
		return error;
	error = copy_string_kernel(bprm->interp, bprm);
	if (error)
		return error;
	bprm->argc++;
	if (arg) {
		error = copy_string_kernel(arg, bprm);
		if (error)
			return error;
		bprm->argc++;
	}
	error = copy_string_kernel(name, bprm);
	if (error)
		return error;
	bprm->argc++;
	file = open_exec(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	error = bprm_change_interp(name, bprm);
	if (error) {
		allow_write_access(file);
		fput(file);
		return error;
	}
	bprm->interpreter = file;
	return 0;
}

static struct linux_binfmt script_format = { .name = "script", .load_binary = load_script };

static int __init init_script_binfmt(void)
{
	register_binfmt(&script_format);
	return 0;
}
device_initcall(init_script_binfmt);
