package dev.hosta.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The facts of Cloud Hypervisor's OpenAPI document, version 0.3.0, from the table {@value #TABLE}:
 * its calls with methods, codes and the types of both bodies, and each type's fields. What Hosta
 * makes of a call ({@code supported}) stands there too.
 *
 * <p>A type is {@code string}, {@code integer}, {@code boolean}, {@code object}, the name of an
 * enumeration or of an object, {@code [T]} for a list or {@code {T}} for a map.
 */
record ApiDocument(List<Call> calls, Map<?, ?> enums, Map<?, ?> objects) {
    private static final String TABLE = "/api/cloud-hypervisor-0.3.0.json";

    /**
     * A call.
     *
     * @param request type of the body; empty where there must be none
     * @param codes that the document gives
     * @param reply type of the answer; empty where there is none
     * @param supported whether Hosta does it
     */
    record Call(
            String name,
            String method,
            String request,
            List<Long> codes,
            String reply,
            boolean supported) {}

    static ApiDocument load() {
        try (InputStream in = ApiDocument.class.getResourceAsStream(TABLE)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Map<?, ?> all = (Map<?, ?>) Json.read(text);
            List<Call> calls =
                    ((List<?>) all.get("calls")).stream().map(ApiDocument::call).toList();
            return new ApiDocument(calls, (Map<?, ?>) all.get("enums"), objects(all));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<?, ?> objects(Map<?, ?> all) {
        return (Map<?, ?>) all.get("objects");
    }

    private static Call call(Object element) {
        Map<?, ?> call = (Map<?, ?>) element;
        List<Long> codes = ((List<?>) call.get("codes")).stream().map(Long.class::cast).toList();
        return new Call(
                call.get("name").toString(),
                call.get("method").toString(),
                call.containsKey("request") ? call.get("request").toString() : "",
                codes,
                call.containsKey("reply") ? call.get("reply").toString() : "",
                (Boolean) call.get("supported"));
    }

    /** The fields of an object, with their types. */
    Map<?, ?> fields(String type) {
        return (Map<?, ?>) ((Map<?, ?>) objects.get(type)).get("fields");
    }

    /** Fails where a value is not of a type, or has fields that the document does not know. */
    void check(String type, Object value, String place) {
        boolean fits =
                switch (type.charAt(0)) {
                    case '[' ->
                            value instanceof List<?> list && checkList(inner(type), list, place);
                    case '{' -> value instanceof Map<?, ?> map && checkMap(inner(type), map, place);
                    default -> isPlain(type, value, place);
                };
        if (!fits) {
            throw new AssertionError(place + " is no " + type + ": " + value);
        }
    }

    private static String inner(String type) {
        return type.substring(1, type.length() - 1);
    }

    private boolean checkList(String type, List<?> list, String place) {
        list.forEach(element -> check(type, element, place + "[]"));
        return true;
    }

    private boolean checkMap(String type, Map<?, ?> map, String place) {
        map.forEach((key, element) -> check(type, element, place + "." + key));
        return true;
    }

    private boolean isPlain(String type, Object value, String place) {
        return switch (type) {
            case "string" -> value instanceof String;
            case "integer" -> value instanceof Long;
            case "boolean" -> value instanceof Boolean;
            case "object" -> value instanceof Map<?, ?>;
            default ->
                    enums.containsKey(type)
                            ? ((List<?>) enums.get(type)).contains(value)
                            : value instanceof Map<?, ?> map && checkObject(type, map, place);
        };
    }

    private boolean checkObject(String type, Map<?, ?> map, String place) {
        Map<?, ?> known = (Map<?, ?>) objects.get(type);
        if (known.containsKey("elements")) {
            check(known.get("elements").toString(), map, place);
            return true;
        }
        for (Object required : (List<?>) known.get("required")) {
            if (!map.containsKey(required)) {
                throw new AssertionError(place + "." + required + " is missing: " + map);
            }
        }
        map.forEach(
                (field, value) -> {
                    Object fieldType = fields(type).get(field);
                    if (fieldType == null) {
                        throw new AssertionError(place + "." + field + " is not in the document");
                    }
                    check(fieldType.toString(), value, place + "." + field);
                });
        return true;
    }
}
