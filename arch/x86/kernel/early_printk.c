/* SPDX-License-Identifier: MIT */
/*
 * Output before there is a tty: an 8250 at the PC's first serial port, polled.
 * Linux's twin: arch/x86/kernel/early_printk.c.
 *
 * Called by head64.c (which sets the port up), by printk through the boot console "early", and by
 * the early exception handler. No locks: the boot CPU is alone; later printk serialises, and an
 * exception that interrupts a write only mixes two lines. The tty layer's console for the same
 * port replaces this one. Registers: any 8250 data sheet; <linux/serial_reg.h>.
 */
#include <linux/serial_reg.h>
#include <vitrix/init.h>
#include <vitrix/printk.h>
#include <arch/setup.h>

#define COM1		0x3f8
#define DIVISOR_115200	1
#define POLL_MAX	1000000		/* then the character is lost rather than the machine */

static bool serial_present;

static inline void serial_out(int reg, u8 value)
{
	__asm__ volatile("outb %0,%1" : : "a"(value), "Nd"((u16)(COM1 + reg)));
}

static inline u8 serial_in(int reg)
{
	u8 value;

	__asm__ volatile("inb %1,%0" : "=a"(value) : "Nd"((u16)(COM1 + reg)));
	return value;
}

/* 115200 8N1, no interrupts. Where no chip answers, the scratch register does not remember. */
void early_serial_init(void)
{
	serial_out(UART_SCR, 0x5a);
	if (serial_in(UART_SCR) != 0x5a)
		return;
	serial_out(UART_IER, 0);
	serial_out(UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	serial_out(UART_DLL, DIVISOR_115200);
	serial_out(UART_DLM, 0);
	serial_out(UART_LCR, UART_LCR_WLEN8);
	serial_out(UART_FCR, UART_FCR_ENABLE_FIFO);
	serial_out(UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
	serial_present = true;
}

static void serial_putc(char c)
{
	for (unsigned int i = 0; i < POLL_MAX && !(serial_in(UART_LSR) & UART_LSR_THRE); i++)
		cpu_relax();
	serial_out(UART_TX, c);
}

void early_serial_write(const char *s, size_t n)
{
	if (!serial_present)
		return;
	for (; n; n--, s++) {
		if (*s == '\n')
			serial_putc('\r');
		serial_putc(*s);
	}
}

void early_serial_hex(u64 value)
{
	char text[16];

	for (int i = 15; i >= 0; i--, value >>= 4)
		text[i] = "0123456789abcdef"[value & 15];
	early_serial_write(text, sizeof(text));
}

void __noreturn early_die(const char *why)
{
	size_t n = 0;

	while (why[n])
		n++;
	early_serial_write("Vitrix: ", 8);
	early_serial_write(why, n);
	early_serial_write("\n", 1);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void early_console_write(struct console *con, const char *s, size_t n)
{
	early_serial_write(s, n);
}

static struct console early_console = {
	.name = "early",
	.write = early_console_write,
	.boot_console = true,
};

/* From start_kernel(), before anything else prints; printk drops it for the first real console. */
void __init early_console_init(void)
{
	register_console(&early_console);
}
