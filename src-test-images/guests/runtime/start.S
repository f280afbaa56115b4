/*
 * How a guest starts: 32-bit PVH entry (paging off, ebx = hvm_start_info), the greeting, then
 * as few ring-0 instructions as long mode and ring 3 need. Everything else is done in ring 3,
 * which sees all memory and all ports (user-accessible identity map, IOPL 3).
 */

/* GDT selectors; the task state segments, 16 bytes for each CPU, begin at SEL_TSS. */
#define SEL_CODE32 0x08
#define SEL_DATA   0x10
#define SEL_CODE64 0x18
#define SEL_UDATA  0x23
#define SEL_UCODE  0x2b
#define SEL_TSS    0x30

#define COM1 0x3f8
#define RFLAGS_IOPL3 0x3002

/*
 * Ring 3 may use all ports: by IOPL 3, and by an all-zero I/O permission bitmap for a KVM that runs
 * ring 3 natively and loses IOPL there. All task state segments share the bitmap behind the last:
 * 64 of 128 bytes, then 8 KiB of bitmap and its closing byte.
 */
#define TSS_BITMAP (64 * 128)
#define TSS_LIMIT (TSS_BITMAP + 8192)

    /* Page directory of the first GiB, 2 MiB leaves: present, writable, user. Built by the
     * assembler, for filling it in ring 0 costs milliseconds where ring 0 is emulated. */
    .section .tables, "aw", @progbits
    .balign 4096
    .global page_directory_0
page_directory_0:
    .set leaf, 0x87
    .rept 512
    .quad leaf
    .set leaf, leaf + 0x200000
    .endr

    /* XEN_ELFNOTE_PHYS32_ENTRY: where a PVH loader jumps to. */
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad pvh_start

    .text
    .code32
    .global pvh_start
pvh_start:
    cld
    movl $greeting_begin, %esi
    movl $greeting_end, %ebp
    subl %esi, %ebp
    jz 3f
    movl $(COM1 + 2), %edx          /* FIFO on: 16 characters for each look at LSR */
    movb $0x07, %al
    outb %al, %dx
1:  movl $(COM1 + 5), %edx
2:  inb %dx, %al
    testb $0x20, %al
    jz 2b
    movl $16, %ecx
    cmpl %ecx, %ebp
    cmovb %ebp, %ecx
    subl %ecx, %ebp
    movl $COM1, %edx
    rep outsb
    testl %ebp, %ebp
    jnz 1b
3:
    movl %ebx, start_info_gpa
    movl $(page_pointers + 7), page_root
    movl $(page_directory_0 + 7), page_pointers
    movl $(page_directory_3 + 7), page_pointers + 24
    /* uncached 2 MiB leaves: 0xd8000000 nothing, 0xfec00000 IOAPIC, 0xfee00000 LAPIC */
    movl $0xd800009f, page_directory_3 + 8 * 0xc0
    movl $0xfec0009f, page_directory_3 + 8 * 0x1f6
    movl $0xfee0009f, page_directory_3 + 8 * 0x1f7
    /* TSS descriptor and ring-0 stack of CPU 0 */
    movl $tss, %eax
    movw $TSS_LIMIT, gdt + SEL_TSS
    movw %ax, gdt + SEL_TSS + 2
    shrl $16, %eax
    movb %al, gdt + SEL_TSS + 4
    movb $0x89, gdt + SEL_TSS + 5
    movb %ah, gdt + SEL_TSS + 7
    movl $ring0_stack_end, tss + 4
    movw $TSS_BITMAP, tss + 102
    movl $SEL_TSS, %esi
    movl $guest_start, %edi
    movl $ring3_stack_end, %ebx

/* From 32-bit protected mode to ring 3: esi = TSS selector, edi = entry, ebx = stack. */
enter_ring3:
    lgdt gdt_pointer
    ljmp $SEL_CODE32, $1f
