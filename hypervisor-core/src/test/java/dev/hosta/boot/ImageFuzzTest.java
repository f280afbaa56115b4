package dev.hosta.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Coverage-guided search for an image that is not refused properly: {@code mvn -Pfuzz verify}. Any
 * other run tries the seeds, and {@link ImageMutationTest} what is near them.
 */
@Tag("fuzz")
class ImageFuzzTest {
    static Stream<Arguments> seeds() {
        return Stream.of(
                        TestImages.bzImage().array(),
                        TestImages.elf64(true).array(),
                        TestImages.elf64(false).array(),
                        TestImages.elf32Pvh().array())
                .map(Arguments::of);
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "60s")
    void onlyImageExceptionsComeOut(byte[] image) throws IOException {
        Path directory = Files.createTempDirectory("hosta-fuzz");
        try {
            HostileImages images = new HostileImages(directory);
            images.attempt(image, OptionalLong.empty(), 64 << 20, true);
            long gpa = image.length < 8 ? 0x7c00 : flatGpa(image);
            images.attempt(image, OptionalLong.of(gpa), 2 << 20, false);
        } finally {
            Files.deleteIfExists(directory.resolve("image"));
            Files.deleteIfExists(directory.resolve("initrd"));
            Files.delete(directory);
        }
    }

    /** Lets the input choose the address too. */
    private static long flatGpa(byte[] image) {
        return new BigInteger(Arrays.copyOf(image, 8)).longValue();
    }
}
