# A kernel that counts: `counter ready`, then for each + from the serial line the count so far, 0 to 9,
# and for a q its end, with the count as status. It is entered in 64-bit mode with a small stack.
        .set    COM1, 0x3f8
        .set    STATUS, 0x5f4           # a byte written here ends the guest with that status

        .text
        .globl  _start
_start: xor     %ebx, %ebx              # the count
        lea     ready(%rip), %rsi
        call    print
next:   mov     $COM1 + 5, %dx
        in      %dx, %al
        test    $1, %al                 # has something come?
        jz      next
        mov     $COM1, %dx
        in      %dx, %al
        cmp     $'q', %al
        je      quit
        cmp     $'+', %al
        jne     next
        inc     %ebx
        lea     '0'(%rbx), %eax
        mov     %al, digit(%rip)
        lea     count(%rip), %rsi
        call    print
        jmp     next
quit:   mov     %ebx, %eax
        mov     $STATUS, %dx
        out     %al, %dx
stop:   hlt
        jmp     stop

print:  mov     $COM1, %dx
        mov     (%rsi), %al
        test    %al, %al
        jz      done
        out     %al, %dx
        inc     %rsi
        jmp     print
done:   ret

ready:  .asciz  "counter ready\n"
count:  .ascii  "count "
digit:  .asciz  "0\n"
