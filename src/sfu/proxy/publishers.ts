/** Publisher legs: where each is made, what is said on it, and how it ends. */
import type { SfuCommand } from '../sfu.ts'
import { streamKey } from '../stream.ts'
import { forPublisher } from './choose.ts'
import { type Asked, type Clients, deletion, type Publisher, type Said } from './clients.ts'
import type { Connection } from './connection.ts'
import type { Desk } from './desk.ts'
import type { PublisherSettings, Reply } from './messages.ts'
import { payloadOf, sdpIn } from './payloads.ts'
import type { Proxies } from './proxies.ts'
import type { Answer } from './requests.ts'

export interface Publishers {
  publish(command: Extract<SfuCommand, { readonly do: 'publish' }>): Publisher
  say(leg: Publisher, said: Omit<Said, 'isSent'>): void
  close(leg: Publisher): void
  /** Its end was not our wish. */
  end(leg: Publisher, why: 'lost' | 'ended' | 'refused', detail: string): void
  /** Who publishes the stream now. */
  of(stream: string): Publisher | undefined
  /** A proxy can be asked that could not be asked before. */
  proxyReady(): void
}

interface Parts {
  readonly desk: Desk
  readonly proxies: () => Proxies
  readonly clients: Clients
  readonly asked: Asked
  /** Somebody publishes the stream. */
  readonly appeared: (leg: Publisher) => void
  /** Nobody does any more; or a leg is gone that never did. */
  readonly vanished: (leg: Publisher) => void
}

