/* The sockets of clients and peers, and how allocations are made. */
#define _GNU_SOURCE
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const moment patience = 250000000; /* until a request is repeated */
enum { most_tries = 12 };

/* An address of 127.0.0.0/8 for each run: where an earlier one has left allocations, its ports would come again. */
static uint32_t client_address(void) {
  uint32_t pid = (uint32_t)getpid();
  return 0x7f000001u | (16 + (pid >> 8 & 127)) << 16 | (pid & 255) << 8;
}

static int open_socket(party *p, uint32_t mark) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  uint32_t ip = mark >= peer_mark ? INADDR_LOOPBACK : client_address();
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address)) fail("no socket: %s", strerror(errno));
  /* Beyond the limits of the machine, if this is root: nothing should be lost on this side. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &p->buffer, sizeof p->buffer))
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &p->buffer, sizeof p->buffer);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &p->buffer, sizeof p->buffer))
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &p->buffer, sizeof p->buffer);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = mark};
  if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event)) fail("epoll: %s", strerror(errno));
  return fd;
}

static void *array(int count, size_t size) {
  void *made = calloc((size_t)count, size);
  if (!made) fail("out of memory");
  return made;
}

void party_open(party *p) {
  struct rlimit files = {0, 0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  p->epoll = epoll_create1(0);
  p->clients = array(p->count, sizeof *p->clients);
  p->peers = array(p->peer_count, sizeof *p->peers);
  p->peer_addresses = array(p->peer_count, sizeof *p->peer_addresses);
  for (int i = 0; i < p->peer_count; i++) {
    socklen_t length = sizeof p->peer_addresses[i];
    p->peers[i] = open_socket(p, peer_mark + (uint32_t)i);
    getsockname(p->peers[i], (struct sockaddr *)&p->peer_addresses[i], &length);
  }
  for (int i = 0; i < p->count; i++) {
    client *c = &p->clients[i];
    c->peer = i % p->peer_count;
    c->fd = open_socket(p, (uint32_t)i);
    const struct sockaddr_in *to = p->direct ? &p->peer_addresses[c->peer] : &p->server;
    if (connect(c->fd, (const struct sockaddr *)to, sizeof *to)) fail("connect: %s", strerror(errno));
    if (!p->direct) continue;
    socklen_t length = sizeof c->relayed;
    getsockname(c->fd, (struct sockaddr *)&c->relayed, &length);
    c->state = ready;
  }
}

static void send_request(party *p, client *c) {
  uint8_t request[1024];
  size_t length = stun_request(request, c->asked, &c->exchange, &p->who, &p->peer_addresses[c->peer]);
  c->sent = now();
  send(c->fd, request, length, 0);
}

static void ask(party *p, client *c, enum method method) {
  c->asked = method;
  c->state = waiting;
  new_exchange(&c->exchange);
  send_request(p, c);
}

/* What an answer leads to; true when the client has come to its end, well or badly. */
static bool answered(party *p, client *c, const answer *got, bool bind, making *result) {
  if (got->class == 3 && (got->error == 401 || got->error == 438) && c->exchange.nonce[0] && ++c->tries < most_tries) {
    ask(p, c, c->asked);
    return false;
  }
  if (got->class == 3) {
    if (!result->first_error) result->first_error = got->error;
    result->failed++;
    c->state = failed;
    return true;
  }
  if (c->asked == allocate) c->relayed = got->relayed;
  if (c->asked == allocate && bind) {
    ask(p, c, channel_bind);
    return false;
  }
  c->state = ready;
  return true;
}

static bool read_answer(party *p, client *c, bool bind, making *result) {
  uint8_t message[2048];
  ssize_t length = recv(c->fd, message, sizeof message, 0);
  answer got;
  if (length <= 0 || c->state != waiting) return false;
  if (!stun_answer(message, (size_t)length, &c->exchange, &p->who, &got)) return false;
  return answered(p, c, &got, bind, result);
}

/* Asks again where no answer came; how many have been given up. */
static int repeat_overdue(party *p, int begun, making *result) {
  int given_up = 0;
  moment limit = now() - patience;
  for (int i = 0; i < begun; i++) {
    client *c = &p->clients[i];
    if (c->state != waiting || c->sent > limit) continue;
    if (++c->tries >= most_tries) c->state = failed, result->failed++, given_up++;
    else result->repeated++, send_request(p, c);
  }
  return given_up;
}

making party_allocate(party *p, int in_flight, bool bind) {
  making result = {0};
  struct epoll_event events[64];
  moment start = now(), looked = start;
  int begun = 0, over = 0;
  while (over < p->count) {
    while (begun < p->count && begun - over < in_flight) ask(p, &p->clients[begun++], allocate);
    int count = epoll_wait(p->epoll, events, 64, 50);
    for (int i = 0; i < count; i++)
      if (events[i].data.u32 < peer_mark) over += read_answer(p, &p->clients[events[i].data.u32], bind, &result);
    if (now() - looked < patience / 5) continue;
    looked = now();
    over += repeat_overdue(p, begun, &result);
  }
  result.seconds = (double)(now() - start) / (double)second;
  return result;
}

uint64_t strangers(const struct sockaddr_in *server, int count) {
  enum { per_address = 20000, first_port = 20000 };
  uint64_t answers = 0;
  for (int i = 0; i < count; i++) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(first_port + i % per_address))};
    from.sin_addr.s_addr = htonl(client_address() + (uint32_t)(i / per_address));
    struct timeval limit = {.tv_usec = 20000};
    exchange e = {0};
    new_exchange(&e);
    uint8_t message[1024];
    account nobody = {0};
    answer got;
    size_t length = stun_request(message, allocate, &e, &nobody, NULL);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from)) fail("no socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)server, sizeof *server)) fail("connect: %s", strerror(errno));
    send(fd, message, length, 0);
    ssize_t received = recv(fd, message, sizeof message, 0);
    if (received > 0 && stun_answer(message, (size_t)received, &e, &nobody, &got)) answers++;
    close(fd);
  }
  return answers;
}
