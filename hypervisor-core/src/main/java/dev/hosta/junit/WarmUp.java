package dev.hosta.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the static method of a class with {@link WarmGuest} that brings the guest to where tests
 * begin. It takes one {@link Guest}; the guest is frozen when it is back.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface WarmUp {}
