package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Random;

/** A fixed number of seeded mutations of good images, in every run. */
class ImageMutationTest {
    private static final int ROUNDS = 3000;
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0xffff,
        0x1000,
        0x7fff_ffff,
        0x8000_0000L,
        0xffff_ffffL,
        0xffff_f000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -4096,
        0x10_0000,
        0xbfff_f000L
    };
    private static final int[] HEADER_ENDS = {0x270, 0x220, 0xb0, 0x220};

    @TempDir Path directory;

    @Test
    void onlyImageExceptionsComeOut() {
        byte[][] seeds = {
            TestImages.bzImage().array(),
            TestImages.elf64(true).array(),
            TestImages.elf64(false).array(),
            TestImages.elf32Pvh().array()
        };
        HostileImages images = new HostileImages(directory);
        int loaded = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(round);
            int kind = round % seeds.length;
            byte[] image = mutate(seeds[kind].clone(), HEADER_ENDS[kind], random);
            boolean flat = random.nextInt(20) == 0;
            OptionalLong gpa = flat ? OptionalLong.of(number(random)) : OptionalLong.empty();
            long ramBytes = random.nextInt(4) == 0 ? 5L << 30 : (1L + random.nextInt(40)) << 20;
            try {
                loaded += images.attempt(image, gpa, ramBytes, random.nextBoolean()) ? 1 : 0;
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + round + ": " + e.getMessage(), e);
            }
        }
        int all = loaded;
        // Neither all refused nor all taken: the mutations reach past the first check.
        assertTrue(loaded > ROUNDS / 20 && loaded < ROUNDS * 19 / 20, () -> "loaded " + all);
    }

    private static byte[] mutate(byte[] image, int headerEnd, Random random) {
        ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(headerEnd - 8);
            switch (random.nextInt(5)) {
                case 0 -> image[at] = (byte) random.nextInt();
                case 1 -> image[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes.putShort(at & ~1, (short) number(random));
                case 3 -> bytes.putInt(at & ~3, (int) number(random));
                default -> bytes.putLong(at & ~7, number(random));
            }
        }
        return random.nextInt(8) == 0
                ? Arrays.copyOf(image, 1 + random.nextInt(image.length))
                : image;
    }

    private static long number(Random random) {
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        return random.nextInt(3) == 0 ? number + random.nextInt(64) - 32 : number;
    }
}
