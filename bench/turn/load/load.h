/* What the parts of the load generator share: one process that is all clients and all peers of a TURN server. */
#ifndef LOAD_H
#define LOAD_H
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* ns of the monotonic clock */
typedef int64_t moment;
static const moment second = 1000000000;
moment now(void);

/* Prints what went wrong and ends the program. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- histogram.c: durations in ns, percentiles within 1 % ---- */
typedef struct {
  uint64_t counts[64 * 128];
  uint64_t total;
  moment largest;
} histogram;
void histogram_record(histogram *h, moment value);
double histogram_micros(const histogram *h, double share);

/* ---- usage.c: what another process has used ---- */
/* User and system time of all its threads in µs; steps of 10,000. 0 for pid 0. */
double cpu_micros(pid_t pid);
/* Datagrams that the kernel has dropped because a socket's buffer was full, of the whole machine. */
uint64_t buffer_errors(void);

/* ---- stun.c: requests of the long-term mechanism, and what answers say ---- */
enum method { allocate = 0x003, refresh = 0x004, channel_bind = 0x009 };
typedef struct {
  char user[128], password[128], realm[256];
  /* MD5 of user:realm:password, once the realm is known */
  uint8_t key[16];
} account;
typedef struct {
  uint8_t id[12];
  char nonce[256];
} exchange;
typedef struct {
  int class; /* 2 success, 3 error */
  int error;
  struct sockaddr_in relayed;
} answer;
void account_realm(account *who, const char *realm, size_t length);
/* Another transaction: not when a request is merely repeated. */
void new_exchange(exchange *e);
/* Without a nonce in `e` the request is one of a stranger. `peer` is for channel_bind. Returns the length. */
size_t stun_request(uint8_t *out, enum method method, exchange *e, const account *who, const struct sockaddr_in *peer);
/* False for what is no answer to this exchange. Takes over realm and nonce of a challenge. */
bool stun_answer(const uint8_t *in, size_t length, exchange *e, account *who, answer *result);

/* ---- clients.c: sockets and allocations ---- */
enum { channel_number = 0x4000, header = 4 };
typedef struct {
  int fd;
  int peer; /* which of the peers it talks to */
  enum { fresh, waiting, ready, failed } state;
  enum method asked;
  int tries;
  moment sent;
  exchange exchange;
  struct sockaddr_in relayed;
  uint32_t sequence[2]; /* next one towards the peer, and towards the client */
  uint32_t seen[2];
} client;
typedef struct {
  struct sockaddr_in server;
  account who;
  int count, peer_count;
  client *clients;
  int *peers;
  struct sockaddr_in *peer_addresses;
  int epoll; /* data.u32: a client's number, or peer_mark + a peer's */
  int buffer;
  bool direct; /* no server: clients talk to their peers */
} party;
static const uint32_t peer_mark = 0x80000000;
void party_open(party *p);
typedef struct {
  double seconds;
  uint64_t repeated; /* requests sent again because no answer came */
  int failed;
  int first_error;
} making;
/* Makes all allocations, `in_flight` at a time, each from the 401 on; with `bind` also a channel to its peer. */
making party_allocate(party *p, int in_flight, bool bind);
/* One unauthenticated Allocate from each of so many addresses and ports, answered or not. Returns the answers. */
uint64_t strangers(const struct sockaddr_in *server, int count);

/* ---- traffic.c ---- */
typedef struct {
  double rate;    /* round trips per second; with frames: packets per second, both directions together */
  double seconds, warmup;
  int size;       /* octets of data in a packet */
  bool frames;    /* video: clients and peers send frames of several packets; otherwise peers send single ones back */
  bool segments;  /* sends a frame by one call with UDP_SEGMENT */
  bool spin;      /* never sleeps */
  pid_t pid;      /* whose CPU time counts, or 0 */
  uint32_t seed;
} plan;
typedef struct {
  double rate, seconds;
  uint64_t sent, received, not_sent, reordered, relayed, buffer_errors;
  double cpu_micros, busy; /* of the process `pid`; share of the time in which the generator had something to do */
  histogram latency, late;
} traffic;
void run_traffic(party *p, const plan *plan, traffic *result);

#endif
