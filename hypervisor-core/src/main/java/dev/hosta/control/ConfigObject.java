package dev.hosta.control;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One object of a description that a client sent: fields are taken out one by one, and what is left
 * at the {@link #end} must ask for nothing.
 *
 * <p>Threading: one thread.
 */
final class ConfigObject {
    private final String place;
    private final Map<String, Object> fields;

    private ConfigObject(String place, Map<?, ?> fields) {
        this.place = place;
        this.fields = new HashMap<>();
        fields.forEach((key, value) -> this.fields.put(key.toString(), value));
    }

    /**
     * Reads a JSON object.
     *
     * @throws CallException with 400 where it is none
     */
    static ConfigObject parse(String json) {
        try {
            if (Json.read(json) instanceof Map<?, ?> map) {
                return new ConfigObject("", map);
            }
        } catch (IllegalArgumentException e) {
            throw new CallException(400, e.getMessage());
        }
        throw new CallException(400, "The body must be a JSON object.");
    }

    private <T> Optional<T> take(String field, Class<T> type, String what) {
        Object value = fields.remove(field);
        if (value == null || value.equals(Optional.empty())) {
            return Optional.empty();
        }
        if (!type.isInstance(value)) {
            throw new CallException(400, "The field " + place + field + " must be " + what + ".");
        }
        return Optional.of(type.cast(value));
    }

    Optional<String> string(String field) {
        return take(field, String.class, "a string");
    }

    Optional<Path> path(String field) {
        return string(field)
                .map(
                        text -> {
                            if (text.isEmpty()) {
                                throw new CallException(400, place + field + " is empty.");
                            }
                            try {
                                return Path.of(text);
                            } catch (InvalidPathException e) {
                                throw new CallException(400, place + field + " is no path.");
                            }
                        });
    }

    Optional<Long> number(String field) {
        return take(field, Long.class, "a whole number");
    }

    boolean bool(String field, boolean otherwise) {
        return take(field, Boolean.class, "true or false").orElse(otherwise);
    }

    /** An object in it; an empty one where there is none. */
    ConfigObject object(String field) {
        Map<?, ?> inner = take(field, Map.class, "an object").orElse(Map.of());
        return new ConfigObject(place + field + ".", inner);
    }

    /** The objects of a list in it. */
    List<ConfigObject> objects(String field) {
        List<ConfigObject> objects = new ArrayList<>();
        for (Object element : take(field, List.class, "a list").orElse(List.of())) {
            if (!(element instanceof Map<?, ?> map)) {
                throw new CallException(400, place + field + " must be a list of objects.");
            }
            objects.add(new ConfigObject(place + field + "[].", map));
        }
        return objects;
    }

    /** The texts of a list in it. */
    List<String> strings(String field) {
        List<String> texts = new ArrayList<>();
        for (Object element : take(field, List.class, "a list").orElse(List.of())) {
            if (!(element instanceof String text)) {
                throw new CallException(400, place + field + " must be a list of strings.");
            }
            texts.add(text);
        }
        return texts;
    }

    /**
     * Refuses what is left and asks for something.
     *
     * @param hints fields that may ask for anything, as they bear on speed alone
     * @throws CallException with 400 and the field's name
     */
    void end(Set<String> hints) {
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            if (!hints.contains(field.getKey()) && asks(field.getValue())) {
                throw new CallException(
                        400, "Hosta does not support the field " + place + field.getKey() + ".");
            }
        }
    }

    /** Whether a value is more than "none of it". */
    private static boolean asks(Object value) {
        return switch (value) {
            case Boolean on -> on;
            case Long number -> number != 0;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> map.values().stream().anyMatch(ConfigObject::asks);
            case Optional<?> none -> none.isPresent();
            default -> true;
        };
    }
}
