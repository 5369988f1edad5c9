package dev.stockade.shim.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class KeyLinesTest {
  @Test
  void linesAreFoundThroughEveryKindOfValue() {
    Map<String, Integer> lines =
        KeyLines.of(
            """
            # a = 0
            a = "x # = [" # comment
            b.c = 'it''s [' # is no TOML but harmless
            "quoted key" = \"""
            [d]
            e = \\\"\""
            \"""
            f = [
              "]", # ]
              [1, 2], { x = 1 },
            ]
            g = '''
            h = 1'''
            [ t . u ]
            i = 1979-05-27T07:32:00Z
            j = ""
            [[v]]
            k = ''
            """);
    assertThat(lines)
        .containsEntry("a", 2)
        .containsEntry("b.c", 3)
        .containsEntry("\"quoted key\"", 4)
        .containsEntry("f", 8)
        .containsEntry("g", 12)
        .containsEntry("t.u", 14)
        .containsEntry("t.u.i", 15)
        .containsEntry("t.u.j", 16)
        .containsEntry("v", 17)
        .containsEntry("v.k", 18)
        .doesNotContainKeys("d", "h", "e");
  }

  @Test
  void anythingEnds() {
    for (String text :
        new String[] {"", "[", "a", "a=", "\"", "'''", "a=\"\"\"", "=", "]", ".", "[[", "a=["}) {
      assertThat(KeyLines.of(text)).isNotNull();
    }
  }
}
