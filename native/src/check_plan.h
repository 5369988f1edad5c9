#pragma once

/* `warden check-plan [FILE]`: 0 = accepted, 1 = refused (step, name and reason on standard output), 2 = not
 * read. */
int check_plan_main(int argc, char **argv);
