package dev.stockade.shim.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.spec.HookStage;
import dev.stockade.shim.cdi.NodeEdit.DeviceNumber;
import dev.stockade.shim.document.TextDocument;
import dev.stockade.shim.intent.EnvironmentVariable;
import dev.stockade.shim.intent.MountIntent.Propagation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SpecReaderTest {
  private static Spec read(String text) throws Exception {
    return SpecReader.read(TextDocument.parse(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Spec edits(String edits) throws Exception {
    String spec =
        "{'cdiVersion':'0.6.0','kind':'a.b/c','devices':[{'name':'d','containerEdits':{%s}}]}";
    return read(spec.formatted(edits).replace('\'', '"'));
  }

  @Test
  void readsWhatVendorsWrite() throws Exception {
    Spec spec =
        read(
            """
            cdiVersion: "0.7.0"
            kind: vendor.com/gpu
            annotations: { made.by: somebody }
            containerEdits:
              env: [ "VISIBLE=void", "EMPTY=" ]
              mounts:
              - hostPath: /usr/lib/libgpu.so
                containerPath: /usr/lib/libgpu.so/
                options: [ ro, nosuid, nodev, rbind, rprivate ]
              hooks:
              - hookName: createContainer
                path: /usr/bin/tool
                args: [ tool, links ]
                env: [ "A=b" ]
                timeout: 5
            devices:
            - name: "0"
              annotations: { n: "0" }
              containerEdits:
                deviceNodes:
                - path: /dev/gpu0
                  hostPath: /dev//vendor/gpu0
                  type: c
                  major: 195
                  minor: 0
                  fileMode: 438
                  permissions: rw
                  uid: 1
                  gid: 2
                - path: /dev/ctl
                additionalGids: [ 44 ]
            - name: all:x
              containerEdits: { }
            """);
    assertThat(spec.kind()).isEqualTo("vendor.com/gpu");
    assertThat(spec.devices()).containsOnlyKeys("0", "all:x");
    assertThat(spec.edits().environment())
        .containsExactly(
            new EnvironmentVariable("VISIBLE", "void"), new EnvironmentVariable("EMPTY", ""));
    assertThat(spec.edits().mounts())
        .containsExactly(
            new MountEdit(
                "/usr/lib/libgpu.so",
                "/usr/lib/libgpu.so",
                true,
                true,
                Propagation.PRIVATE,
                List.of("nodev", "nosuid")));
    assertThat(spec.edits().hooks())
        .containsExactly(
            new HookEdit(
                HookStage.CREATE_CONTAINER,
                "/usr/bin/tool",
                List.of("tool", "links"),
                List.of("A=b"),
                5));
    Edits device = Objects.requireNonNull(spec.devices().get("0"));
    assertThat(device.groups()).containsExactly(44L);
    assertThat(device.nodes())
        .containsExactly(
            new NodeEdit(
                "/dev/gpu0",
                "/dev/vendor/gpu0",
                Optional.of('c'),
                Optional.of(new DeviceNumber(195, 0)),
                Optional.of(0666),
                "rw",
                Optional.of(1L),
                Optional.of(2L)),
            new NodeEdit(
                "/dev/ctl",
                "/dev/ctl",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "rwm",
                Optional.empty(),
                Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'more':1 | has the unknown key 'more'",
        "'env':['A'] | env 'A' is not NAME=value",
        "'env':['=b'] | is not NAME=value",
        "'env':'A=b' | env is not a list",
        "'env':[1] | env[0] is not text",
        "'deviceNodes':[{}] | deviceNodes[0].path is missing",
        "'deviceNodes':[{'path':'dev/x'}] | is not an absolute path",
        "'deviceNodes':[{'path':'/dev/../x'}] | is not an absolute path",
        "'deviceNodes':[{'path':'/x','type':'p'}] | type 'p' is not c or b",
        "'deviceNodes':[{'path':'/x','major':1}] | without major or type",
        "'deviceNodes':[{'path':'/x','type':'c','minor':1}] | without major or type",
        "'deviceNodes':[{'path':'/x','type':'c','major':4096}] | is not between 0 and 4095",
        "'deviceNodes':[{'path':'/x','major':-1}] | is not between",
        "'deviceNodes':[{'path':'/x','fileMode':2541}] | fileMode is not between",
        "'deviceNodes':[{'path':'/x','permissions':'rwx'}] | permissions is not one or more",
        "'deviceNodes':[{'path':'/x','permissions':''}] | permissions is not one or more",
        "'deviceNodes':[{'path':'/x','uid':4294967295}] | uid is not between",
        "'mounts':[{'hostPath':'/a'}] | containerPath is missing",
        "'mounts':[{'hostPath':'a','containerPath':'/b'}] | hostPath 'a' is not an absolute path",
        "'mounts':[{'hostPath':'/a','containerPath':'/b','type':'tmpfs'}] | only bind is",
        "'mounts':[{'hostPath':'/a','containerPath':'/b','options':['suid']}] | 'suid' is not",
        "'additionalGids':[0] | is not between 1 and",
        "'intelRdt':{} | intelRdt is not supported",
        "'netDevices':[] | netDevices is not supported",
        "'hooks':[{'hookName':'late','path':'/x'}] | hookName 'late' is not a stage",
        "'hooks':[{'hookName':'poststop','path':'x'}] | is not an absolute path",
        "'hooks':[{'hookName':'poststop','path':'/x','timeout':601}] | timeout is not between",
      })
  void refusesWhatItDoesNotKnow(String edits, String reason) {
    assertThatThrownBy(() -> edits(edits))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("devices[0].containerEdits")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{} | cdiVersion is missing",
        "{'cdiVersion':'2.0.0'} | cdiVersion '2.0.0' is not known",
        "{'cdiVersion':'0.6.0','kind':'gpu'} | is not vendor/class",
        "{'cdiVersion':'0.6.0','kind':'-a/b'} | is not vendor/class",
        "{'cdiVersion':'0.6.0','kind':'a/b','devices':[]} | devices names none",
        "{'cdiVersion':'0.6.0','kind':'a/b','devices':[{'name':'-','containerEdits':{}}]} | name",
        "{'cdiVersion':'0.6.0','kind':'a/b','devices':[{'name':'x'}]} | containerEdits is missing",
        "{'cdiVersion':'0.6.0','kind':'a/b','devices':[{'name':'x','containerEdits':{}}, {'name':'x','containerEdits':{}}]} | stands twice",
        "{'cdiVersion':'0.6.0','kind':'a/b','annotations':{'a':1}} | annotations has a value",
        "{'cdiVersion':'0.6.0','extra':''} | unknown key 'extra'",
        "[] | is not an object",
      })
  void refusesAFileThatIsNone(String text, String reason) {
    assertThatThrownBy(() -> read(text.replace('\'', '"'))).hasMessageContaining(reason);
  }
}
