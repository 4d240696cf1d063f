/** Subscriber legs: each waits for its publisher, is made where that one is or nearer by, and follows it when it comes back. */
import type { SfuCommand } from '../sfu.ts'
import { streamKey } from '../stream.ts'
import type { Asked, Clients, Publisher, Said, Subscriber } from './clients.ts'
import type { Desk } from './desk.ts'
import { payloadOf, sdpIn } from './payloads.ts'
import type { Proxies } from './proxies.ts'
import type { Answer } from './requests.ts'
import { againKey, createSubscriberMaking } from './subscriber-making.ts'

/** A proxy tells the end of a subscriber before that of its publisher. */
const grace = 500
const firstPause = 1_000
const longestPause = 16_000

export interface Subscribers {
  subscribe(command: Extract<SfuCommand, { readonly do: 'subscribe' }>): Subscriber
  say(leg: Subscriber, said: Omit<Said, 'isSent'>): void
  close(leg: Subscriber): void
  /** Its publisher is gone, or the proxy on which it was. */
  interrupt(leg: Subscriber): void
  /** The proxy says that it is gone. */
  ended(leg: Subscriber): void
  /** An offer that the proxy sends by itself. */
  offered(leg: Subscriber, sdp: string): void
  appeared(publisher: Publisher): void
  vanished(publisher: Publisher): void
}

interface Parts {
  readonly desk: Desk
  readonly proxies: () => Proxies
  readonly clients: Clients
  readonly asked: Asked
  readonly publisherOf: (stream: string) => Publisher | undefined
  /** The leg is gone, and this was not our wish. */
  readonly gone: (leg: Subscriber) => void
}

