/* Counts durations in buckets: one per ns below 128, above that 128 to each power of two. */
#include "load.h"

static int bucket_of(moment value) {
  if (value < 128) return (int)value;
  int exponent = 63 - __builtin_clzll((uint64_t)value);
  return (exponent - 6) * 128 + (int)((value >> (exponent - 7)) & 127);
}

static double upper_edge(int bucket) {
  if (bucket < 128) return bucket;
  int exponent = bucket / 128 + 6;
  return (double)((int64_t)(128 + bucket % 128 + 1) << (exponent - 7)) - 1;
}

void histogram_record(histogram *h, moment value) {
  if (value < 0) value = 0;
  int bucket = bucket_of(value);
  if (bucket >= 57 * 128) bucket = 57 * 128 - 1;
  h->counts[bucket]++;
  h->total++;
  if (value > h->largest) h->largest = value;
}

double histogram_micros(const histogram *h, double share) {
  uint64_t rank = (uint64_t)(share * (double)h->total + 0.999999), seen = 0;
  if (h->total == 0) return 0;
  if (rank == 0) rank = 1;
  for (int bucket = 0; bucket < 57 * 128; bucket++) {
    seen += h->counts[bucket];
    if (seen < rank) continue;
    double edge = upper_edge(bucket), largest = (double)h->largest;
    return (edge < largest ? edge : largest) / 1000;
  }
  return (double)h->largest / 1000;
}
