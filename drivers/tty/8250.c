/* SPDX-License-Identifier: MIT */
/*
 * The PC's serial ports: 8250, 16450, 16550A. Linux's twin: drivers/tty/serial/8250/; names and
 * bits of the registers are those of <linux/serial_reg.h>.
 *
 *   program -> n_tty -> uart_write -> tx ring -> transmit-empty interrupt -> FIFO -> line
 *   line -> FIFO -> receive interrupt -> tty_receive_buf -> n_tty
 *
 * Also the kernel's console: printk's lines are written by polling, at any time, before interrupts
 * work too.
 * uart->lock guards the registers and the ring: interrupts off. It nests inside the line
 * discipline's lock, so it is let go before tty_receive_buf() and tty_wakeup().
 */
#include <vitrix/init.h>
#include <vitrix/irq.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>
#include <vitrix/tty.h>
#include <vitrix/uaccess.h>
#include <arch/io.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <linux/serial_reg.h>

#define NR_UARTS	4
#define TX_RING_SIZE	4096
#define BASE_BAUD	115200
#define RX_BATCH	64

struct uart {
	u16 port;
	u8 isa_irq;
	bool present, console_only;
	spinlock_t lock;		/* class LC_UART */
	u8 ier, lcr, mcr;		/* as last written; lock */
	u8 fifo_size;
	bool irq_requested;		/* tty_mutex */
	struct tty_struct *tty;		/* set while open; lock */
	unsigned int tx_head, tx_tail;	/* lock */
	u8 tx_ring[TX_RING_SIZE];
};

static struct uart uarts[NR_UARTS] = {
	{ .port = 0x3f8, .isa_irq = 4, .lock = SPINLOCK_INIT(LC_UART) },
	{ .port = 0x2f8, .isa_irq = 3, .lock = SPINLOCK_INIT(LC_UART) },
	{ .port = 0x3e8, .isa_irq = 4, .lock = SPINLOCK_INIT(LC_UART) },
	{ .port = 0x2e8, .isa_irq = 3, .lock = SPINLOCK_INIT(LC_UART) },
};

static u8 reg_read(struct uart *u, int reg) { return inb(u->port + reg); }
static void reg_write(struct uart *u, int reg, u8 v) { outb(v, u->port + reg); }

static void write_ier(struct uart *u, u8 ier)
{
	u->ier = ier;
	reg_write(u, UART_IER, ier);
}

/* Fills the FIFO from the ring; the interrupt for more is on while the ring is not empty. */
static void transmit(struct uart *u)
{
	bool stopped = u->tty && READ_ONCE(u->tty->flow_stopped);

	if (!stopped && (reg_read(u, UART_LSR) & UART_LSR_THRE))
		for (int i = 0; i < u->fifo_size && u->tx_tail != u->tx_head; i++)
			reg_write(u, UART_TX, u->tx_ring[u->tx_tail++ % TX_RING_SIZE]);
	if (u->tx_tail == u->tx_head || stopped) {
		if (u->ier & UART_IER_THRI)
			write_ier(u, u->ier & ~UART_IER_THRI);
	} else if (!(u->ier & UART_IER_THRI)) {
		write_ier(u, u->ier | UART_IER_THRI);
	}
}

/* Empties the receiver into data and flags, at most RX_BATCH. */
static int receive(struct uart *u, u8 *data, u8 *flags)
{
	int n = 0;

	while (n < RX_BATCH) {
		u8 lsr = reg_read(u, UART_LSR);

		if (!(lsr & (UART_LSR_DR | UART_LSR_BI)))
			break;
		data[n] = reg_read(u, UART_RX);
		flags[n] = (lsr & UART_LSR_BI) ? TTY_BREAK :
			   (lsr & UART_LSR_PE) ? TTY_PARITY :
			   (lsr & UART_LSR_FE) ? TTY_FRAME :
			   (lsr & UART_LSR_OE) ? TTY_OVERRUN : TTY_NORMAL;
		n++;
	}
	return n;
}

static irqreturn_t uart_interrupt(int irq, void *dev_id)
{
	struct uart *u = dev_id;
	u8 data[RX_BATCH], flags[RX_BATCH];
	irqreturn_t handled = IRQ_NONE;

	/* Edge-triggered on the PC: until the port is silent, or no further edge comes. */
	for (int pass = 0; pass < 256; pass++) {
		struct tty_struct *tty;
		bool room;
		int n;

		spin_lock(&u->lock);
		if (reg_read(u, UART_IIR) & UART_IIR_NO_INT) {
			spin_unlock(&u->lock);
			break;
		}
		handled = IRQ_HANDLED;
		n = receive(u, data, flags);
		reg_read(u, UART_MSR);
		transmit(u);
		room = u->tx_head - u->tx_tail < TX_RING_SIZE / 2;
		tty = u->tty;
		spin_unlock(&u->lock);
		if (tty && n)
			tty_receive_buf(tty, data, flags, n);
		if (tty && room)
			tty_wakeup(tty);
	}
	return handled;
}

