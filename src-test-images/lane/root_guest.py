"""What is done at the terminal of a Linux guest with a disk of its own (../linux/make-root.sh)."""
import re

from screen import Failed

PROMPT = r"[a-z]+@guest# "


def wait_for_root(screen):
    """Its root file system is there, and the first login next."""
    at = screen.wait_for(r"hosta: root at ([0-9.]+)\s").group(1)
    print(f"\n[root after {screen.seconds():.1f} s, at {at} s of the guest's time]")


def take_addresses(guest, addresses):
    """From root's shell, in place of DHCP: one for each card."""
    guest.ask("killall udhcpc; echo killed $?", r"killed \d")
    for number, address in enumerate(addresses):
        card = f"eth{number}"
        guest.ask(f"ip addr add {address}/24 dev {card}; ip link set {card} up; echo is $?", r"is 0\s")


def ask_for_complaints(guest):
    """The kernel's log. What is left out shows under any monitor in the lane, see linux-shell.py."""
    # In brackets, so that what is typed is not found for what is complained of.
    words = "[W]ARNING:|[B]UG:|[N]ETDEV WATCHDOG|[d]etected stall|[b]locked for more|[I]/O error|[E]XT4-fs error"
    command = f"dmesg | grep -E '{words}' | grep -v fpu__init_system_xstate; echo end"
    guest.ask(command, r"[^\n]*echo end\r\nend\r\n|^end\r\n")


def power_off(guest, terminal):
    """From root's shell on the guest's terminal `terminal`; `guest` is that of the command that runs it."""
    terminal.type("sync; poweroff\r")
    status = guest.end()
    if status != 0:
        raise Failed(f"after poweroff the command ended with {status}")
    if re.search("EXT4-fs error|I/O error|Call Trace|WARNING", guest.shown):
        raise Failed("the kernel told of errors")
