package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Escapes in JSON every character that a terminal would take for something else than text. */
final class HarmlessEscapes extends CharacterEscapes {
  @Serial private static final long serialVersionUID = 1L;

  private static final int DELETE = 0x7f;
  private static final int[] ASCII = ascii();

  private static int[] ascii() {
    int[] escapes = CharacterEscapes.standardAsciiEscapesForJSON();
    escapes[DELETE] = CharacterEscapes.ESCAPE_STANDARD;
    return escapes;
  }

  @Override
  public int[] getEscapeCodesForAscii() {
    return ASCII.clone();
  }

  @Override
  public @Nullable SerializableString getEscapeSequence(int character) {
    char c = (char) character;
    return PlainText.forbidden(c, false)
        ? new SerializedString(String.format("\\u%04x", character))
        : null;
  }
}
