/** The metrics as Prometheus reads them; everything that can be read elsewhere is read when it is asked for. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MediaProxyCensus } from '../protocols/media-proxy/connection.ts'
import type { Census } from '../protocols/talk/census.ts'
import { coturnText } from './coturn-metrics.ts'
import { createTally, type Tally } from './counting.ts'
import {
  type CounterName,
  clientTypes,
  counters,
  type GaugeName,
  gauges,
  type HistogramName,
  histograms,
  startingAtZero,
  type TotalName,
  totals,
} from './metrics.ts'
import { processGauges, processTotals } from './process-metrics.ts'
import { readProxy } from './proxy-metrics.ts'
import { readSfu, type WatchedSfu } from './sfu-metrics.ts'
import { readTurn, type WatchedTurn } from './turn-metrics.ts'

/** Where the numbers are that nobody notes; what a program does not have is not there. */
export interface Watched {
  census?(): Census
  /** Of WebSocket messages, since the start. */
  transport?(): {
    readonly bytesIn: number
    readonly bytesOut: number
    readonly messagesIn: number
    readonly messagesOut: number
  }
  /** A limit of 0 is none. */
  backends?(): readonly { readonly id: string; readonly sessionLimit: number }[]
  /** Connections for requests to backends. */
  pool?(): readonly { readonly host: string; readonly connections: number }[]
  /** Not there while there is no relay front end. */
  relay?(): {
    readonly connections: number
    readonly rooms: number
    readonly members: number
    readonly callsWaiting: number
  }
  /** Not there but in a media proxy. */
  proxy?(): MediaProxyCensus
  /** Not there while there is no admission front end. */
  admission?(): { readonly sockets: number }
  /** Not there while there is no presence front end. */
  presence?(): { readonly users: number; readonly connections: number }
  /** Undefined, or not there, while there is no SFU. */
  sfu?(): WatchedSfu | undefined
  /** Undefined, or not there, while there is no TURN server. */
  turn?(): WatchedTurn | undefined
}

export interface Exposition {
  tally(name: CounterName): Tally
  measure(name: HistogramName, fields: Readonly<Record<string, unknown>>, value: number): void
  text(watched: Watched | undefined): Promise<string>
  readonly contentType: string
}

type Labels = Readonly<Record<string, string>>