1:  movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $0x20, %eax                /* CR4.PAE */
    movl %eax, %cr4
    movl $page_root, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx          /* EFER.LME */
    movl $0x100, %eax
    xorl %edx, %edx
    wrmsr
    movl $0x80000011, %eax          /* CR0: PG, ET, PE */
    movl %eax, %cr0
    ljmp $SEL_CODE64, $2f
    .code64
2:  lidt idt_pointer(%rip)
    ltr %si
    pushq $SEL_UDATA
    pushq %rbx
    pushq $RFLAGS_IOPL3
    pushq $SEL_UCODE
    pushq %rdi
    iretq

/* Real-mode start of another CPU, copied below 1 MiB; the SIPI vector gives cs. */
    .code16
    .global ap_trampoline, ap_trampoline_end
ap_trampoline:
    cli
    lgdtl %cs:(1f - ap_trampoline)
    movl $0x11, %eax
    movl %eax, %cr0
    ljmpl $SEL_CODE32, $ap_start32
    .balign 4
1:  .word gdt_end - gdt - 1
    .long gdt
ap_trampoline_end:

    .code32
ap_start32:
    movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %ss
    movl ap_ring0_stack, %esp
    movl ap_tss_selector, %esi
    movl $ap_start, %edi
    movl ap_ring3_stack, %ebx
    jmp enter_ring3

    .code64
/* Exceptions: one stub a vector, padded with an error code where the CPU gives none. */
    .global exception_stubs
    .balign 16
exception_stubs:
    .set vector, 0
    .rept 32
    .balign 16
    .if !((vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) \
        || (vector == 29) || (vector == 30))
    pushq $0
    .endif
    pushq $vector
    jmp exception
    .set vector, vector + 1
    .endr
exception:
    movq %rsp, %rdi
    call exception_report

/* The timer: counts, acknowledges, returns. Kept to a handful of instructions. */
    .global timer_entry
timer_entry:
    incq ticks(%rip)
    pushq %rax
    movl $0xfee000b0, %eax
    movl $0, (%rax)
    popq %rax
    iretq

    .global spurious_entry
spurious_entry:
    iretq

/* The serial line: serial_interrupt() in C, then end of interrupt. */
    .global serial_entry
serial_entry:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    call serial_interrupt
    movl $0xfee000b0, %eax
    movl $0, (%rax)
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    iretq

/*
 * ud2 from ring 3 with rax = 0x80: runs the function in rdi in ring 0. Its arguments: rsi, and the
 * interrupted frame (rip, cs, rflags, rsp, ss). An invalid instruction and not int $0x80, for a
 * KVM that runs ring 3 natively may not pass software interrupts on.
 */
    .global call_entry
call_entry:
    cmpq $0x80, %rax
    jne 1f
    addq $2, (%rsp)
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rsp, %rsi
    call *%rax
    iretq
1:  pushq $0
    pushq $6
    jmp exception

    .bss
    .balign 16
    .space 8192
ring0_stack_end:
    .space 16384 - 8                /* as behind a call: 8 below a multiple of 16 */
ring3_stack_end:
    .space 8

    .balign 128
    .global tss
tss:
    .space TSS_LIMIT                /* the segments, the bitmap */
    .global tss_bitmap_end
tss_bitmap_end:
    .space 1                        /* all ones, by tables_build() */

    .data
    .balign 8
    .global gdt
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff        /* 0x08 ring 0 code, 32 bit */
    .quad 0x00cf93000000ffff        /* 0x10 ring 0 data */
    .quad 0x00af9b000000ffff        /* 0x18 ring 0 code, 64 bit */
    .quad 0x00cff3000000ffff        /* 0x20 ring 3 data */
    .quad 0x00affb000000ffff        /* 0x28 ring 3 code, 64 bit */
    .space 16 * 64                  /* 0x30 TSS descriptors, CPUS_MAX of them */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
    .balign 8
idt_pointer:
    .word 256 * 16 - 1
    .quad idt
