package dev.hosta.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is written is read again as it was. */
class JsonTest {
    private static Map<String, Object> values() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("text", "a \"b\" \\ \n\r\t\u0000\u001f\u007f \u00e4 \u20ac \ud83d\ude00 /");
        map.put("key \"quoted\"", "");
        map.put("whole", Long.MIN_VALUE);
        map.put("part", 1.5e-9);
        map.put("yes", true);
        map.put("nothing", Optional.empty());
        map.put("list", List.of(1L, List.of(), Map.of(), "x"));
        map.put("map", new LinkedHashMap<>(Map.of("inner", Map.of("deep", List.of(2L)))));
        return map;
    }

    @Test
    void whatIsWrittenIsRead() {
        assertEquals(values(), Json.read(Json.write(values())));
        assertEquals(values(), Json.read(Json.writePretty(values())));
    }

    @Test
    void looksAsPeopleAndProgramsWantIt() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", 1);
        map.put("b", List.of(true, Optional.of("x"), Map.of("c", Optional.empty())));
        map.put("d", Map.of());
        map.put("e", List.of());
        map.put("f", "\u001b\n");
        assertEquals(
                "{\"a\":1,\"b\":[true,\"x\",{\"c\":null}],\"d\":{},\"e\":[],\"f\":\"\\u001B\\n\"}",
                Json.write(map));
        assertEquals(
                "{\n  \"a\" : 1,\n  \"b\" : [ true, \"x\", {\n    \"c\" : null\n  } ],\n"
                        + "  \"d\" : {},\n  \"e\" : [],\n  \"f\" : \"\\u001B\\n\"\n}",
                Json.writePretty(map));
        assertEquals("\"NaN\"", Json.write(Double.NaN));
    }

    @Test
    void whatIsNoJsonIsRefused() {
        for (String text : List.of("", "{", "{\"a\":1,\"a\":2}", "1 2", "[".repeat(40))) {
            assertThrows(IllegalArgumentException.class, () -> Json.read(text), text);
        }
    }
}
