package dev.hosta.script;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with places for what was captured before: <code>${name}</code>. A dollar sign that is meant
 * as such before a brace is <code>$$</code>.
 *
 * @param text as it was written
 */
public record Template(String text) {
    private static final Pattern PART = Pattern.compile("\\$\\$(?=\\{)|\\$\\{([^}]*)}");

    /** The names that must be bound. */
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        Matcher matcher = PART.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1) != null) {
                names.add(matcher.group(1));
            }
        }
        return names;
    }

    /**
     * The text with every name's value in its place.
     *
     * @param values by name
     * @throws StepException where a name has none
     */
    public String with(Map<String, String> values) {
        return with(values, UnaryOperator.identity());
    }

    /** The same, each value changed first. */
    String with(Map<String, String> values, UnaryOperator<String> change) {
        Matcher matcher = PART.matcher(text);
        StringBuilder result = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(1);
            String value = name == null ? "$" : values.get(name);
            if (value == null) {
                throw new StepException("nothing was captured as '" + name + "'");
            }
            String put = name == null ? value : change.apply(value);
            matcher.appendReplacement(result, Matcher.quoteReplacement(put));
        }
        return matcher.appendTail(result).toString();
    }
}
