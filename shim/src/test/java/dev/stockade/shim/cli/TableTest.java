package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.shim.cli.Table.Cell;
import dev.stockade.shim.cli.Table.Colour;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TableTest {
  @Test
  void alignsColumnsAndLeavesNoTrailingBlanks() {
    Table table = new Table("NAME", "STATE");
    table.row("a", "Running");
    table.row("a-long-name", "");
    assertThat(table.lines(false))
        .containsExactly("NAME         STATE", "a            Running", "a-long-name  -");
  }

  @Test
  void coloursDoNotShiftColumns() {
    Table table = new Table("STATE", "NAME");
    table.row(List.of(new Cell("Exited", Colour.BAD), Cell.plain("a")));
    table.row("Up", "b");
    assertThat(table.lines(true))
        .containsExactly("STATE   NAME", "\033[31mExited\033[0m  a", "Up      b");
  }

  @Test
  void aCellCannotForgeARowOrSpeakToTheTerminal() {
    Table table = new Table("NAME");
    table.row("a\nb\033[2J\u202Ec\u2028");
    assertThat(table.lines(false)).containsExactly("NAME", "a?b?[2J?c?");
  }

  @Test
  void aRowOfAnotherLengthIsRefused() {
    Table table = new Table("A", "B");
    assertThatThrownBy(() -> table.row("only one")).hasMessageContaining("1 cells for 2 columns");
  }
}
