/* What Linux tells of processes and of its own losses. */
#include "load.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

double cpu_micros(pid_t pid) {
  if (pid == 0) return 0;
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "r");
  if (!file) fail("process %d is gone", (int)pid);
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = 0;
  /* The name in field 2 may hold spaces and parentheses; utime and stime are fields 14 and 15. */
  char *rest = strrchr(text, ')');
  unsigned long user = 0, kernel = 0;
  if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
    fail("/proc/%d/stat cannot be read", (int)pid);
  return (double)(user + kernel) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

uint64_t buffer_errors(void) {
  FILE *file = fopen("/proc/net/snmp", "r");
  char line[1024], name[32];
  unsigned long long errors = 0;
  if (!file) return 0;
  while (fgets(line, sizeof line, file)) {
    /* Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors … */
    if (sscanf(line, "%31s %*u %*u %*u %*u %llu", name, &errors) == 2 && strcmp(name, "Udp:") == 0) break;
  }
  fclose(file);
  return errors;
}