export function createSubscribers({ desk, proxies, clients, asked, publisherOf, gone }: Parts): Subscribers {
  const byStream = new Map<string, Set<Subscriber>>()

  const { seek, remove } = createSubscriberMaking({
    desk,
    proxies,
    clients,
    publisherOf,
    made(leg) {
      if (!leg.wasOpened) desk.tell({ event: 'opened', leg: leg.leg, sid: leg.sid })
      leg.wasOpened = true
      for (const said of [...leg.asked.values()]) forward(leg, said)
      follow(leg)
    },
    failed: later,
  })

  /** Asks for the offer that nobody else asks for. */
  function follow(leg: Subscriber): void {
    const { at } = leg
    if (!at || !leg.isFollowing || asksForOffer(leg)) return
    const { type, payload = {} } = payloadOf({ say: 'request-offer', selection: leg.selection })
    at.connection.request(
      { type: 'payload', payload: { type, clientId: at.client, payload } },
      {
        timeout: desk.settings.timeout,
        answered: (answer) => {
          if (leg.at !== at || !leg.isFollowing) return
          const sdp = answer.ok && answer.reply.type === 'payload' ? sdpIn(answer.reply.payload.payload) : undefined
          if (sdp === undefined) later(leg)
          else offer(leg, undefined, false, sdp)
        },
      },
    )
  }

  const asksForOffer = (leg: Subscriber): boolean =>
    [...leg.asked.values()].some(({ saying }) => saying.say === 'request-offer')

  /** Tries again in a while what has to be had by itself; what somebody asks for has its own end. */
  function later(leg: Subscriber): void {
    if (!leg.isFollowing && leg.asked.size === 0) return
    desk.after(againKey(leg), leg.pause * (0.5 + desk.random()), () => {
      if (leg.at) follow(leg)
      else seek(leg)
    })
    leg.pause = Math.min(longestPause, leg.pause * 2)
  }

  function offer(leg: Subscriber, said: Said | undefined, update: boolean, sdp: string): void {
    if (leg.named !== undefined && !update) leg.sid = `${leg.leg}-${++leg.named}`
    leg.isFollowing = false
    leg.pause = firstPause
    leg.offered = leg.sid
    const event = { event: 'offer', leg: leg.leg, request: said?.request, sid: leg.sid, update, sdp } as const
    if (said) asked.answer(leg, said, event)
    else desk.tell(event)
  }

  function forward(leg: Subscriber, said: Said): void {
    const { at } = leg
    if (!at || said.isSent) return
    said.isSent = true
    const payload = {
      ...payloadOf(said.saying),
      clientId: at.client,
      ...(said.sid && leg.named === undefined ? { sid: said.sid } : {}),
    }
    at.connection.request(
      { type: 'payload', payload },
      {
        timeout: desk.settings.timeout,
        answered: (answer) => {
          if (leg.at === at) answered(leg, said, answer)
        },
      },
    )
  }

  function answered(leg: Subscriber, said: Said, answer: Answer): void {
    const { request, saying } = said
    if (!answer.ok) {
      const why = answer.why === 'timeout' && saying.say === 'request-offer' ? 'no publisher' : answer.why
      asked.fail(leg, said, why, answer.detail)
      // Its end must have been told on a connection that was lost.
      if (answer.code === 'unknown_client') interrupt(leg)
      return
    }
    if (saying.say !== 'request-offer') {
      asked.answer(leg, said, { event: 'done', leg: leg.leg, request })
      return
    }
    const sdp = answer.reply.type === 'payload' ? sdpIn(answer.reply.payload.payload) : undefined
    if (sdp === undefined) asked.fail(leg, said, 'refused', 'the proxy has no offer')
    else offer(leg, said, said.sid === leg.sid && leg.named === undefined, sdp)
  }

  /** It has no place any more; whether it seeks another is not said yet. */
  function leave(leg: Subscriber): void {
    if (leg.at) desk.note({ fact: 'subscriber-closed', ...leg.stream, why: 'left' })
    clients.displace(leg)
    leg.publisher = undefined
    leg.sid = ''
    for (const said of [...leg.asked.values()]) {
      // A new connection can be asked for again; anything else was meant for the one that is gone.
      if (said.saying.say === 'request-offer' && !said.sid) said.isSent = false
      else if (said.isSent) asked.fail(leg, said, 'stale sid', 'the connection is gone')
    }
  }

  function interrupt(leg: Subscriber): void {
    const hadOffer = leg.offered !== undefined
    leave(leg)
    if (hadOffer) {
      leg.isFollowing = true
      leg.offered = undefined
      desk.tell({ event: 'interrupted', leg: leg.leg })
    }
    seek(leg)
  }

  function forget(leg: Subscriber): void {
    leg.isClosed = true
    desk.cancel(againKey(leg))
    const some = byStream.get(streamKey(leg.stream))
    some?.delete(leg)
    if (some?.size === 0) byStream.delete(streamKey(leg.stream))
  }

  return {
    subscribe({ leg: id, stream, origin }) {
      const leg: Subscriber = {
        kind: 'subscriber',
        leg: id,
        stream,
        country: origin.country,
        asked: new Map(),
        sid: '',
        named: undefined,
        at: undefined,
        publisher: undefined,
        offered: undefined,
        isFollowing: false,
        selection: {},
        pause: firstPause,
        wasOpened: false,
        isClosed: false,
      }
      byStream.set(streamKey(stream), (byStream.get(streamKey(stream)) ?? new Set()).add(leg))
      if (!publisherOf(streamKey(stream))) desk.note({ fact: 'waiting-for-publisher', ...stream })
      seek(leg)
      return leg
    },
    say(leg, what) {
      const { saying, sid } = what
      const said = asked.take(leg, what)
      if (!said) return
      if (saying.say === 'offer') asked.fail(leg, said, 'refused', 'not for a subscriber')
      else if (saying.say === 'answer' || saying.say === 'candidate') {
        if (sid && sid !== leg.sid) asked.fail(leg, said, 'stale sid', 'of another connection')
        else if (!leg.at) asked.fail(leg, said, 'no publisher', 'there is no connection')
      } else if (saying.selection) leg.selection = { ...leg.selection, ...saying.selection }
      if (!leg.asked.has(said.request)) return
      if (leg.at) forward(leg, said)
      else seek(leg)
    },
    close(leg) {
      const { at } = leg
      forget(leg)
      asked.drop(leg)
      clients.displace(leg)
      if (!at) return
      remove(at.connection, at.client)
      desk.note({ fact: 'subscriber-closed', ...leg.stream, why: 'closed' })
    },
    interrupt,
    ended(leg) {
      const { publisher } = leg
      const isAwaited = leg.isFollowing || asksForOffer(leg)
      leave(leg)
      leg.publisher = publisher
      desk.after(againKey(leg), isAwaited ? leg.pause : grace, () => {
        leg.publisher = undefined
        if (isAwaited) {
          leg.pause = Math.min(longestPause, leg.pause * 2)
          seek(leg)
          return
        }
        forget(leg)
        asked.failAll(leg, 'unknown leg', 'the peer connection ended')
        gone(leg)
        desk.tell({ event: 'closed', leg: leg.leg, why: 'ended', detail: 'the peer connection ended' })
      })
    },
    offered(leg, sdp) {
      offer(leg, undefined, leg.offered === leg.sid, sdp)
    },
    appeared(publisher) {
      for (const leg of [...(byStream.get(streamKey(publisher.stream)) ?? [])]) seek(leg)
    },
    vanished(publisher) {
      for (const leg of [...(byStream.get(streamKey(publisher.stream)) ?? [])]) {
        if (leg.publisher !== publisher) continue
        const { at } = leg
        desk.cancel(againKey(leg))
        interrupt(leg)
        if (at) remove(at.connection, at.client)
      }
    },
  }
}
