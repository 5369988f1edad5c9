/* The launch server. */
#pragma once

/* `warden serve --run-dir DIR [--cgroup DIR] [--peer-cgroup PATH]`: leaves a server behind and returns its
 * exit status. */
int serve_main(int argc, char **argv);
