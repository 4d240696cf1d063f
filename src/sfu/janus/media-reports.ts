/**
 * What the events of Janus add up to: facts for counters, and how much goes through each handle right now. One for all
 * connections of the event handler, so that a counter does not jump when it connects anew.
 */
import { failure, type Result, success } from '../../lib/result.ts'
import type { MediaFact } from '../facts.ts'
import { type MediaStats, parseEvents, type Reported, type SelectedCandidate, type Source } from './events.ts'

/** A fact, and how many times it is to be counted. */
export interface Noted {
  readonly fact: MediaFact
  readonly times: number
}

/** Bytes per second; `incoming` is what Janus receives. */
export interface Bandwidth {
  readonly incoming: number
  readonly outgoing: number
}

export interface MediaReports {
  /** What a message of the event handler says, or what is wrong with it. */
  received(text: string, now: number): Result<readonly Noted[], string>
  /** Of everything together. */
  bandwidth(now: number): Bandwidth
  /** Of one handle; undefined if nothing was reported of it. */
  bandwidthOf(handle: number, now: number): Bandwidth | undefined
  /** How many handles are known; bounded. */
  readonly size: number
}

/** Of one line of media. */
interface Counted {
  readonly codec: string
  readonly stats: MediaStats
}
interface Handle {
  readonly source: Source
  readonly lines: Map<string, Counted>
  lastReport: number
}

const mostHandles = 20_000
const mostLines = 32
/** Janus reports every second, unless it is told otherwise; the longest pause (ms) that is taken for one. */
const longestPause = 60_000

export function createMediaReports(): MediaReports {
  /** By the name of their Janus, then by number. */
  const emitters = new Map<string, Map<number, Handle>>()
  let size = 0
  let nextSweep = 0

  const handles = (): readonly Handle[] => [...emitters.values()].flatMap((known) => [...known.values()])
  const known = ({ emitter, handle }: Source): Handle | undefined => emitters.get(emitter)?.get(handle)

  function handleOf(source: Source, now: number): Handle | undefined {
    if (source.handle === 0) return undefined
    const present = known(source)
    if (present) return present
    if (size >= mostHandles) return undefined
    const handle: Handle = { source, lines: new Map(), lastReport: now }
    const others = emitters.get(source.emitter) ?? new Map<number, Handle>()
    emitters.set(source.emitter, others.set(source.handle, handle))
    size++
    return handle
  }

  function forget({ emitter, handle }: Source): void {
    const others = emitters.get(emitter)
    if (!others?.delete(handle)) return
    size--
    if (others.size === 0) emitters.delete(emitter)
  }

  /** A Janus has begun anew. */
  function forgetAll(emitter: string): void {
    size -= emitters.get(emitter)?.size ?? 0
    emitters.delete(emitter)
  }

  /** Not every Janus tells when a handle is gone. */
  function sweep(now: number): void {
    if (now < nextSweep) return
    nextSweep = now + longestPause
    for (const { source, lastReport } of handles()) if (now - lastReport > longestPause) forget(source)
  }

  function* facts({ source, event }: Reported, now: number): Generator<Noted> {
    switch (event.is) {
      case 'started':
        forgetAll(source.emitter)
        break
      case 'detached':
        forget(source)
        break
      case 'ice':
        yield once({ fact: 'ice-state', state: event.state })
        break
      case 'dtls':
        yield once({ fact: 'dtls-state', state: event.state })
        break
      case 'peer connection':
        // Nothing flows any more; what was counted stays, in case that there is more later.
        if (event.state === 'hangup') silence(known(source))
        yield once({ fact: 'peerconnection-state', state: event.state, reason: event.reason })
        break
      case 'selected pair':
        yield selected('local', event.local)
        yield selected('remote', event.remote)
        break
      case 'slow link':
        yield once({ fact: 'slow-link', media: event.media, direction: event.uplink ? 'outgoing' : 'incoming' })
        break
      case 'stats':
        yield* measured(event.stats)
        yield* counted(handleOf(source, now), event.stats, now)
    }
  }

  return {
    received(text, now) {
      sweep(now)
      const parsed = parseEvents(text)
      if (!parsed.ok) return failure(parsed.error)
      return success(parsed.value.flatMap((one) => [...facts(one, now)]))
    },
    bandwidth: (now) => sum(handles(), now),
    bandwidthOf(wanted, now) {
      const found = [...emitters.values()].flatMap((some) => some.get(wanted) ?? [])
      return found.length === 0 ? undefined : sum(found, now)
    },
    get size() {
      return size
    },
  }
}

