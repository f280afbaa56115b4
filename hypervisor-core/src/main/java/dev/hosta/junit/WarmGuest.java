package dev.hosta.junit;

import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Boots the class's {@link GuestTest} machine once, freezes it, and gives each test forks of it:
 * machines that go on from that instant, made in milliseconds, which share its memory until they
 * write it.
 *
 * <p>It is frozen when its console has shown {@link #until}, and, where the class has a static
 * method with {@link WarmUp}, when that is back. A fork's console begins where the look at the
 * first one's ended. Disks that the guest writes are copied for each fork. A test method with a
 * {@code GuestTest} of its own boots that.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(GuestExtension.class)
public @interface WarmGuest {
    /** Regex to be seen on the console before it is frozen; empty for none. */
    String until() default "";
}
