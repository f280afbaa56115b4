package dev.hosta.snapshot;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Coverage-guided search for a manifest that is neither read nor refused properly: {@code mvn
 * -Pfuzz verify}. Its digest is made right, or nothing would get past it.
 */
@Tag("fuzz")
class ManifestFuzzTest {
    static Stream<Arguments> seeds() throws IOException {
        byte[] body = ManifestMutationTest.body();
        return Stream.of(body, "{\"format\":\"hosta-saved-form\",\"version\":2".getBytes())
                .map(Arguments::of);
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "60s")
    void onlySavedFormExceptionsComeOut(byte[] bytes) {
        attempt(ManifestFile.signed(bytes));
        attempt(bytes);
        try {
            MemorySums.read(Path.of("memory.sums"), bytes, 32 << 20);
        } catch (SavedFormException e) {
            return;
        }
    }

    /** Whether it was read. */
    static boolean attempt(byte[] bytes) {
        try {
            return !ManifestFile.read(Path.of("manifest.json"), bytes).id().isEmpty();
        } catch (SavedFormException e) {
            return false;
        }
    }
}
