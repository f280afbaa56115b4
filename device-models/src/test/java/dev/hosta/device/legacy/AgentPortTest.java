package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

class AgentPortTest {
    private final AgentPort port = new AgentPort();

    @Test
    void withoutAHostNothingIsThere() {
        port.write(0, 1, 5);
        assertEquals(0, port.read(0, 1));
        assertEquals(0, port.read(1, 1));
    }

    @Test
    void passesBytesBothWays() {
        List<Integer> taken = new ArrayList<>();
        Queue<Integer> given = new ArrayDeque<>(List.of(7, 255));
        port.connect(
                new AgentPort.Host() {
                    @Override
                    public void take(int value) {
                        taken.add(value);
                    }

                    @Override
                    public int waiting() {
                        return given.size() * 1000;
                    }

                    @Override
                    public int next() {
                        return given.isEmpty() ? 0 : given.remove();
                    }
                });
        port.write(0, 1, 0xff);
        port.write(1, 1, 9);
        assertEquals(List.of(255), taken);
        assertEquals(255, port.read(1, 1), "as many as a byte can say");
        assertEquals(7, port.read(0, 1));
        assertEquals(255, port.read(0, 1));
        assertEquals(0, port.read(0, 1));
        assertEquals(0, port.read(1, 1));
    }
}
