package dev.stockade.shim.registry;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Where images of each registry come from, by a directory of containerd's form: {@code
 * HOST/hosts.toml}, or {@code _default/hosts.toml} for those without. Read anew for every pull.
 * Source: containerd's docs/hosts.md.
 */
public final class RegistryHosts {
  private static final String FILE = "hosts.toml";
  private static final int LARGEST = 1 << 20;

  private final Path directory;
  private final Proxies proxies;

  /** Reached directly. */
  public RegistryHosts(Path directory) {
    this(directory, Proxies.NONE);
  }

  /** Reached through proxies. */
  public RegistryHosts(Path directory, Proxies proxies) {
    this.directory = directory;
    this.proxies = proxies;
  }

  Proxies proxies() {
    return proxies;
  }

  /**
   * The hosts to ask, in this order.
   *
   * @param registry host and port as references have it
   */
  List<Endpoint> of(String registry) throws RegistryException {
    String host = Endpoint.canonical(registry);
    for (String name : List.of(host, host.replaceFirst(":([0-9]+)$", "_$1_"), "_default")) {
      Path file = directory.resolve(name).resolve(FILE);
      try {
        String text = new String(HostPath.read(file, LARGEST), StandardCharsets.UTF_8);
        return HostsFile.read(file, text, host);
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
          throw unreadable(file, e);
        }
      } catch (RegistryException e) {
        throw e;
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    return List.of(Endpoint.plain(host));
  }

  private static RegistryException unreadable(Path file, IOException e) {
    return new RegistryException(
        RegistryException.Kind.CONFIGURATION, "cannot read " + file + ": " + e.getMessage(), e);
  }
}