static struct uart *tty_uart(struct tty_struct *tty)
{
	return &uarts[tty->index];
}

static void set_line(struct uart *u, const struct ktermios *t)
{
	unsigned int baud = t->c_ospeed ? t->c_ospeed : 9600, divisor;
	u8 lcr = 0;

	switch (t->c_cflag & CSIZE) {
	case CS5: lcr = UART_LCR_WLEN5; break;
	case CS6: lcr = UART_LCR_WLEN6; break;
	case CS7: lcr = UART_LCR_WLEN7; break;
	default: lcr = UART_LCR_WLEN8; break;
	}
	if (t->c_cflag & CSTOPB)
		lcr |= UART_LCR_STOP;
	if (t->c_cflag & PARENB)
		lcr |= UART_LCR_PARITY | ((t->c_cflag & PARODD) ? 0 : UART_LCR_EPAR);
	divisor = clamp((BASE_BAUD + baud / 2) / baud, 1u, 0xffffu);
	reg_write(u, UART_LCR, lcr | UART_LCR_DLAB);
	reg_write(u, UART_DLL, divisor);
	reg_write(u, UART_DLM, divisor >> 8);
	reg_write(u, UART_LCR, lcr);
	u->lcr = lcr;
}

static void uart_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	set_line(u, &tty->termios);
	/* B0 hangs up the line (termios(3)) */
	u->mcr = (tty->termios.c_cflag & CBAUD) == B0 ? u->mcr & ~(UART_MCR_DTR | UART_MCR_RTS)
						      : u->mcr | UART_MCR_DTR | UART_MCR_RTS;
	reg_write(u, UART_MCR, u->mcr);
	spin_unlock_irqrestore(&u->lock, flags);
}

static int uart_open(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;
	int error;

	if (!u->present)
		return -EIO;
	if (!u->irq_requested) {
		error = request_irq(isa_irq_to_gsi(u->isa_irq), uart_interrupt, 0, "ttyS", u);
		if (error)
			return error;
		u->irq_requested = true;
	}
	spin_lock_irqsave(&u->lock, flags);
	u->tty = tty;
	set_line(u, &tty->termios);
	u->mcr = UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2;
	reg_write(u, UART_MCR, u->mcr);
	write_ier(u, UART_IER_RDI | UART_IER_RLSI);
	transmit(u);
	spin_unlock_irqrestore(&u->lock, flags);
	return 0;
}

/* The line stays up for the console; input of a closed terminal is dropped. */
static void uart_close(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	write_ier(u, 0);
	u->tty = NULL;
	u->tx_tail = u->tx_head;
	spin_unlock_irqrestore(&u->lock, flags);
}

static int uart_write(struct tty_struct *tty, const u8 *buf, int n)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;
	int i;

	spin_lock_irqsave(&u->lock, flags);
	for (i = 0; i < n && u->tx_head - u->tx_tail < TX_RING_SIZE; i++)
		u->tx_ring[u->tx_head++ % TX_RING_SIZE] = buf[i];
	if (!(u->ier & UART_IER_THRI))
		transmit(u);
	spin_unlock_irqrestore(&u->lock, flags);
	return i;
}

static unsigned int uart_write_room(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);

	return TX_RING_SIZE - (READ_ONCE(u->tx_head) - READ_ONCE(u->tx_tail));
}

static unsigned int uart_chars_in_buffer(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);

	return READ_ONCE(u->tx_head) - READ_ONCE(u->tx_tail);
}

static void uart_flush_buffer(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	u->tx_tail = u->tx_head;
	spin_unlock_irqrestore(&u->lock, flags);
}

/* While the line discipline has no room, bytes wait in the FIFO and at the sender. */
static void uart_throttle(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	write_ier(u, u->ier & ~UART_IER_RDI);
	reg_write(u, UART_MCR, u->mcr &= ~UART_MCR_RTS);
	spin_unlock_irqrestore(&u->lock, flags);
}

static void uart_unthrottle(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	reg_write(u, UART_MCR, u->mcr |= UART_MCR_RTS);
	write_ier(u, u->ier | UART_IER_RDI);
	spin_unlock_irqrestore(&u->lock, flags);
}

static int uart_break_ctl(struct tty_struct *tty, int state)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	u->lcr = state ? u->lcr | UART_LCR_SBC : u->lcr & ~UART_LCR_SBC;
	reg_write(u, UART_LCR, u->lcr);
	spin_unlock_irqrestore(&u->lock, flags);
	return 0;
}

static int uart_tiocmget(struct tty_struct *tty)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;
	u8 msr;

	spin_lock_irqsave(&u->lock, flags);
	msr = reg_read(u, UART_MSR);
	spin_unlock_irqrestore(&u->lock, flags);
	return ((u->mcr & UART_MCR_DTR) ? TIOCM_DTR : 0) |
	       ((u->mcr & UART_MCR_RTS) ? TIOCM_RTS : 0) |
	       ((msr & UART_MSR_DCD) ? TIOCM_CAR : 0) | ((msr & UART_MSR_RI) ? TIOCM_RNG : 0) |
	       ((msr & UART_MSR_DSR) ? TIOCM_DSR : 0) | ((msr & UART_MSR_CTS) ? TIOCM_CTS : 0);
}

