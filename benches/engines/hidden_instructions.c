// Makes a peer believe that the processor is a lesser one. hidden_instructions.py wrote an invalid instruction (ud2, which is as long) over each
// CPUID of its libraries; here that instruction's signal is answered with what CPUID says, less the instructions that HIDE names:
//
//     HIDE=avx512        AVX-512 and AMX: a processor with AVX2, and AVX-VNNI where this one has it
//     HIDE=avx512,vnni   AVX-VNNI besides: a processor with AVX2
//
// cc -shared -fPIC -O2; LD_PRELOAD. Linux, x86-64.

#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define BIT(number) (1u << (number))

// Leaf 7 of CPUID; the numbers of the bits are those of Intel's Software Developer's Manual, volume 2A, CPUID.
static const unsigned AVX512_EBX = BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
static const unsigned AVX512_ECX = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
static const unsigned AVX512_AND_AMX_EDX = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
// Leaf 7, subleaf 1: bfloat16 of AVX-512, half precision of AMX; AVX10.
static const unsigned AVX512_AND_AMX_EAX_1 = BIT(5) | BIT(21);
static const unsigned AVX10_EDX_1 = BIT(19);
// AVX-VNNI, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16.
static const unsigned VNNI_EAX_1 = BIT(4) | BIT(23);
static const unsigned VNNI_EDX_1 = BIT(4) | BIT(5) | BIT(10);

static int hides_vnni;
static struct sigaction before;

static void answer(int signal, siginfo_t *about, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *instruction = (const unsigned char *)registers[REG_RIP];
    if (instruction[0] != 0x0f || instruction[1] != 0x0b) {
        // Somebody else's: it comes again, and ends as it would have without this.
        sigaction(signal, &before, NULL);
        return;
    }
    unsigned leaf = registers[REG_RAX], subleaf = registers[REG_RCX];
    unsigned eax, ebx, ecx, edx;
    __cpuid_count(leaf, subleaf, eax, ebx, ecx, edx);
    if (leaf == 7 && subleaf == 0) {
        ebx &= ~AVX512_EBX;
        ecx &= ~AVX512_ECX;
        edx &= ~AVX512_AND_AMX_EDX;
    } else if (leaf == 7 && subleaf == 1) {
        eax &= ~(AVX512_AND_AMX_EAX_1 | (hides_vnni ? VNNI_EAX_1 : 0));
        edx &= ~(AVX10_EDX_1 | (hides_vnni ? VNNI_EDX_1 : 0));
    }
    registers[REG_RAX] = eax;
    registers[REG_RBX] = ebx;
    registers[REG_RCX] = ecx;
    registers[REG_RDX] = edx;
    registers[REG_RIP] += 2;
}

__attribute__((constructor(101))) static void begin(void) {
    const char *hide = getenv("HIDE");
    if (!hide || !strstr(hide, "avx512")) {
        fputs("hidden_instructions: HIDE is to be avx512 or avx512,vnni\n", stderr);
        abort();
    }
    hides_vnni = strstr(hide, "vnni") != NULL;
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = answer;
    sigaction(SIGILL, &action, &before);
}
