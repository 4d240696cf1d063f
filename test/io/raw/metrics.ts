/** The numbers of a running server, as Prometheus reads them. */

/** `name{labels}` → value. */
export async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${url}/metrics`)
  if (answer.status !== 200) throw new Error(`no metrics: ${answer.status}`)
  return readMetrics(await answer.text())
}

/** Throws at a line that is neither a comment nor a sample. */
export function readMetrics(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const sample = /^([a-z_][a-z0-9_]*(?:\{[^}]*\})?) (-?[0-9.e+-]+|NaN|\+Inf)$/.exec(line)
    if (!sample?.[1]) throw new Error(`no sample: ${line}`)
    values.set(sample[1], Number(sample[2]))
  }
  return values
}

export const residentMegabytes = async (url: string): Promise<number> =>
  ((await metricsOf(url)).get('process_resident_memory_bytes') ?? 0) / 1_048_576
