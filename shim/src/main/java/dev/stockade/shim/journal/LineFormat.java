package dev.stockade.shim.journal;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a line looks. */
enum LineFormat {
  /**
   * {@code <6>image: imported id=sha256:...}: journald takes the priority off and adds the time,
   * sd-daemon(3).
   */
  JOURNAL {
    @Override
    String render(Line line) {
      return "<" + line.severity().priority() + ">" + sentence(line);
    }
  },
  /** {@code 2026-11-23T15:00:00.000Z INFO image: imported id=sha256:...} */
  TEXT {
    @Override
    String render(Line line) {
      return time(line) + " " + line.severity() + " " + sentence(line);
    }
  },
  /** {@code {"time":"...","level":"info","part":"image","message":"imported","id":"sha256:..."}} */
  JSON {
    @Override
    String render(Line line) {
      StringBuilder json = new StringBuilder("{");
      pair(json, "time", time(line));
      pair(json, "level", line.severity().name().toLowerCase(Locale.ROOT));
      pair(json, "part", line.part());
      pair(json, "message", Escape.of(line.message(), LONGEST_MESSAGE));
      for (Field field : fields(line)) {
        pair(json, field.key(), Escape.of(field.value(), LONGEST_VALUE));
      }
      return json.append('}').toString();
    }
  };

  private static final int LONGEST_MESSAGE = 4096;
  private static final int LONGEST_VALUE = 2048;
  private static final int MOST_FIELDS = 32;
  private static final int MOST_CAUSES = 6;
  private static final int MOST_FRAMES = 12;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  abstract String render(Line line);

  private static String time(Line line) {
    return TIME.format(line.time());
  }

  private static String sentence(Line line) {
    StringBuilder text = new StringBuilder(line.part()).append(": ");
    text.append(Escape.of(line.message(), LONGEST_MESSAGE));
    for (Field field : fields(line)) {
      text.append(' ').append(field.key()).append('=');
      text.append(Escape.value(field.value(), LONGEST_VALUE));
    }
    return text.toString();
  }

  private static void pair(StringBuilder json, String key, String value) {
    json.append(json.length() == 1 ? "\"" : ",\"").append(key).append("\":\"");
    json.append(JsonStringEncoder.getInstance().quoteAsString(value)).append('"');
  }

  /** The line's own fields, and what was thrown. */
  private static List<Field> fields(Line line) {
    List<Field> fields =
        new ArrayList<>(line.fields().subList(0, Math.min(MOST_FIELDS, line.fields().size())));
    Throwable thrown = line.thrown();
    if (thrown != null) {
      fields.add(new Field("error", causes(thrown)));
      if (!(thrown instanceof java.io.IOException)) {
        fields.add(new Field("at", frames(thrown)));
      }
    }
    return fields;
  }

  private static String causes(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    Throwable cause = thrown;
    for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
      text.append(i == 0 ? "" : "; caused by ").append(cause.getClass().getSimpleName());
      text.append(": ").append(cause.getMessage());
      cause = cause.getCause();
    }
    return text.toString();
  }

  private static String frames(Throwable thrown) {
    List<String> frames = new ArrayList<>();
    for (StackTraceElement frame : thrown.getStackTrace()) {
      if (frames.size() < MOST_FRAMES) {
        String type = frame.getClassName();
        frames.add(
            type.substring(type.lastIndexOf('.') + 1)
                + "."
                + frame.getMethodName()
                + ":"
                + frame.getLineNumber());
      }
    }
    return String.join(" < ", frames);
  }
}
