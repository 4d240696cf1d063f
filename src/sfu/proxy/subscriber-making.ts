/** Making a subscriber at a proxy: which proxies are asked, where the stream is fetched from, and what comes too late. */
import { streamKey } from '../stream.ts'
import { forSubscriber } from './choose.ts'
import { type Clients, deletion, type Publisher, type Subscriber } from './clients.ts'
import type { Connection } from './connection.ts'
import type { Desk } from './desk.ts'
import type { Proxies } from './proxies.ts'
import type { Answer } from './requests.ts'

interface Parts {
  readonly desk: Desk
  readonly proxies: () => Proxies
  readonly clients: Clients
  readonly publisherOf: (stream: string) => Publisher | undefined
  readonly made: (leg: Subscriber) => void
  /** No proxy took it. */
  readonly failed: (leg: Subscriber) => void
}

export interface SubscriberMaking {
  seek(leg: Subscriber): void
  remove(connection: Connection, client: string): void
}

/** The deadline at which it is tried again. */
export const againKey = (leg: Subscriber): string => `leg ${leg.leg} again`

export function createSubscriberMaking({ desk, proxies, clients, publisherOf, made, failed }: Parts): SubscriberMaking {
  /** Has the subscriber made, if it is not and there is a publisher. */
  function seek(leg: Subscriber): void {
    const publisher = publisherOf(streamKey(leg.stream))
    if (leg.isClosed || leg.publisher || !publisher?.at) return
    const client = { country: leg.country, overrides: desk.settings.continents }
    const own = publisher.at.connection
    desk.cancel(againKey(leg))
    leg.publisher = publisher
    attempt(leg, publisher, forSubscriber(proxies().ready(), own, client))
  }

  function attempt(leg: Subscriber, publisher: Publisher, [best, ...rest]: readonly Connection[]): void {
    const { at } = publisher
    if (!best || !at) {
      leg.publisher = undefined
      failed(leg)
      return
    }
    const isRemote = best !== at.connection
    const command = {
      type: 'create-subscriber',
      streamType: leg.stream.type,
      publisherId: at.client,
      ...(isRemote ? { remoteUrl: at.connection.url, remoteToken: desk.settings.sign(at.client, desk.now) } : {}),
    } as const
    best.brought(1)
    best.request(
      { type: 'command', command },
      {
        // Another proxy has to be asked, and two gateways.
        timeout: isRemote ? desk.settings.timeout : desk.settings.proxyTimeout,
        isImpatient: true,
        answered: (answer) => created(leg, publisher, best, rest, answer),
        late: (reply) => {
          if (reply.type === 'command' && reply.command.id) remove(best, reply.command.id)
        },
      },
    )
  }

  function created(
    leg: Subscriber,
    publisher: Publisher,
    connection: Connection,
    rest: readonly Connection[],
    answer: Answer,
  ): void {
    const isWanted = !leg.isClosed && leg.publisher === publisher && !leg.at
    const client = answer.ok && answer.reply.type === 'command' ? answer.reply.command.id : undefined
    if (!answer.ok || answer.reply.type !== 'command' || !client) {
      connection.brought(-1)
      const detail = answer.ok ? 'the answer makes no sense' : answer.detail
      desk.note({ fact: 'sfu-request-failed', url: connection.url, request: 'create-subscriber', detail })
      if (isWanted) attempt(leg, publisher, rest)
      return
    }
    if (!isWanted) {
      remove(connection, client)
      return
    }
    clients.place(leg, { connection, client })
    leg.sid = answer.reply.command.sid ?? ''
    leg.named = leg.sid === '' ? (leg.named ?? 0) : undefined
    desk.note({ fact: 'subscriber-created', ...leg.stream })
    made(leg)
  }

  function remove(connection: Connection, client: string): void {
    connection.brought(-1)
    connection.request(
      { type: 'command', command: { type: 'delete-subscriber', clientId: client } },
      { timeout: deletion, isRepeatable: true, answered: () => {} },
    )
  }

  return { seek, remove }
}