export function createExposition(): Exposition {
  const registry = new Registry()
  const registers = [registry]
  const tallies = new Map<CounterName, Tally>()
  const counterOf = new Map<string, Counter>()
  const gaugeOf = new Map<string, Gauge>()
  const histogramOf = new Map<string, { readonly labels: readonly string[]; readonly histogram: Histogram }>()

  for (const [name, { labels, help }] of entriesOf(counters)) {
    tallies.set(name, createTally(labels))
    counterOf.set(name, new Counter({ name, help, labelNames: [...labels], registers }))
  }
  for (const [name, { labels, help }] of entriesOf(totals)) {
    counterOf.set(name, new Counter({ name, help, labelNames: [...labels], registers }))
  }
  for (const [name, { labels, help, buckets }] of entriesOf(histograms)) {
    const histogram = new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers })
    histogramOf.set(name, { labels, histogram })
  }
  const readable = processGauges()
  for (const [name, { labels, help }] of entriesOf(gauges)) {
    if (name.startsWith('process_') && !(name in readable)) continue
    gaugeOf.set(name, new Gauge({ name, help, labelNames: [...labels], registers }))
  }
  for (const { counter, labels } of startingAtZero) tallies.get(counter)?.start(labels)

  const set = (name: GaugeName, labels: Labels, value: number): void => gaugeOf.get(name)?.set(labels, value)
  const setTotal = (name: TotalName, labels: Labels, value: number): void => counterOf.get(name)?.inc(labels, value)

  /** Counters of backends begin at 0 with the backend, not with their first event. */
  function startBackend(backend: string): void {
    for (const [name, { labels }] of entriesOf(counters)) {
      const named: readonly string[] = labels
      if (named.length === 0 || !named.every((label) => label === 'backend' || label === 'clienttype')) continue
      const types = named.includes('clienttype') ? clientTypes : ['']
      for (const clienttype of types) tallies.get(name)?.start({ backend, clienttype })
    }
  }

  function readRelay({ connections, rooms, members, callsWaiting }: ReturnType<NonNullable<Watched['relay']>>): void {
    set('heliograph_relay_connections', {}, connections)
    set('heliograph_relay_rooms', {}, rooms)
    set('heliograph_relay_members', {}, members)
    set('heliograph_webhook_calls_waiting', {}, callsWaiting)
  }

  function readPresence({ users, connections }: ReturnType<NonNullable<Watched['presence']>>): void {
    set('heliograph_presence_users', {}, users)
    set('heliograph_presence_connections', {}, connections)
  }

  function readWatched(
    { census, transport, backends, pool, relay, presence, admission, sfu, proxy }: Watched,
    turn: WatchedTurn | undefined,
  ): void {
    if (turn) readTurn(turn, set, setTotal)
    if (presence) readPresence(presence())
    const watchedSfu = sfu?.()
    if (watchedSfu) readSfu(watchedSfu, set)
    if (admission) set('heliograph_admission_sockets', {}, admission().sockets)
    if (relay) readRelay(relay())
    if (proxy) readProxy(proxy(), set)
    if (transport) readTransport(transport())
    for (const { host, connections } of pool?.() ?? []) {
      set('signaling_http_client_pool_connections', { host }, connections)
    }
    if (backends) readBackends(backends())
    if (census) readCensus(census())
  }

  type Read<K extends keyof Watched> = ReturnType<NonNullable<Watched[K]>>

  function readTransport({ bytesIn, bytesOut, messagesIn, messagesOut }: Read<'transport'>): void {
    setTotal('signaling_client_bytes_total', { direction: 'incoming' }, bytesIn)
    setTotal('signaling_client_bytes_total', { direction: 'outgoing' }, bytesOut)
    setTotal('signaling_client_messages_total', { direction: 'incoming' }, messagesIn)
    setTotal('signaling_client_messages_total', { direction: 'outgoing' }, messagesOut)
  }

  function readBackends(configured: Read<'backends'>): void {
    set('signaling_backend_current', {}, configured.length)
    for (const { id: backend, sessionLimit } of configured) {
      startBackend(backend)
      set('signaling_hub_rooms', { backend }, 0)
      for (const clienttype of clientTypes) set('signaling_hub_sessions', { backend, clienttype }, 0)
      if (sessionLimit > 0) set('signaling_backend_session_limit', { backend }, sessionLimit)
    }
  }

  function readCensus({ connections, sessions, rooms, federationLinks }: Census): void {
    set('signaling_hub_connections', {}, connections)
    set('signaling_federation_links', {}, federationLinks)
    for (const { backend, clienttype, count } of sessions) set('signaling_hub_sessions', { backend, clienttype }, count)
    const roomsOf = new Map<string, number>()
    for (const { backend, room, sessions: present, inCall } of rooms) {
      roomsOf.set(backend, (roomsOf.get(backend) ?? 0) + 1)
      for (const [clienttype, count] of Object.entries(present)) {
        set('signaling_room_sessions', { backend, room, clienttype }, count)
      }
      for (const [clienttype, count] of Object.entries(inCall)) {
        set('signaling_call_sessions', { backend, room, clienttype }, count)
      }
    }
    for (const [backend, count] of roomsOf) set('signaling_hub_rooms', { backend }, count)
  }

  /** Everything is forgotten first, so that a room that is gone leaves no series behind. */
  function refresh(watched: Watched | undefined, turn: WatchedTurn | undefined): void {
    for (const gauge of gaugeOf.values()) gauge.reset()
    for (const counter of counterOf.values()) counter.reset()
    if (watched) readWatched(watched, turn)
    for (const [name, tally] of tallies) {
      for (const { labels, value } of tally.all()) counterOf.get(name)?.inc({ ...labels }, value)
    }
    for (const [name, value = 0] of entriesOf(processGauges())) set(name, {}, value)
    for (const [name, value = 0] of entriesOf(processTotals())) setTotal(name, {}, value)
  }

  function tallyOf(name: CounterName): Tally {
    const tally = tallies.get(name)
    if (!tally) throw new Error(`no such counter: ${name}`)
    return tally
  }

  return {
    tally: tallyOf,
    measure(name, fields, value) {
      const measured = histogramOf.get(name)
      if (!measured || !Number.isFinite(value)) return
      const labels = Object.fromEntries(measured.labels.map((label) => [label, String(fields[label])]))
      measured.histogram.observe(labels, value)
    },
    async text(watched) {
      const turn = watched?.turn?.()
      refresh(watched, turn)
      const text = await registry.metrics()
      return turn?.coturnNames ? `${text}\n${coturnText(turn.counters, tallyOf)}` : text
    },
    contentType: registry.contentType,
  }
}

/** `Object.entries` with the names' own type. */
function entriesOf<T extends object>(table: T): readonly (readonly [keyof T & string, T[keyof T & string]])[] {
  return Object.entries(table) as [keyof T & string, T[keyof T & string]][]
}
