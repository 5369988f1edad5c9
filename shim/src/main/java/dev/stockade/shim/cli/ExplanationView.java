package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.stockade.launcher.plan.PlanText;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.shim.explain.Explanation;
import dev.stockade.shim.explain.Explanation.OfContainer;
import dev.stockade.shim.explain.Explanation.Outcome;
import dev.stockade.shim.explain.Explanation.Refusal;
import dev.stockade.shim.explain.Explanation.Row;
import dev.stockade.shim.oci.Surprise;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An explanation for people, or as JSON. */
final class ExplanationView {
  /** Values such as the rules of a device program are long; the whole is in the JSON. */
  private static final int WIDEST = 40;

  private final Explanation explanation;
  private final boolean spec;
  private final boolean plan;

  /**
   * @param spec whether people want the OCI specs
   * @param plan whether people want the launch plans
   */
  ExplanationView(Explanation explanation, boolean spec, boolean plan) {
    this.explanation = explanation;
    this.spec = spec;
    this.plan = plan;
  }

  void print(Output output) {
    output.line("pod " + explanation.pod() + verdict(explanation.refusal()));
    for (OfContainer container : explanation.containers()) {
      output.line("");
      output.line("container " + container.name() + verdict(container.refusal()));
      container.outcome().ifPresent(outcome -> print(output, outcome));
    }
  }

  private static String verdict(Optional<Refusal> refusal) {
    return refusal.map(r -> ": refused: " + r.message()).orElse(": would start here");
  }

  private void print(Output output, Outcome outcome) {
    Table table = new Table("CONSTRAINT", "SUBJECT", "VALUE", "FROM");
    for (Row row : outcome.rows()) {
      table.row(row.constraint(), cut(row.subject()), cut(row.value()), row.origin().toString());
    }
    table.print(output);
    for (Surprise surprise : outcome.surprises()) {
      output.line("surprise: " + surprise);
    }
    outcome.notes().forEach(note -> output.line("note: " + note));
    if (spec) {
      output.out().println(PlainText.lines(specText(outcome)));
    }
    if (plan) {
      output.out().print(PlainText.lines(PlanText.render(outcome.plan())));
    }
  }

  private static String specText(Outcome outcome) {
    return new String(OciJson.write(outcome.spec()), StandardCharsets.UTF_8);
  }

  private static String cut(String value) {
    return value.length() > WIDEST ? value.substring(0, WIDEST - 1) + "…" : value;
  }

  String json() {
    return JsonText.of(
        json -> {
          json.writeStartObject();
          json.writeStringField("pod", explanation.pod());
          json.writeBooleanField("starts", explanation.starts());
          refusal(json, explanation.refusal());
          json.writeArrayFieldStart("containers");
          for (OfContainer container : explanation.containers()) {
            container(json, container);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static void refusal(JsonGenerator json, Optional<Refusal> refusal) throws IOException {
    if (refusal.isPresent()) {
      json.writeStringField("refusal", refusal.get().message());
      json.writeBooleanField("imageMissing", refusal.get().imageMissing());
    }
  }

  private static void container(JsonGenerator json, OfContainer container) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", container.name());
    refusal(json, container.refusal());
    if (container.outcome().isPresent()) {
      outcome(json, container.outcome().get());
    }
    json.writeEndObject();
  }

  private static void outcome(JsonGenerator json, Outcome outcome) throws IOException {
    json.writeArrayFieldStart("constraints");
    for (Row row : outcome.rows()) {
      json.writeStartObject();
      json.writeStringField("constraint", row.constraint());
      json.writeStringField("subject", row.subject());
      json.writeStringField("value", row.value());
      json.writeStringField("from", row.origin().word());
      json.writeStringField("origin", row.origin().text());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("surprises");
    for (Surprise surprise : outcome.surprises()) {
      json.writeStartObject();
      json.writeStringField("field", surprise.field());
      json.writeStringField("text", surprise.text());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("notes");
    for (String note : outcome.notes()) {
      json.writeString(note);
    }
    json.writeEndArray();
    json.writeFieldName("spec");
    json.writeRawValue(specText(outcome));
    json.writeStringField("plan", PlanText.render(outcome.plan()));
  }
}
