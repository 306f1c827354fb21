// What runs in the containers of docker_test.py: numbered lines, until it is told to stop.
//
// talker COUNT PAUSE_US BURST LONG: COUNT lines (each third on stderr, too, when that is another
// pipe) in bursts, a pause after each; each LONGth line is of 40,000 bytes; 0: none. Each run of the
// container numbers anew behind its own mark, which /runs counts.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static int next_run(void) {
  int run = 0;
  FILE* file = fopen("/runs", "r");
  if (file) {
    if (fscanf(file, "%d", &run) != 1) run = 0;
    fclose(file);
  }
  file = fopen("/runs", "w");
  if (file) {
    fprintf(file, "%d", run + 1);
    fclose(file);
  }
  return run;
}

int main(int count_of_arguments, char** arguments) {
  if (count_of_arguments < 5) return 2;
  signal(SIGTERM, stop);
  const long count = atol(arguments[1]);
  const long pause_us = atol(arguments[2]);
  const long burst = atol(arguments[3]);
  const long every = atol(arguments[4]);
  const int run = next_run();
  static char filler[40001];
  memset(filler, 'x', sizeof filler - 1);
  for (long i = 0; i < count && !stopped; ++i) {
    const int is_long = every && i % every == every - 1;
    printf("run %d out %ld %s\n", run, i, is_long ? filler : "some words");
    if (i % 3 == 0) fprintf(stderr, "run %d err %ld %s\n", run, i, is_long ? filler : "trouble");
    if (i % burst != burst - 1) continue;
    fflush(stdout);
    if (pause_us) usleep((useconds_t)pause_us);
  }
  printf("run %d ends without a newline", run);
  fflush(stdout);
  return 0;
}