const once = (fact: MediaFact): Noted => ({ fact, times: 1 })

const selected = (origin: 'local' | 'remote', candidate: SelectedCandidate): Noted =>
  once({ fact: 'candidate-selected', origin, ...candidate })

/** What is good by itself. */
function* measured({ media, rtt, jitterLocal, jitterRemote }: MediaStats): Generator<Noted> {
  if (rtt > 0) yield once({ fact: 'media-rtt', media, milliseconds: rtt })
  if (jitterLocal > 0) yield once({ fact: 'media-jitter', media, origin: 'local', milliseconds: jitterLocal })
  if (jitterRemote > 0) yield once({ fact: 'media-jitter', media, origin: 'remote', milliseconds: jitterRemote })
}

/** What has been added since the last report. */
function* counted(handle: Handle | undefined, stats: MediaStats, now: number): Generator<Noted> {
  if (!handle) return
  const { media, mid, codec } = stats
  const key = `${mid} ${media}`
  const before = handle.lines.get(key)
  if (!before && handle.lines.size >= mostLines) return
  handle.lines.set(key, { stats, codec: codec || (before?.codec ?? '') })
  handle.lastReport = now
  if (codec !== '' && codec !== before?.codec) yield once({ fact: 'media-codec', media, codec })

  const former = before?.stats
  const more = (count: (of: MediaStats) => number): number => added(former ? count(former) : 0, count(stats))
  const all: readonly Noted[] = [
    { fact: { fact: 'media-bytes', media, direction: 'incoming' }, times: more((of) => of.bytesReceived) },
    { fact: { fact: 'media-bytes', media, direction: 'outgoing' }, times: more((of) => of.bytesSent) },
    { fact: { fact: 'media-nacks', media, direction: 'incoming' }, times: more((of) => of.nacksReceived) },
    { fact: { fact: 'media-nacks', media, direction: 'outgoing' }, times: more((of) => of.nacksSent) },
    { fact: { fact: 'media-retransmissions', media }, times: more((of) => of.retransmissionsReceived) },
    { fact: { fact: 'media-lost', media, origin: 'local' }, times: more((of) => of.lost) },
    { fact: { fact: 'media-lost', media, origin: 'remote' }, times: more((of) => of.lostByRemote) },
  ]
  for (const noted of all) if (noted.times > 0) yield noted
}

/** A number that has become smaller has begun anew, or a loss was taken back: nothing is counted twice. */
const added = (before: number, after: number): number => (after >= before ? after - before : 0)

function silence(handle: Handle | undefined): void {
  if (!handle) return
  for (const [key, { codec, stats }] of handle.lines) {
    handle.lines.set(key, { codec, stats: { ...stats, bytesReceivedLastSecond: 0, bytesSentLastSecond: 0 } })
  }
}

function sum(handles: readonly Handle[], now: number): Bandwidth {
  let [incoming, outgoing] = [0, 0]
  for (const { lines, lastReport } of handles) {
    if (now - lastReport > longestPause) continue
    for (const { stats } of lines.values()) {
      incoming += stats.bytesReceivedLastSecond
      outgoing += stats.bytesSentLastSecond
    }
  }
  return { incoming, outgoing }
}
