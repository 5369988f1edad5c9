package dev.stockade.cri.v1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.protobuf.Descriptors.FileDescriptor;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Our messages and services are those of CRI v1 as Kubernetes 1.36 speaks it: nothing missing,
 * nothing extra, every name, number, type and label the same as in {@code cri-v1-facts.tsv}.
 */
final class CriFactsTest {
  private static final int COLUMNS = 7;
  private static final List<FileDescriptor> ROOTS =
      List.of(RuntimeServiceProto.getDescriptor(), ImageServiceProto.getDescriptor());

  private static SortedSet<String> published;
  private static SortedSet<String> ours;

  @BeforeAll
  static void readBoth() throws IOException {
    published = table();
    ours = new DescriptorFacts(ROOTS).rows();
  }

  @Test
  void nothingIsMissing() {
    assertEquals(Set.of(), difference(published, ours), "published facts that our .proto lacks");
  }

  @Test
  void nothingIsExtra() {
    assertEquals(Set.of(), difference(ours, published), "facts of our .proto never published");
  }

  @Test
  void thereAre41Calls() {
    TreeMap<String, Long> counts =
        ours.stream()
            .collect(Collectors.groupingBy(r -> cell(r, 0), TreeMap::new, Collectors.counting()));
    System.out.println("CRI v1 facts held: " + counts);
    assertEquals(41, counts.get("rpc"));
    assertEquals(35, calls("RuntimeService").size());
    assertEquals(6, calls("ImageService").size());
  }

  /** The generated stubs answer under the paths a client calls: /runtime.v1.SERVICE/METHOD. */
  @Test
  void stubsHaveThePublishedPathsAndTypes() {
    SortedSet<String> stubs = new TreeSet<>();
    for (ServiceDescriptor service :
        List.of(
            RuntimeServiceGrpc.getServiceDescriptor(), ImageServiceGrpc.getServiceDescriptor())) {
      service.getMethods().forEach(m -> stubs.add(m.getFullMethodName() + " " + kind(m)));
    }
    SortedSet<String> wanted = new TreeSet<>();
    Stream.of("RuntimeService", "ImageService")
        .flatMap(s -> calls(s).stream())
        .forEach(r -> wanted.add("runtime.v1." + cell(r, 1) + "/" + cell(r, 2) + " " + cell(r, 5)));
    assertEquals(wanted, stubs);
  }

  private static String kind(MethodDescriptor<?, ?> method) {
    return switch (method.getType()) {
      case UNARY -> "unary";
      case SERVER_STREAMING -> "server-streaming";
      default -> method.getType().name();
    };
  }

  private static List<String> calls(String service) {
    return published.stream()
        .filter(r -> cell(r, 0).equals("rpc") && cell(r, 1).equals(service))
        .toList();
  }

  private static String cell(String row, int column) {
    return row.split("\t", -1)[column];
  }

  private static SortedSet<String> difference(Set<String> from, Set<String> what) {
    SortedSet<String> rest = new TreeSet<>(from);
    rest.removeAll(what);
    return rest;
  }

  private static SortedSet<String> table() throws IOException {
    SortedSet<String> rows = new TreeSet<>();
    InputStream resource = CriFactsTest.class.getResourceAsStream("/cri-v1-facts.tsv");
    assertNotNull(resource, "cri-v1-facts.tsv is not on the test class path");
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!line.startsWith("#")) {
          assertEquals(COLUMNS, line.split("\t", -1).length, "columns of: " + line);
          assertEquals(true, rows.add(line), "twice in the table: " + line);
        }
      }
    }
    return rows;
  }
}
