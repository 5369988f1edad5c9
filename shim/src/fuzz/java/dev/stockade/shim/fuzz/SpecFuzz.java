package dev.stockade.shim.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciSpec;
import java.util.stream.Stream;

/** An OCI spec: what is read is the same when it is written and read again. */
final class SpecFuzz implements FuzzTarget {
  private static final String SPEC =
      """
      {"ociVersion":"1.3.0","hostname":"h","root":{"path":"/r","readonly":true},
       "process":{"terminal":false,"user":{"uid":1,"gid":2,"umask":18,"additionalGids":[3]},
        "args":["true"],"env":["A=b"],"cwd":"/","noNewPrivileges":true,"oomScoreAdj":-998,
        "capabilities":{"bounding":["CAP_CHOWN"],"effective":[],"permitted":[],"inheritable":[]},
        "rlimits":[{"type":"RLIMIT_NOFILE","hard":18446744073709551615,"soft":1024}]},
       "mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["nosuid"]}],
       "annotations":{"a":"b"},
       "linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/proc/1/ns/net"}],
        "uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],
        "sysctl":{"net.ipv4.ip_forward":"1"},"maskedPaths":["/proc/kcore"],
        "resources":{"memory":{"limit":1048576},"cpu":{"shares":1024,"quota":-1},
         "pids":{"limit":10},"devices":[{"allow":false,"access":"rwm"}],
         "unified":{"memory.high":"max"}}}}
      """;

  @Override
  public Stream<byte[]> seeds() {
    return Stream.of("{\"ociVersion\":\"1.0.0\"}", SPEC).map(text -> text.getBytes(UTF_8));
  }

  @Override
  public void take(byte[] input) {
    OciSpec spec;
    try {
      spec = OciJson.read(input);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).startsWith("not an OCI spec").hasSizeLessThan(200_000);
      return;
    }
    assertThat(OciJson.read(OciJson.write(spec))).isEqualTo(spec);
  }
}
