package dev.stockade.shim.intent;

import static dev.stockade.shim.intent.Requests.container;
import static dev.stockade.shim.intent.Requests.read;
import static dev.stockade.shim.intent.Requests.refusedFields;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.CDIDevice;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import dev.stockade.cri.v1.Signal;
import dev.stockade.cri.v1.WindowsContainerConfig;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerIntentReaderTest {
  private static KeyValue variable(String key, String value) {
    return KeyValue.newBuilder().setKey(key).setValue(ByteString.copyFromUtf8(value)).build();
  }

  private static ContainerConfig.Builder mounting(String target, String source) {
    return container()
        .addMounts(Mount.newBuilder().setContainerPath(target).setHostPath(source).build());
  }

  @Test
  void readsAPlainRequest() throws IntentRejection {
    ContainerIntent intent =
        read(
            container()
                .addCommand("/bin/sh")
                .addArgs("-c")
                .setWorkingDir("/srv")
                .addEnvs(variable("A", "b=c"))
                .setLogPath("nginx/0.log")
                .setStopSignal(Signal.SIGRTMINPLUS3));
    assertThat(intent.command()).containsExactly("/bin/sh");
    assertThat(intent.environment()).containsExactly(new EnvironmentVariable("A", "b=c"));
    assertThat(intent.logPath()).contains("nginx/0.log");
    assertThat(intent.stopSignal()).contains(new StopSignal(37));
    assertThat(intent.security().seccomp()).isEqualTo(new SecurityProfileIntent.Unset());
    assertThat(intent.resources()).isEqualTo(ResourceIntent.NONE);
  }

  @Test
  void reportsEveryProblemAtOnce() {
    assertThat(
            refusedFields(
                ContainerConfig.newBuilder()
                    .setWindows(WindowsContainerConfig.getDefaultInstance())
                    .setWorkingDir("srv")
                    .addEnvs(variable("A=B", "c"))
                    .addDevices(Device.newBuilder().setHostPath("/dev/fuse").setPermissions("rx"))
                    .setLogPath("../../etc/passwd")))
        .containsExactly(
            "windows",
            "metadata.name",
            "image.image",
            "working_dir",
            "envs[0].key",
            "devices[0].permissions",
            "log_path");
  }

  @Test
  void neverShowsValuesOfTheEnvironment() throws IntentRejection {
    ContainerIntent intent = read(container().addEnvs(variable("TOKEN", "hunter2")));
    assertThat(intent.toString() + intent.environment()).doesNotContain("hunter2");
    IntentRejection refused =
        catchThrowableOfType(
            IntentRejection.class, () -> read(container().addEnvs(variable("TOKEN", "hunter2\0"))));
    assertThat(refused).hasMessageContaining("envs[0]").hasMessageNotContaining("hunter2");
  }

  @Test
  void refusesAnEnvironmentThatIsNotUtf8() {
    KeyValue latin1 =
        KeyValue.newBuilder().setKey("A").setValue(ByteString.copyFrom(new byte[] {-28})).build();
    assertThat(refusedFields(container().addEnvs(latin1))).containsExactly("envs[0].value");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/var/log/x", "..", "../x", "a/../../x", "a/..", "a/", "a\0b"})
  void keepsTheLogBeneathThePodsDirectory(String path) {
    assertThat(refusedFields(container().setLogPath(path))).containsExactly("log_path");
  }

  @Test
  void needsALogDirectoryForALogPath() throws IntentRejection {
    PodIntent pod = read(Requests.pod().setLogDirectory(""));
    assertThatExceptionOfType(IntentRejection.class)
        .isThrownBy(() -> ContainerIntentReader.read(container().setLogPath("a").build(), pod))
        .withMessageContaining("log_path")
        .withMessageContaining("log_directory");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc",
        "/proc/",
        "//proc/.",
        "/proc/sys",
        "/proc/1",
        "/proc/meminfo",
        "/",
        "data",
        "/a/../b",
        ""
      })
  void refusesMountTargets(String target) {
    assertThat(refusedFields(mounting(target, "/srv"))).containsExactly("mounts[0].container_path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/procfs", "/dev", "/sys", "/data"})
  void acceptsMountTargets(String target) {
    assertThat(refusedFields(mounting(target, "/srv"))).isEmpty();
  }

  @Test
  void refusesTheSameTargetTwice() {
    assertThat(
            refusedFields(
                mounting("/data", "/a")
                    .addMounts(Mount.newBuilder().setContainerPath("/data/").setHostPath("/b"))))
        .containsExactly("mounts[1].container_path");
  }

  @Test
  void recursiveReadOnlyNeedsAPrivateReadOnlyMount() {
    Mount.Builder mount =
        Mount.newBuilder()
            .setContainerPath("/data")
            .setHostPath("/srv")
            .setRecursiveReadOnly(true)
            .setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER);
    assertThat(refusedFields(container().addMounts(mount)))
        .containsExactly("mounts[0].recursive_read_only", "mounts[0].recursive_read_only");
    mount.setReadonly(true).setPropagation(MountPropagation.PROPAGATION_PRIVATE);
    assertThat(refusedFields(container().addMounts(mount))).isEmpty();
  }

  @Test
  void readsNamesOfDevicesByFieldAndAnnotation() throws IntentRejection {
    ContainerConfig.Builder asked =
        container()
            .addCDIDevices(CDIDevice.newBuilder().setName("a.b/c=d"))
            .putAnnotations("cdi.k8s.io/two", "a.b/c=e,a.b/c=d")
            .putAnnotations("cdi.k8s.io", "a.b/c=f");
    assertThat(read(asked).cdi())
        .containsExactly(
            new CdiRequest("a.b/c=d", "CDI_devices[0].name"),
            new CdiRequest("a.b/c=e", "annotations[cdi.k8s.io/two]"));
  }

  @Test
  void refusesNamesOfNoDevice() {
    for (String name : List.of("", "d", "a/b", "a/b=", "a/b=c=d", "a/../b=c", "a/b=c\nd", "/b=c")) {
      assertThat(refusedFields(container().addCDIDevices(CDIDevice.newBuilder().setName(name))))
          .as(name)
          .containsExactly("CDI_devices[0].name");
      assertThat(refusedFields(container().putAnnotations("cdi.k8s.io/x", "a/b=c," + name)))
          .as(name)
          .containsExactly("annotations[cdi.k8s.io/x]");
    }
  }

  @Test
  void refusesSignalsItDoesNotKnow() throws IntentRejection {
    assertThat(refusedFields(container().setStopSignalValue(99))).containsExactly("stop_signal");
    assertThat(read(container()).stopSignal()).isEqualTo(Optional.empty());
  }

  @Test
  void everySignalOfTheProtocolHasANumber() {
    for (Signal signal : Signal.values()) {
      if (signal != Signal.RUNTIME_DEFAULT && signal != Signal.UNRECOGNIZED) {
        assertThat(CriSignals.parse(signal)).as(signal.name()).isPresent();
      }
    }
    assertThat(CriSignals.of(new StopSignal(62))).isEqualTo(Signal.SIGRTMAXMINUS2);
    assertThat(CriSignals.of(StopSignal.SIGTERM)).isEqualTo(Signal.SIGTERM);
    assertThat(CriSignals.of(new StopSignal(32))).isEqualTo(Signal.RUNTIME_DEFAULT);
  }

  @Test
  void boundsTheNumberOfReportedProblems() {
    ContainerConfig.Builder many = container();
    for (int i = 0; i < 900; i++) {
      many.addMounts(Mount.newBuilder().setContainerPath("/m" + i).setHostPath("relative"));
    }
    IntentRejection refused = catchThrowableOfType(IntentRejection.class, () -> read(many));
    assertThat(refused).hasMessageContaining("and 868 more problems");
    assertThat(refused.problems()).hasSize(32);
  }

  @Test
  void quotesHostileTextHarmlessly() {
    IntentRejection refused =
        catchThrowableOfType(
            IntentRejection.class, () -> read(container().setWorkingDir("x\n\u001b[31m'y")));
    assertThat(refused.getMessage()).doesNotContain("\n", "\u001b");
  }
}
