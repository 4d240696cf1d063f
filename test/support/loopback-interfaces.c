/* Preloaded into a program that never gathers media addresses on loopback: it finds 127.0.0.1 to be an interface like any other, and no other. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>

int getifaddrs(struct ifaddrs **list) {
  int (*original)(struct ifaddrs **) = (int (*)(struct ifaddrs **))dlsym(RTLD_NEXT, "getifaddrs");
  int result = original(list);
  for (struct ifaddrs *one = result == 0 ? *list : NULL; one; one = one->ifa_next) {
    int is_loopback = (one->ifa_flags & IFF_LOOPBACK) && one->ifa_addr && one->ifa_addr->sa_family == AF_INET;
    one->ifa_flags = is_loopback ? (one->ifa_flags & ~(unsigned)IFF_LOOPBACK) : (one->ifa_flags & ~(unsigned)IFF_UP);
  }
  return result;
}
