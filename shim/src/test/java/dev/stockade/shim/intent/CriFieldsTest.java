package dev.stockade.shim.intent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.UnknownFieldSet;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * docs/CRI-FIELDS.md says what becomes of every field of the protocol: no field is forgotten, and
 * each does what its row says.
 */
final class CriFieldsTest {
  /** Reads one whole request into what it asks for. */
  @FunctionalInterface
  private interface Reader {
    Object read(String change) throws Exception;
  }

  private static Object pod(String change) throws Exception {
    PodSandboxConfig.Builder pod = Requests.pod();
    TextFormat.merge(change, pod);
    return PodIntentReader.read(pod.build());
  }

  /** In a pod that allows its containers everything, so that nothing but the field decides. */
  private static Object container(String change) throws Exception {
    NamespaceOption.Builder host =
        NamespaceOption.newBuilder()
            .setNetwork(NamespaceMode.NODE)
            .setPid(NamespaceMode.NODE)
            .setIpc(NamespaceMode.NODE);
    PodIntent pod =
        Requests.read(
            Requests.pod(
                LinuxSandboxSecurityContext.newBuilder()
                    .setPrivileged(true)
                    .setNamespaceOptions(host)));
    ContainerConfig.Builder container = Requests.container();
    TextFormat.merge(change, container);
    return ContainerIntentReader.read(container.build(), pod);
  }

  @Test
  void everyFieldHasARowAndEveryRowAField() throws Exception {
    for (Descriptor message :
        List.of(
            RunPodSandboxRequest.getDescriptor(),
            CreateContainerRequest.getDescriptor(),
            PodSandboxConfig.getDescriptor(),
            ContainerConfig.getDescriptor())) {
      FieldDocument document = FieldDocument.of(message.getName());
      List<String> paths = new ArrayList<>();
      paths(message, "", document, paths);
      assertThat(document.rows().keySet()).containsExactlyInAnyOrderElementsOf(paths);
    }
  }

  /** Every field that has a row, or needs one: a message's row speaks for what is beneath it. */
  private static void paths(
      Descriptor message, String prefix, FieldDocument document, List<String> found) {
    for (FieldDescriptor field : message.getFields()) {
      String path = prefix + field.getName();
      boolean plain = field.getJavaType() != FieldDescriptor.JavaType.MESSAGE || field.isMapField();
      if (plain || document.rows().containsKey(path)) {
        found.add(path);
      } else {
        paths(field.getMessageType(), path + ".", document, found);
      }
    }
  }

  static Stream<Arguments> rows() throws Exception {
    Map<String, FieldSample> pods = FieldSample.ofPods();
    Map<String, FieldSample> containers = FieldSample.ofContainers();
    return Stream.concat(
        FieldDocument.of("PodSandboxConfig").rows().entrySet().stream()
            .map(row -> arguments("PodSandboxConfig", row, pods)),
        FieldDocument.of("ContainerConfig").rows().entrySet().stream()
            .map(row -> arguments("ContainerConfig", row, containers)));
  }

  private static Arguments arguments(
      String message, Map.Entry<String, String> row, Map<String, FieldSample> samples) {
    FieldSample sample = row.getValue().equals("data") ? null : samples.get(row.getKey());
    return Arguments.of(message, row.getKey(), row.getValue(), sample);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void itDoesWhatItsRowSays(String message, String path, String word, FieldSample sample)
      throws Exception {
    boolean ofPod = message.equals("PodSandboxConfig");
    Reader reader = ofPod ? CriFieldsTest::pod : CriFieldsTest::container;
    if (word.equals("data")) {
      Descriptor descriptor =
          ofPod ? PodSandboxConfig.getDescriptor() : ContainerConfig.getDescriptor();
      assertThat(reader.read(anything(descriptor, path))).isEqualTo(reader.read(""));
      return;
    }
    assertThat(sample).as("a sample for %s", path).isNotNull();
    Object first = reader.read(sample.first());
    switch (word) {
      case "enforced", "node" -> assertThat(reader.read(sample.second())).isNotEqualTo(first);
      case "checked", "refused" ->
          assertThat(refusedFields(reader, sample.second()))
              .allSatisfy(field -> assertThat(named(field, path)).as(field).isTrue());
      default -> fail("%s is no word of the document", word);
    }
  }

  private static List<String> refusedFields(Reader reader, String change) throws Exception {
    try {
      Object read = reader.read(change);
      return fail("read as %s", read);
    } catch (IntentRejection e) {
      return e.problems().stream().map(Problem::field).toList();
    }
  }

  /** The field itself, one beneath it, or the message or list it is in. */
  private static boolean named(String field, String path) {
    String plain = field.replaceAll("\\[[^]]*]", "");
    return plain.startsWith(path) || path.startsWith(plain + ".");
  }

  /** A value of the field, whatever it is. */
  private static String anything(Descriptor message, String path) {
    int dot = path.indexOf('.');
    String name = dot < 0 ? path : path.substring(0, dot);
    FieldDescriptor field = message.findFieldByName(name);
    if (dot >= 0) {
      return name + " { " + anything(field.getMessageType(), path.substring(dot + 1)) + " }";
    }
    if (field.isMapField()) {
      return name + " { key: 'any' value: 'thing' }";
    }
    return switch (field.getJavaType()) {
      case STRING -> name + ": 'anything'";
      case BOOLEAN -> name + ": true";
      case MESSAGE -> {
        FieldDescriptor inner = field.getMessageType().getFields().get(0);
        yield name + " { " + anything(field.getMessageType(), inner.getName()) + " }";
      }
      default -> name + ": 7";
    };
  }

  @Test
  void aFieldOfALaterProtocolIsRefusedWhereverItIs() throws Exception {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(4711, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    ContainerConfig container =
        Requests.container(LinuxContainerSecurityContext.newBuilder().setUnknownFields(later))
            .addMounts(
                Mount.newBuilder()
                    .setContainerPath("/m")
                    .setHostPath("/tmp")
                    .setUnknownFields(later))
            .build();
    assertThat(unknown(container))
        .containsExactlyInAnyOrder("mounts[0].field 4711", "linux.security_context.field 4711");
    assertThat(unknown(Requests.pod().setUnknownFields(later).build()))
        .containsExactly("field 4711");
  }

  private static Set<String> unknown(Message message) {
    Set<String> fields = new TreeSet<>();
    try {
      if (message instanceof PodSandboxConfig pod) {
        PodIntentReader.read(pod);
      } else if (message instanceof ContainerConfig container) {
        ContainerIntentReader.read(container, Requests.read(Requests.pod()));
      }
    } catch (IntentRejection e) {
      assertThat(e.kind()).isEqualTo(Problem.Kind.UNSUPPORTED);
      e.problems().forEach(problem -> fields.add(problem.field()));
    }
    return fields;
  }
}