static int uart_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	struct uart *u = tty_uart(tty);
	unsigned long flags;
	u8 on = ((set & TIOCM_DTR) ? UART_MCR_DTR : 0) | ((set & TIOCM_RTS) ? UART_MCR_RTS : 0);
	u8 off = ((clear & TIOCM_DTR) ? UART_MCR_DTR : 0) |
		 ((clear & TIOCM_RTS) ? UART_MCR_RTS : 0);

	spin_lock_irqsave(&u->lock, flags);
	u->mcr = (u->mcr & ~off) | on;
	reg_write(u, UART_MCR, u->mcr);
	spin_unlock_irqrestore(&u->lock, flags);
	return 0;
}

/* TIOCGSERIAL: which port a terminal is (setserial, cttyhack). */
static long uart_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	struct uart *u = tty_uart(tty);
	struct serial_struct info = {
		.type = u->fifo_size > 1 ? PORT_16550A : PORT_8250,
		.line = tty->index, .port = u->port,
		.irq = u->isa_irq, .xmit_fifo_size = u->fifo_size, .baud_base = BASE_BAUD,
		.close_delay = 50, .closing_wait = 3000,
	};

	if (cmd != TIOCGSERIAL)
		return -ENOIOCTLCMD;
	return copy_to_user((void *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static const struct tty_operations uart_ops = {
	.open = uart_open,
	.close = uart_close,
	.write = uart_write,
	.write_room = uart_write_room,
	.chars_in_buffer = uart_chars_in_buffer,
	.set_termios = uart_set_termios,
	.throttle = uart_throttle,
	.unthrottle = uart_unthrottle,
	.flush_buffer = uart_flush_buffer,
	.break_ctl = uart_break_ctl,
	.tiocmget = uart_tiocmget,
	.tiocmset = uart_tiocmset,
	.ioctl = uart_ioctl,
};

static struct tty_driver uart_driver = {
	.driver_name = "serial", .name = "ttyS",
	.major = TTY_MAJOR, .minor_start = 64, .num = NR_UARTS,
	.ops = &uart_ops,
};

/* Polls until the transmitter takes a byte; a port that never does is given up. */
static void wait_for_transmitter(struct uart *u)
{
	for (int i = 0; i < 1000000; i++) {
		if (reg_read(u, UART_LSR) & UART_LSR_THRE)
			return;
		cpu_relax();
	}
}

/* printk: any context, interrupts off. What programs wrote and is still in the ring comes later. */
static void serial_console_write(struct console *con, const char *s, size_t n)
{
	struct uart *u = &uarts[con->index];
	bool locked = spin_trylock(&u->lock);

	for (; n; s++, n--) {
		if (*s == '\n') {
			wait_for_transmitter(u);
			reg_write(u, UART_TX, '\r');
		}
		wait_for_transmitter(u);
		reg_write(u, UART_TX, *s);
	}
	if (locked)
		spin_unlock(&u->lock);
}

static dev_t serial_console_device(struct console *con)
{
	return MKDEV(uart_driver.major, uart_driver.minor_start + con->index);
}

static struct console serial_consoles[NR_UARTS];

/*
 * A UART keeps what is written to its scratch register, and reads back its own interrupt enables.
 */
static bool probe(struct uart *u)
{
	u8 old = reg_read(u, UART_IER), a, b;

	reg_write(u, UART_IER, 0);
	a = reg_read(u, UART_IER) & 0x0f;
	reg_write(u, UART_IER, 0x0f);
	b = reg_read(u, UART_IER) & 0x0f;
	reg_write(u, UART_IER, old & 0x0f);
	if (a != 0 || b != 0x0f)
		return false;
	write_ier(u, 0);
	reg_write(u, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
	u->fifo_size = (reg_read(u, UART_IIR) & 0xc0) == 0xc0 ? 16 : 1;
	return true;
}

static int __init serial8250_init(void)
{
	uart_driver.init_termios = tty_std_termios;
	uart_driver.init_termios.c_cflag = B9600 | CS8 | CREAD | HUPCL | CLOCAL;
	uart_driver.init_termios.c_ispeed = uart_driver.init_termios.c_ospeed = 9600;
	for (int i = 0; i < NR_UARTS; i++) {
		struct uart *u = &uarts[i];

		u->present = probe(u);
		if (!u->present)
			continue;
		pr_info("serial8250: ttyS%d at I/O 0x%x (irq = %d) is a %s\n", i, u->port,
			u->isa_irq, u->fifo_size > 1 ? "16550A" : "8250");
		serial_consoles[i] = (struct console){ .name = "ttyS", .index = i,
			.write = serial_console_write, .device = serial_console_device };
		register_console(&serial_consoles[i]);
	}
	return tty_register_driver(&uart_driver);
}
device_initcall(serial8250_init);
