/* Offers a load by a schedule that nothing can delay, sends back what peers get, and measures how long it took. */
#define _GNU_SOURCE
#include "load.h"
#include <stdlib.h>
#include <string.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { slots = 64, slot_size = 2048, most_events = 256, sends_at_once = 32 };
/* Packets of a frame: 8 to 12 */
enum { least_frame = 8, frame_spread = 5, mean_frame = 10, largest_frame = 12 };
static const moment drain_time = 300000000;

/* At the beginning of the data of each packet. */
typedef struct __attribute__((packed)) {
  moment due;
  uint32_t client, sequence;
} stamp;

/* One step of the schedule: so many packets of one client towards the peer (0) or towards the client (1). */
typedef struct {
  moment phase;
  uint32_t client;
  int direction;
} step;

typedef struct {
  party *p;
  const plan *plan;
  traffic *result;
  moment from, until; /* what is due in between counts */
  uint64_t all_sent, all_received, all_relayed;
  moment last_arrival;
  uint32_t random;
  uint8_t frame[largest_frame][slot_size];
} run;

static uint8_t received[slots][slot_size];
static struct sockaddr_in senders[slots];
static struct iovec vectors[slots];
static struct mmsghdr messages[slots];

static uint32_t chance(run *r) {
  r->random ^= r->random << 13, r->random ^= r->random >> 17, r->random ^= r->random << 5;
  return r->random;
}

static int by_phase(const void *a, const void *b) {
  moment left = ((const step *)a)->phase, right = ((const step *)b)->phase;
  return left < right ? -1 : left > right;
}

/* Every stream sends once in each period, at a phase of its own. */
static step *make_schedule(run *r, int *count, moment *period) {
  int streams = r->p->count * (r->plan->frames ? 2 : 1);
  step *steps = calloc((size_t)streams, sizeof *steps);
  if (!steps) fail("out of memory");
  *count = streams;
  *period = (moment)(1e9 * streams * (r->plan->frames ? mean_frame : 1) / r->plan->rate);
  for (int i = 0; i < streams; i++) {
    uint64_t place = (uint64_t)chance(r) << 20 | (chance(r) & 0xfffff);
    steps[i] = (step){(moment)(place % (uint64_t)*period), (uint32_t)(i % r->p->count), i / r->p->count};
  }
  qsort(steps, (size_t)streams, sizeof *steps, by_phase);
  return steps;
}

/* Writes packet number `slot` of a frame; the length of all that is sent of it. */
static size_t write_packet(run *r, const step *s, moment due, uint8_t *at) {
  bool channel = s->direction == 0 && !r->p->direct;
  client *c = &r->p->clients[s->client];
  stamp mark = {due, s->client, ++c->sequence[s->direction]};
  unsigned size = (unsigned)r->plan->size;
  if (channel) memcpy(at, (uint8_t[]){channel_number >> 8, channel_number & 255, (uint8_t)(size >> 8), (uint8_t)size}, 4);
  memcpy(at + (channel ? header : 0), &mark, sizeof mark);
  return size + (channel ? header : 0);
}

static int send_frame(run *r, const step *s, int count, size_t length) {
  client *c = &r->p->clients[s->client];
  int fd = s->direction == 0 ? c->fd : r->p->peers[c->peer];
  struct msghdr to = {0};
  if (s->direction == 1) to.msg_name = &c->relayed, to.msg_namelen = sizeof c->relayed;
  struct iovec parts[largest_frame];
  for (int i = 0; i < count; i++) parts[i] = (struct iovec){r->frame[i], length};
  if (count == 1 && s->direction == 0) return send(fd, r->frame[0], length, 0) < 0 ? 0 : 1;
  if (r->plan->segments) {
    char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    to.msg_iov = parts, to.msg_iovlen = (size_t)count;
    to.msg_control = control, to.msg_controllen = sizeof control;
    struct cmsghdr *note = CMSG_FIRSTHDR(&to);
    uint16_t segment = (uint16_t)length;
    note->cmsg_level = IPPROTO_UDP, note->cmsg_type = UDP_SEGMENT, note->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(note), &segment, sizeof segment);
    return sendmsg(fd, &to, 0) < 0 ? 0 : count;
  }
  struct mmsghdr each[largest_frame];
  for (int i = 0; i < count; i++) {
    each[i].msg_hdr = to;
    each[i].msg_hdr.msg_iov = &parts[i], each[i].msg_hdr.msg_iovlen = 1;
  }
  int sent = sendmmsg(fd, each, (unsigned)count, 0);
  return sent < 0 ? 0 : sent;
}

static void send_step(run *r, const step *s, moment due) {
  int count = r->plan->frames ? least_frame + (int)(chance(r) % frame_spread) : 1;
  size_t length = 0;
  for (int i = 0; i < count; i++) length = write_packet(r, s, due, r->frame[i]);
  int sent = send_frame(r, s, count, length);
  r->all_sent += (uint64_t)sent;
  r->result->not_sent += (uint64_t)(count - sent);
  if (due < r->from || due >= r->until) return;
  r->result->sent += (uint64_t)count;
  histogram_record(&r->result->late, now() - due);
}

