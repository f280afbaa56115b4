package dev.hosta.snapshot;

import dev.hosta.kvm.CpuidEntry;
import dev.hosta.machine.GuestCpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a guest that saw one CPU can go on here: same vendor, and no feature less. CPUID is
 * compared as the two hosts' KVMs support it.
 *
 * <p>Source: Intel SDM volume 2A "CPUID", AMD APM volume 3 appendix E.
 */
public final class CpuCheck {
    private static final int EAX = 0;
    private static final int EBX = 1;
    private static final int ECX = 2;
    private static final int EDX = 3;

    /**
     * One register of bits that are features.
     *
     * @param ignored bits that are not: they follow what the guest does, or what it is told
     */
    private record Word(int function, int index, int register, int ignored) {}

    private static final List<Word> WORDS =
            List.of(
                    // MONITOR, the TSC deadline, OSXSAVE and the hypervisor bit are Hosta's to set.
                    new Word(1, 0, ECX, 1 << 3 | 1 << 24 | 1 << 27 | 1 << 31),
                    new Word(1, 0, EDX, 1 << 28),
                    new Word(7, 0, EBX, 0),
                    new Word(7, 0, ECX, 1 << 4),
                    new Word(7, 0, EDX, 0),
                    new Word(7, 1, EAX, 0),
                    new Word(0xd, 0, EAX, 0),
                    new Word(0xd, 1, EAX, 0),
                    new Word(0x8000_0001, 0, ECX, 1 << 1 | 1 << 29),
                    new Word(0x8000_0001, 0, EDX, 0),
                    new Word(0x8000_0008, 0, EBX, 0),
                    new Word(0x4000_0001, 0, EAX, 0));

    /** Names of the features that hosts differ in most. */
    private static final Map<String, String> NAMES =
            Map.ofEntries(
                    Map.entry("1:ECX.0", "sse3"),
                    Map.entry("1:ECX.1", "pclmulqdq"),
                    Map.entry("1:ECX.9", "ssse3"),
                    Map.entry("1:ECX.12", "fma"),
                    Map.entry("1:ECX.13", "cx16"),
                    Map.entry("1:ECX.17", "pcid"),
                    Map.entry("1:ECX.19", "sse4.1"),
                    Map.entry("1:ECX.20", "sse4.2"),
                    Map.entry("1:ECX.21", "x2apic"),
                    Map.entry("1:ECX.22", "movbe"),
                    Map.entry("1:ECX.23", "popcnt"),
                    Map.entry("1:ECX.25", "aes"),
                    Map.entry("1:ECX.26", "xsave"),
                    Map.entry("1:ECX.28", "avx"),
                    Map.entry("1:ECX.29", "f16c"),
                    Map.entry("1:ECX.30", "rdrand"),
                    Map.entry("7.0:EBX.0", "fsgsbase"),
                    Map.entry("7.0:EBX.3", "bmi1"),
                    Map.entry("7.0:EBX.5", "avx2"),
                    Map.entry("7.0:EBX.7", "smep"),
                    Map.entry("7.0:EBX.8", "bmi2"),
                    Map.entry("7.0:EBX.9", "erms"),
                    Map.entry("7.0:EBX.10", "invpcid"),
                    Map.entry("7.0:EBX.16", "avx512f"),
                    Map.entry("7.0:EBX.17", "avx512dq"),
                    Map.entry("7.0:EBX.18", "rdseed"),
                    Map.entry("7.0:EBX.19", "adx"),
                    Map.entry("7.0:EBX.20", "smap"),
                    Map.entry("7.0:EBX.23", "clflushopt"),
                    Map.entry("7.0:EBX.24", "clwb"),
                    Map.entry("7.0:EBX.29", "sha"),
                    Map.entry("7.0:EBX.30", "avx512bw"),
                    Map.entry("7.0:EBX.31", "avx512vl"),
                    Map.entry("7.0:ECX.2", "umip"),
                    Map.entry("7.0:ECX.3", "pku"),
                    Map.entry("7.0:ECX.9", "vaes"),
                    Map.entry("7.0:ECX.10", "vpclmulqdq"),
                    Map.entry("7.0:ECX.16", "la57"),
                    Map.entry("7.0:ECX.22", "rdpid"),
                    Map.entry("7.0:EDX.24", "amx-tile"),
                    Map.entry("7.0:EDX.26", "spec-ctrl"),
                    Map.entry("7.0:EDX.31", "ssbd"),
                    Map.entry("13.1:EAX.0", "xsaveopt"),
                    Map.entry("13.1:EAX.1", "xsavec"),
                    Map.entry("13.1:EAX.3", "xsaves"),
                    Map.entry("80000001:EDX.20", "nx"),
                    Map.entry("80000001:EDX.26", "1G pages"),
                    Map.entry("80000001:EDX.27", "rdtscp"),
                    Map.entry("80000001:EDX.29", "long mode"));

    private CpuCheck() {}

    /**
     * Why a guest cannot go on here; empty where it can.
     *
     * @param saved the CPU that the guest saw
     * @param here the CPU that this host's KVM offers
     */
    public static Optional<String> reasonAgainst(GuestCpu saved, GuestCpu here) {
        String vendor = vendor(saved);
        if (!vendor.equals(vendor(here))) {
            return Optional.of(
                    "the guest runs on a CPU of " + vendor + ", this host's is of " + vendor(here));
        }
        if (saved.tscDeadlineTimer() && !here.tscDeadlineTimer()) {
            return Optional.of("this host's KVM lacks the TSC deadline timer");
        }
        for (Word word : WORDS) {
            int missing = bits(saved, word) & ~bits(here, word) & ~word.ignored();
            if (missing != 0) {
                int bit = Integer.numberOfTrailingZeros(missing);
                return Optional.of(
                        "this host's CPU or its KVM lacks "
                                + name(word, bit)
                                + ", which the guest was told it has");
            }
        }
        return Optional.empty();
    }

    private static String name(Word word, int bit) {
        String function =
                word.function() < 0
                        ? Integer.toHexString(word.function())
                        : Integer.toString(word.function());
        boolean indexed = word.function() == 7 || word.function() == 0xd;
        String place =
                function
                        + (indexed ? "." + word.index() : "")
                        + ":"
                        + List.of("EAX", "EBX", "ECX", "EDX").get(word.register())
                        + "."
                        + bit;
        String name = NAMES.get(place);
        return name == null ? "CPUID " + place : name + " (CPUID " + place + ")";
    }

    private static int bits(GuestCpu cpu, Word word) {
        return find(cpu, word.function(), word.index())
                .map(
                        e ->
                                switch (word.register()) {
                                    case EAX -> e.eax();
                                    case EBX -> e.ebx();
                                    case ECX -> e.ecx();
                                    default -> e.edx();
                                })
                .orElse(0);
    }

    private static Optional<CpuidEntry> find(GuestCpu cpu, int function, int index) {
        return cpu.supported().stream()
                .filter(e -> e.function() == function && e.index() == index)
                .findFirst();
    }

    private static String vendor(GuestCpu cpu) {
        ByteBuffer name = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        find(cpu, 0, 0).ifPresent(e -> name.putInt(e.ebx()).putInt(e.edx()).putInt(e.ecx()));
        String vendor = new String(name.array(), StandardCharsets.US_ASCII);
        // It comes from a file and goes to a terminal.
        return vendor.chars().allMatch(c -> c >= ' ' && c <= '~') ? vendor : "an unknown vendor";
    }
}
