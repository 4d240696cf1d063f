/** Counts durations in logarithmic buckets, so that percentiles of millions of samples cost little and err by less than 1 %. */

const subBuckets = 128
const subBits = 7
/** 2^36 µs is 19 hours: anything longer is counted there. */
const maxExponent = 36

export interface Histogram {
  /** Adds one duration in µs; negative ones count as 0. */
  record(micros: number): void
  count(): number
  /** The duration in µs below or at which the given share (0 to 1) of all samples lies; 0 when there are none. */
  percentile(share: number): number
  max(): number
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(subBuckets * (maxExponent - subBits + 2))
  let total = 0
  let largest = 0

  return {
    record(micros) {
      const value = Math.max(0, micros)
      const bucket = Math.min(bucketOf(value), counts.length - 1)
      counts[bucket] = (counts[bucket] ?? 0) + 1
      total += 1
      if (value > largest) largest = value
    },
    count: () => total,
    max: () => largest,
    percentile(share) {
      if (total === 0) return 0
      const rank = Math.max(1, Math.ceil(share * total))
      let seen = 0
      for (let bucket = 0; bucket < counts.length; bucket += 1) {
        seen += counts[bucket] ?? 0
        if (seen >= rank) return Math.min(upperEdge(bucket), largest)
      }
      return largest
    },
  }
}

/** Values below 128 have a bucket each; above, every power of two is cut into 128 equal parts. */
function bucketOf(value: number): number {
  const whole = Math.floor(value)
  if (whole < subBuckets) return whole
  const exponent = Math.floor(Math.log2(whole))
  const width = 2 ** (exponent - subBits)
  return (exponent - subBits + 1) * subBuckets + Math.floor(whole / width) - subBuckets
}

function upperEdge(bucket: number): number {
  if (bucket < subBuckets) return bucket
  const group = Math.floor(bucket / subBuckets)
  const width = 2 ** (group - 1)
  return (subBuckets + (bucket % subBuckets) + 1) * width - 1
}
