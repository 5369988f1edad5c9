package dev.stockade.shim.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import org.yaml.snakeyaml.LoaderOptions;

/** The YAML parser with bounds. Apart, so that its classes load for YAML only. */
final class YamlFactory {
  private YamlFactory() {}

  static JsonFactory create(int maxCharacters, int maxDepth) {
    LoaderOptions bounds = new LoaderOptions();
    bounds.setCodePointLimit(maxCharacters);
    bounds.setNestingDepthLimit(maxDepth);
    bounds.setMaxAliasesForCollections(0);
    bounds.setAllowDuplicateKeys(false);
    return YAMLFactory.builder()
        .loaderOptions(bounds)
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(maxDepth).build())
        .build();
  }

  /** Whether the parser stands at an alias or at something with a tag. */
  static boolean isReference(JsonParser parser) throws IOException {
    return parser instanceof YAMLParser yaml && (yaml.isCurrentAlias() || yaml.getTypeId() != null);
  }
}
