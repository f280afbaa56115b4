package dev.hosta.junit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says what machine the {@link Guest} parameters of a test have. On a method it makes it a test; on
 * a class it holds for all its tests, and what a method's own leaves out is the class's. With
 * {@code @ParameterizedTest} or {@code @RepeatedTest} it belongs on the class.
 *
 * <p>Each {@code Guest} parameter of a test is a guest of its own, booted when the test begins and
 * gone when it is over; the first one of a {@code @BeforeEach} or {@code @AfterEach} method is the
 * test's first one, and so on. The test is skipped, with the reason, where {@code /dev/kvm} cannot
 * be opened, and fails there if the environment says {@code HOSTA_REQUIRE_KVM=1}.
 *
 * <p>Paths start at the working directory, which Maven sets to the module's folder. In all texts
 * {@code ${NAME}} is JUnit's configuration parameter of that name, or the system property.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Test
@ExtendWith(GuestExtension.class)
public @interface GuestTest {
    /** The image: bzImage, vmlinux, PVH ELF, or a flat binary with {@link #loadAddress}. */
    String kernel() default "";

    /** The initial RAM disk, if any. */
    String initrd() default "";

    /** The kernel's command line. */
    String append() default "";

    /** RAM, such as {@code 64M}; 512M where nothing is said. */
    String memory() default "";

    /** Number of vCPUs; 0 where nothing is said, which is one. */
    int cpus() default 0;

    /** Where a flat binary goes and starts, such as {@code 0x100000}. */
    String loadAddress() default "";

    /**
     * A machine as a JSON file (docs/config.md), for disks, networks, ports: instead of {@link
     * #kernel}. What else is said here replaces what it says.
     */
    String config() default "";

    /** Whether commands run in the guest, which is a Linux; at most one, the default is none. */
    AgentMode[] agent() default {};

    /** How long each wait for the guest may take, such as {@code 500ms}; 30s unless said. */
    String timeout() default "";
}