export function createPublishers({ desk, proxies, clients, asked, appeared, vanished }: Parts): Publishers {
  const present = new Map<string, Publisher>()
  /** For whom no proxy can be asked just now. */
  const homeless = new Set<Publisher>()
  const patience = (leg: Publisher): string => `leg ${leg.leg} homeless`

  function settingsOf({ settings, stream }: Publisher): PublisherSettings {
    const { maxScreenBitrate, maxStreamBitrate } = desk.settings
    const most = stream.type === 'screen' ? maxScreenBitrate : maxStreamBitrate
    const { audioCodec, videoCodec, vp9Profile, h264Profile, bitrate } = settings
    return {
      // No limit on our side is no reason to raise the proxy's.
      bitrate: bitrate > 0 && most > 0 ? Math.min(bitrate, most) : bitrate || most,
      mediatypes: settings.mediaTypes,
      ...(audioCodec ? { audiocodec: audioCodec } : {}),
      ...(videoCodec ? { videocodec: videoCodec } : {}),
      ...(vp9Profile ? { vp9_profile: vp9Profile } : {}),
      ...(h264Profile ? { h264_profile: h264Profile } : {}),
    }
  }

  function attempt(leg: Publisher, tried: ReadonlySet<Connection>, last: string): void {
    const open = proxies()
      .ready()
      .filter((one) => !tried.has(one))
    const [best] = forPublisher(open, { country: leg.country, overrides: desk.settings.continents })
    if (best) create(leg, best, new Set([...tried, best]))
    else if (tried.size > 0) nowhere(leg, 'refused', last)
    else {
      homeless.add(leg)
      const rest = Math.max(0, leg.since + desk.settings.timeout - desk.now)
      desk.after(patience(leg), rest, () => nowhere(leg, 'lost', 'there is no proxy'))
    }
  }

  function nowhere(leg: Publisher, why: 'lost' | 'refused', detail: string): void {
    desk.note({ fact: 'no-proxy-available', type: leg.stream.type })
    end(leg, why, detail)
  }

  function create(leg: Publisher, connection: Connection, tried: ReadonlySet<Connection>): void {
    const publisherSettings = settingsOf(leg)
    const { bitrate, mediatypes } = publisherSettings
    const command = {
      type: 'create-publisher',
      ...(leg.sid === '' ? {} : { sid: leg.sid }),
      streamType: leg.stream.type,
      publisherSettings,
      // For proxies that do not know publisherSettings yet.
      bitrate,
      mediatypes,
    } as const
    connection.brought(1)
    connection.request(
      { type: 'command', command },
      {
        timeout: desk.settings.proxyTimeout,
        isImpatient: true,
        answered: (answer) => created(leg, connection, tried, answer),
        late: (reply) => unwanted(connection, reply),
      },
    )
  }

  function created(leg: Publisher, connection: Connection, tried: ReadonlySet<Connection>, answer: Answer): void {
    const client = answer.ok && answer.reply.type === 'command' ? answer.reply.command.id : undefined
    if (!answer.ok || answer.reply.type !== 'command' || !client) {
      connection.brought(-1)
      const detail = answer.ok ? 'the answer makes no sense' : answer.detail
      desk.note({ fact: 'sfu-request-failed', url: connection.url, request: 'create-publisher', detail })
      // Where the connection was lost nothing was refused: it is asked again when it is back.
      const isGone = !answer.ok && answer.why === 'not available'
      const others = isGone ? new Set([...tried].filter((one) => one !== connection)) : tried
      if (!leg.isClosed) attempt(leg, others, detail)
      return
    }
    if (leg.isClosed) {
      remove(connection, client)
      return
    }
    clients.place(leg, { connection, client })
    present.set(streamKey(leg.stream), leg)
    desk.note({ fact: 'publisher-created', ...leg.stream })
    const { bitrate } = answer.reply.command
    desk.tell({ event: 'opened', leg: leg.leg, sid: leg.sid, ...(bitrate ? { bitrate } : {}) })
    for (const said of [...leg.asked.values()]) forward(leg, said)
    appeared(leg)
  }

  /** It was made after all, when somebody else had been asked already. */
  function unwanted(connection: Connection, reply: Reply): void {
    if (reply.type === 'command' && reply.command.id) remove(connection, reply.command.id)
  }

  function remove(connection: Connection, client: string): void {
    connection.brought(-1)
    connection.request(
      { type: 'command', command: { type: 'delete-publisher', clientId: client } },
      { timeout: deletion, isRepeatable: true, answered: () => {} },
    )
  }

  function forward(leg: Publisher, said: Said): void {
    if (!leg.at || said.isSent) return
    said.isSent = true
    const { connection, client } = leg.at
    const payload = { ...payloadOf(said.saying), clientId: client, ...(said.sid ? { sid: said.sid } : {}) }
    connection.request(
      { type: 'payload', payload },
      { timeout: desk.settings.timeout, answered: (answer) => answered(leg, said, answer) },
    )
  }

  function answered(leg: Publisher, said: Said, answer: Answer): void {
    if (!answer.ok) {
      const isUnknown = answer.code === 'unknown_client'
      asked.fail(leg, said, isUnknown ? 'unknown leg' : answer.why, answer.detail)
      // Its end must have been told on a connection that was lost.
      if (isUnknown) end(leg, 'lost', answer.detail)
      return
    }
    const { request } = said
    if (said.saying.say !== 'offer') {
      asked.answer(leg, said, { event: 'done', leg: leg.leg, request })
      return
    }
    const sdp = answer.reply.type === 'payload' ? sdpIn(answer.reply.payload.payload) : undefined
    if (sdp === undefined) asked.fail(leg, said, 'refused', 'the proxy has no answer for the offer')
    else asked.answer(leg, said, { event: 'answer', leg: leg.leg, request, sid: leg.sid, sdp })
  }

  /** Whatever the way: it is not there any more. */
  function forget(leg: Publisher): void {
    leg.isClosed = true
    homeless.delete(leg)
    desk.cancel(patience(leg))
    if (present.get(streamKey(leg.stream)) === leg) present.delete(streamKey(leg.stream))
  }

  function end(leg: Publisher, why: 'lost' | 'ended' | 'refused', detail: string): void {
    if (leg.isClosed) return
    const wasMade = leg.at !== undefined
    forget(leg)
    clients.displace(leg)
    asked.failAll(leg, 'not available', detail)
    if (wasMade) desk.note({ fact: 'publisher-closed', ...leg.stream, why })
    vanished(leg)
    desk.tell({ event: 'closed', leg: leg.leg, why, detail })
  }

  return {
    publish({ leg: id, stream, sid, settings, origin }) {
      const leg: Publisher = {
        kind: 'publisher',
        leg: id,
        stream,
        settings,
        country: origin.country,
        since: desk.now,
        asked: new Map(),
        sid: sid ?? '',
        at: undefined,
        isClosed: false,
      }
      attempt(leg, new Set(), '')
      return leg
    },
    say(leg, what) {
      const { saying, sid } = what
      const said = asked.take(leg, what)
      if (!said) return
      if (saying.say === 'offer') leg.sid = sid || leg.sid
      else if (saying.say !== 'candidate') asked.fail(leg, said, 'refused', 'not for a publisher')
      else if (sid && leg.sid !== '' && sid !== leg.sid) asked.fail(leg, said, 'stale sid', 'of another connection')
      if (leg.asked.has(said.request)) forward(leg, said)
    },
    close(leg) {
      const { at } = leg
      forget(leg)
      asked.drop(leg)
      vanished(leg)
      clients.displace(leg)
      if (!at) return
      remove(at.connection, at.client)
      desk.note({ fact: 'publisher-closed', ...leg.stream, why: 'closed' })
    },
    end,
    of: (stream) => present.get(stream),
    proxyReady() {
      for (const leg of [...homeless]) {
        homeless.delete(leg)
        desk.cancel(patience(leg))
        attempt(leg, new Set(), '')
      }
    },
  }
}
