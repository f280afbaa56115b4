package dev.hosta.snapshot;

import dev.hosta.device.state.InvalidStateException;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;

/**
 * What reflection says of a record, asked for once, as that costs more than to read one.
 *
 * <p>Threading: immutable.
 *
 * @param names of the components, in their order
 * @param types of the components, with their arguments
 * @param accessors of the components
 */
record RecordShape(String[] names, Type[] types, Method[] accessors, Constructor<?> constructor) {
    private static final ClassValue<RecordShape> ALL =
            new ClassValue<>() {
                @Override
                protected RecordShape computeValue(Class<?> type) {
                    return look(type);
                }
            };

    static RecordShape of(Class<?> type) {
        return ALL.get(type);
    }

    private static RecordShape look(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        String[] names = new String[components.length];
        Type[] types = new Type[components.length];
        Method[] accessors = new Method[components.length];
        Class<?>[] parameters = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            names[i] = components[i].getName();
            types[i] = components[i].getGenericType();
            parameters[i] = components[i].getType();
            accessors[i] = components[i].getAccessor();
            accessors[i].setAccessible(true);
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(parameters);
            constructor.setAccessible(true);
            return new RecordShape(names, types, accessors, constructor);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("Not a record: " + type.getTypeName(), e);
        }
    }

    /** Value of the component with this number. */
    Object component(int index, Record of) {
        try {
            return accessors[index].invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Cannot read " + accessors[index], e);
        }
    }

    /**
     * Makes a record.
     *
     * @throws InvalidStateException where its constructor refuses the values
     */
    Object construct(Object[] values) {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            // Whatever a constructor throws at values that cannot be, who wrote them is to blame.
            if (e.getCause() instanceof InvalidStateException invalid) {
                throw invalid;
            }
            throw new InvalidStateException(String.valueOf(e.getCause().getMessage()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Cannot make a " + constructor.getName(), e);
        }
    }

    /** The record of a sealed interface with this simple name. */
    static Class<?> ofKind(Class<?> sealed, String kind) {
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            if (permitted.isRecord() && permitted.getSimpleName().equals(kind)) {
                return permitted;
            }
        }
        throw new InvalidStateException(sealed.getSimpleName() + " cannot be a '" + kind + "'");
    }

    /** The constant of an enum with this name. */
    static Object constant(Class<?> type, String text, String name) {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(text)) {
                return constant;
            }
        }
        throw new InvalidStateException(name + " cannot be '" + text + "'");
    }

    static Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> c -> c;
            case ParameterizedType p -> (Class<?>) p.getRawType();
            default -> throw new IllegalStateException("Cannot carry a " + type.getTypeName());
        };
    }

    /** What a list, or an optional, is of. */
    static Type argument(Type type) {
        return ((ParameterizedType) type).getActualTypeArguments()[0];
    }
}