static void arrived(run *r, const uint8_t *data, size_t length, int direction, moment at) {
  stamp mark;
  if (length < sizeof mark) return;
  memcpy(&mark, data, sizeof mark);
  if (mark.client >= (uint32_t)r->p->count) return;
  client *c = &r->p->clients[mark.client];
  if (mark.sequence < c->seen[direction]) r->result->reordered++;
  else c->seen[direction] = mark.sequence;
  r->all_received++;
  r->last_arrival = at;
  if (mark.due < r->from || mark.due >= r->until) return;
  r->result->received++;
  histogram_record(&r->result->latency, at - mark.due);
}

static int receive(int fd) {
  for (int i = 0; i < slots; i++) {
    vectors[i] = (struct iovec){received[i], slot_size};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i], .msg_namelen = sizeof senders[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  return recvmmsg(fd, messages, slots, MSG_DONTWAIT, NULL);
}

static void at_peer(run *r, int fd) {
  int count = receive(fd);
  if (count <= 0) return;
  r->all_relayed += (uint64_t)count;
  moment at = now();
  if (r->plan->frames) {
    for (int i = 0; i < count; i++) arrived(r, received[i], messages[i].msg_len, 0, at);
    return;
  }
  for (int i = 0; i < count; i++) vectors[i].iov_len = messages[i].msg_len;
  for (int done = 0; done < count;) {
    int sent = sendmmsg(fd, messages + done, (unsigned)(count - done), 0);
    /* One that cannot be sent is lost, as on a network. */
    done += sent > 0 ? sent : 1;
  }
}

static void at_client(run *r, int fd) {
  int count = receive(fd);
  if (count <= 0) return;
  r->all_relayed += (uint64_t)count;
  moment at = now();
  /* Round trips have carried the sequence of their way out. */
  int direction = r->plan->frames ? 1 : 0;
  size_t skip = r->p->direct ? 0 : header;
  for (int i = 0; i < count; i++)
    if (messages[i].msg_len >= skip) arrived(r, received[i] + skip, messages[i].msg_len - skip, direction, at);
}

static int wait_for_work(run *r, struct epoll_event *events, moment next) {
  if (r->plan->spin) return epoll_wait(r->p->epoll, events, most_events, 0);
  moment rest = next - now();
  if (rest < 0) rest = 0;
  if (rest > second / 100) rest = second / 100;
  struct timespec limit = {0, rest};
  return epoll_pwait2(r->p->epoll, events, most_events, &limit, NULL);
}

typedef struct {
  double cpu;
  uint64_t relayed, errors;
} snapshot;

static snapshot look(const run *r) {
  return (snapshot){cpu_micros(r->plan->pid), r->all_relayed, buffer_errors()};
}

static void offer(run *r, const step *steps, int streams, moment period, moment start) {
  struct epoll_event events[most_events];
  snapshot before = {0}, after = {0};
  enum { warming, measuring, draining } phase = warming;
  moment idle = 0, at = now();
  uint64_t number = 0;
  while (phase != draining || (r->all_received < r->all_sent && now() - r->last_arrival < drain_time)) {
    bool worked = false;
    moment due = 0;
    for (int sends = 0; sends < sends_at_once; sends++, number++) {
      const step *s = &steps[number % (uint64_t)streams];
      due = start + (moment)(number / (uint64_t)streams) * period + s->phase;
      if (due > now() || due >= r->until) break;
      send_step(r, s, due);
      worked = true;
    }
    int count = wait_for_work(r, events, due);
    for (int i = 0; i < count; i++) {
      uint32_t mark = events[i].data.u32;
      if (mark >= peer_mark) at_peer(r, r->p->peers[mark - peer_mark]);
      else at_client(r, r->p->clients[mark].fd);
    }
    moment then = at;
    at = now();
    if (!worked && count <= 0 && phase == measuring) idle += at - then;
    if (phase == warming && at >= r->from) before = look(r), phase = measuring;
    else if (phase == measuring && at >= r->until && due >= r->until) {
      after = look(r), phase = draining, r->last_arrival = at;
      r->result->seconds = (double)(at - r->from) / (double)second;
      r->result->busy = 1 - (double)idle / (double)(at - r->from);
    }
  }
  r->result->cpu_micros = after.cpu - before.cpu;
  r->result->relayed = after.relayed - before.relayed;
  r->result->buffer_errors = buffer_errors() - before.errors;
}

void run_traffic(party *p, const plan *plan, traffic *result) {
  static run r;
  memset(&r, 0, sizeof r);
  memset(result, 0, sizeof *result);
  r.p = p, r.plan = plan, r.result = result;
  r.random = plan->seed | 1;
  result->rate = plan->rate;
  int streams = 0;
  moment period = 0;
  step *steps = make_schedule(&r, &streams, &period);
  moment start = now() + second / 100;
  r.from = start + (moment)(plan->warmup * 1e9);
  r.until = r.from + (moment)(plan->seconds * 1e9);
  offer(&r, steps, streams, period, start);
  free(steps);
}
