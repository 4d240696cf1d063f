/* Just enough of STUN and TURN for a client that makes allocations (RFC 8489, RFC 8656). */
#include "load.h"
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

enum {
  username = 0x0006, message_integrity = 0x0008, error_code = 0x0009, channel_number_attribute = 0x000c,
  xor_peer_address = 0x0012, realm_attribute = 0x0014, nonce_attribute = 0x0015, xor_relayed_address = 0x0016,
  requested_transport = 0x0019,
};
static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};

static void put16(uint8_t *at, unsigned value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static unsigned get16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }

static size_t attribute(uint8_t *out, size_t at, unsigned type, const void *value, size_t length) {
  size_t padded = (length + 3) & ~(size_t)3;
  put16(out + at, type);
  put16(out + at + 2, (unsigned)length);
  memset(out + at + 4, 0, padded);
  memcpy(out + at + 4, value, length);
  return at + 4 + padded;
}

void account_realm(account *who, const char *realm, size_t length) {
  if (strlen(who->realm) == length && memcmp(who->realm, realm, length) == 0) return;
  char text[600];
  if (length >= sizeof who->realm) fail("the realm is too long");
  memcpy(who->realm, realm, length);
  who->realm[length] = 0;
  int used = snprintf(text, sizeof text, "%s:%s:%s", who->user, who->realm, who->password);
  EVP_Digest(text, (size_t)used, who->key, NULL, EVP_md5(), NULL);
}

void new_exchange(exchange *e) { RAND_bytes(e->id, sizeof e->id); }

size_t stun_request(uint8_t *out, enum method method, exchange *e, const account *who, const struct sockaddr_in *peer) {
  size_t at = 20;
  put16(out, method);
  memcpy(out + 4, cookie, 4);
  memcpy(out + 8, e->id, 12);
  if (method == allocate) at = attribute(out, at, requested_transport, (uint8_t[]){17, 0, 0, 0}, 4);
  if (method == channel_bind) {
    uint8_t address[8] = {0, 1};
    at = attribute(out, at, channel_number_attribute, (uint8_t[]){channel_number >> 8, channel_number & 255, 0, 0}, 4);
    put16(address + 2, ntohs(peer->sin_port) ^ 0x2112u);
    memcpy(address + 4, &peer->sin_addr, 4);
    for (int i = 0; i < 4; i++) address[4 + i] ^= cookie[i];
    at = attribute(out, at, xor_peer_address, address, 8);
  }
  if (e->nonce[0]) {
    at = attribute(out, at, username, who->user, strlen(who->user));
    at = attribute(out, at, realm_attribute, who->realm, strlen(who->realm));
    at = attribute(out, at, nonce_attribute, e->nonce, strlen(e->nonce));
    uint8_t mac[20];
    put16(out + 2, (unsigned)(at + 24 - 20));
    HMAC(EVP_sha1(), who->key, 16, out, at, mac, NULL);
    at = attribute(out, at, message_integrity, mac, 20);
  }
  put16(out + 2, (unsigned)(at - 20));
  return at;
}

bool stun_answer(const uint8_t *in, size_t length, exchange *e, account *who, answer *result) {
  if (length < 20 || (in[0] & 0xc0) || memcmp(in + 4, cookie, 4) || memcmp(in + 8, e->id, 12)) return false;
  if (get16(in + 2) + 20 != length) return false;
  memset(result, 0, sizeof *result);
  result->class = (in[0] & 1) << 1 | (in[1] >> 4 & 1);
  size_t next;
  for (size_t at = 20; at + 4 <= length; at = next) {
    unsigned type = get16(in + at), size = get16(in + at + 2);
    const uint8_t *value = in + at + 4;
    next = at + 4 + ((size + 3) & ~3u);
    if (next > length) return false;
    if (type == error_code && size >= 4) result->error = (value[2] & 7) * 100 + value[3];
    if (type == realm_attribute) account_realm(who, (const char *)value, size);
    if (type == nonce_attribute && size < sizeof e->nonce) memcpy(e->nonce, value, size), e->nonce[size] = 0;
    if (type == xor_relayed_address && size == 8) {
      uint8_t address[4];
      for (int i = 0; i < 4; i++) address[i] = value[4 + i] ^ cookie[i];
      result->relayed.sin_family = AF_INET;
      result->relayed.sin_port = htons((uint16_t)(get16(value + 2) ^ 0x2112u));
      memcpy(&result->relayed.sin_addr, address, 4);
    }
  }
  return result->class >= 2;
}
