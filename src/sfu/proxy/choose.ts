/** Which proxies are asked to take a publisher or a subscriber, the best first. */
import type { Continent } from '../../config/kinds.ts'
import { continentsOfCountry } from './continents.ts'
import type { Bandwidth } from './messages.ts'

/** What counts of a proxy that can be asked at all. */
export interface Standing {
  /** Two letters; undefined if it does not say. */
  readonly country: string | undefined
  /** As it told last, and what we have brought there since. */
  readonly load: number
  readonly bandwidth: Bandwidth | undefined
  readonly isDraining: boolean
  /** It owes us an answer for longer than it may take. */
  readonly isSilent: boolean
  /** Whether it passes streams on to other proxies, and can be told apart by its url. */
  readonly hasRemoteStreams: boolean
}

/** By which other continents each is served too. */
export type ContinentOverrides = Readonly<Partial<Record<Continent, readonly Continent[]>>>

export interface Client {
  /** Undefined if unknown. */
  readonly country: string | undefined
  readonly overrides: ContinentOverrides
}

/** Near ones first, of those the least loaded; those whose bandwidth is used up last, the least used first. */
export function forPublisher<P extends Standing>(proxies: readonly P[], client: Client): readonly P[] {
  const open = proxies.filter(({ isDraining }) => !isDraining)
  const [free, full] = divided(open, ({ bandwidth }) => hasRoom(bandwidth?.incoming))
  return [...byDistance(free, client), ...byUsage(full, ({ bandwidth }) => bandwidth?.incoming)]
}

/**
 * The proxy of the publisher, unless it has no bandwidth left or another is nearer: then that one, which fetches the
 * stream. The publisher's own comes last in any case: it is better than none.
 */
export function forSubscriber<P extends Standing>(proxies: readonly P[], own: P, client: Client): readonly P[] {
  if (!own.hasRemoteStreams) return [own]
  const others = proxies.filter((one) => one !== own && !one.isDraining && one.hasRemoteStreams)
  const free = others.filter(({ bandwidth }) => hasRoom(bandwidth?.outgoing))
  if (hasRoom(own.bandwidth?.outgoing)) {
    // Where it is not known how far away it is, nothing is known to be nearer.
    const far = own.country === undefined ? 0 : distance(own, client)
    const nearer = free.filter((one) => distance(one, client) < far)
    return [...byDistance(nearer, client), own]
  }
  const full = others.filter((one) => !free.includes(one))
  return [...byDistance(free, client), ...byUsage([own, ...full], ({ bandwidth }) => bandwidth?.outgoing)]
}

const hasRoom = (percent: number | null | undefined): boolean => (percent ?? 0) < 100

/** 0: the same country, or nothing is known; 1: the same continent; 2: elsewhere. */
function distance({ country }: Standing, client: Client): number {
  if (client.country === undefined || country === client.country) return 0
  if (country === undefined) return 2
  const theirs = continentsOfCountry(country)
  const near = continentsOfCountry(client.country).flatMap((one) => [one, ...(client.overrides[one] ?? [])])
  return near.some((continent) => theirs.includes(continent)) ? 1 : 2
}

const byDistance = <P extends Standing>(proxies: readonly P[], client: Client): readonly P[] =>
  proxies.toSorted(
    (a, b) => Number(a.isSilent) - Number(b.isSilent) || distance(a, client) - distance(b, client) || a.load - b.load,
  )

const byUsage = <P extends Standing>(
  proxies: readonly P[],
  usage: (proxy: P) => number | null | undefined,
): readonly P[] =>
  proxies.toSorted((a, b) => Number(a.isSilent) - Number(b.isSilent) || (usage(a) ?? 0) - (usage(b) ?? 0))

function divided<P>(all: readonly P[], test: (one: P) => boolean): readonly [readonly P[], readonly P[]] {
  return [all.filter(test), all.filter((one) => !test(one))]
}
