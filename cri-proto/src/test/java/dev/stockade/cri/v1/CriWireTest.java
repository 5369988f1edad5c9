package dev.stockade.cri.v1;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.DebugFormat;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Bytes as a kubelet sends them mean to us what they mean to it. The bytes are written by hand
 * after the protobuf encoding specification: a tag is (field number &lt;&lt; 3 | wire type), wire
 * type 0 is a varint, 2 is a length and that many bytes.
 */
final class CriWireTest {

  /** Nested messages, enums, a map, a wrapper, packed numbers, bytes that are no UTF-8. */
  private static final byte[] CREATE =
      bytes(
          """
          0a 02 70 31                 # pod_sandbox_id = "p1"
          12 4c                       # config, 76 bytes
            0a 05                       # metadata
              0a 01 63                    # name = "c"
              10 02                       # attempt = 2
            32 07                       # envs
              0a 01 4b                    # key = "K"
              12 02 ff 00                 # value, two bytes that are no text
            3a 08                       # mounts
              0a 02 2f 6d                 # container_path = "/m"
              18 01                       # readonly
              28 01                       # propagation = HOST_TO_CONTAINER
            4a 06                       # labels, one entry
              0a 01 61                    # "a"
              12 01 62                    # to "b"
            7a 1f                       # linux
              0a 04                       # resources
                10 d0 86 03                 # cpu_quota = 50000
              12 17                       # security_context
                2a 03                       # run_as_user
                  08 e8 07                    # value = 1000
                42 03                       # supplemental_groups, packed
                  01 ac 02                    # 1, 300
                58 01                       # no_new_privs
                7a 06                       # seccomp
                  08 02                       # profile_type = Localhost
                  12 02 2f 73                 # localhost_ref = "/s"
                88 01 01                    # supplemental_groups_policy = Strict
            8a 01 03                    # CDI_devices
              0a 01 64                    # name = "d"
            90 01 17                    # stop_signal = SIGTERM
          """);

  @Test
  void aRequestWrittenByHandIsUnderstood() throws InvalidProtocolBufferException {
    CreateContainerRequest request = CreateContainerRequest.parseFrom(CREATE);
    assertEquals("p1", request.getPodSandboxId());
    ContainerConfig config = request.getConfig();
    assertEquals("c", config.getMetadata().getName());
    assertEquals(2, config.getMetadata().getAttempt());
    assertEquals("K", config.getEnvs(0).getKey());
    assertArrayEquals(new byte[] {-1, 0}, config.getEnvs(0).getValue().toByteArray());
    assertEquals("/m", config.getMounts(0).getContainerPath());
    assertTrue(config.getMounts(0).getReadonly());
    assertEquals(
        MountPropagation.PROPAGATION_HOST_TO_CONTAINER, config.getMounts(0).getPropagation());
    assertEquals(Map.of("a", "b"), config.getLabelsMap());
    assertEquals("d", config.getCDIDevices(0).getName());
    assertEquals(Signal.SIGTERM, config.getStopSignal());
    assertEquals(50000, config.getLinux().getResources().getCpuQuota());
    LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
    assertEquals(1000, security.getRunAsUser().getValue());
    assertFalse(security.hasRunAsGroup());
    assertEquals(List.of(1L, 300L), security.getSupplementalGroupsList());
    assertEquals(SupplementalGroupsPolicy.Strict, security.getSupplementalGroupsPolicy());
    assertTrue(security.getNoNewPrivs());
    assertEquals(SecurityProfile.ProfileType.Localhost, security.getSeccomp().getProfileType());
    assertEquals("/s", security.getSeccomp().getLocalhostRef());
    assertFalse(security.hasApparmor());
  }

  @Test
  void whatWeWriteIsTheSameBytes() throws InvalidProtocolBufferException {
    CreateContainerRequest request = CreateContainerRequest.parseFrom(CREATE);
    assertEquals(hex(CREATE), hex(request.toByteArray()));
    CreateContainerRequest rebuilt =
        request.toBuilder()
            .setConfig(ContainerConfig.newBuilder(request.getConfig()).build())
            .build();
    assertEquals(hex(CREATE), hex(rebuilt.toByteArray()));
  }

  /** RuntimeDefault is zero: only presence tells "the default profile" from "no profile". */
  @Test
  void anEmptyProfileIsPresentAndMeansRuntimeDefault() throws InvalidProtocolBufferException {
    LinuxContainerSecurityContext security =
        LinuxContainerSecurityContext.parseFrom(bytes("7a 00"));
    assertTrue(security.hasSeccomp());
    assertEquals(
        SecurityProfile.ProfileType.RuntimeDefault, security.getSeccomp().getProfileType());
  }

  /** A value of a later interface is not mistaken for the default one. */
  @Test
  void anUnknownEnumValueIsUnrecognizedAndKept() throws InvalidProtocolBufferException {
    byte[] wire = bytes("08 63 # profile_type = 99");
    SecurityProfile profile = SecurityProfile.parseFrom(wire);
    assertEquals(SecurityProfile.ProfileType.UNRECOGNIZED, profile.getProfileType());
    assertEquals(99, profile.getProfileTypeValue());
    assertEquals(hex(wire), hex(profile.toByteArray()));
  }

  @Test
  void aFieldOfALaterInterfaceIsKept() throws InvalidProtocolBufferException {
    byte[] wire = bytes("0a 02 2f 6d 5a 06 6e 6f 65 78 65 63 # container_path, then field 11");
    assertEquals(hex(wire), hex(Mount.parseFrom(wire).toByteArray()));
  }

  /** Not {@code toString}, which protobuf leaves unredacted: whoever logs uses DebugFormat. */
  @Test
  void debugFormatHoldsNoSecret() {
    AuthConfig auth =
        AuthConfig.newBuilder()
            .setUsername("alice")
            .setPassword("hunter2-a")
            .setAuth("hunter2-b")
            .setIdentityToken("hunter2-c")
            .setRegistryToken("hunter2-d")
            .build();
    KeyValue env =
        KeyValue.newBuilder().setKey("K").setValue(ByteString.copyFromUtf8("hunter2-e")).build();
    for (Message message :
        List.of(
            auth,
            PullImageRequest.newBuilder().setAuth(auth).build(),
            env,
            ContainerConfig.newBuilder().addEnvs(env).build())) {
      String printed = DebugFormat.singleLine().toString(message);
      assertFalse(printed.contains("hunter2"), () -> "a secret shows in: " + printed);
      assertTrue(printed.contains("alice") || printed.contains("key: \"K\""), printed);
    }
  }

  /** Hex digits, with blanks ignored and comments from {@code #} to the end of the line. */
  private static byte[] bytes(String annotated) {
    return HexFormat.of().parseHex(annotated.replaceAll("#.*", "").replaceAll("\\s", ""));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }
}
