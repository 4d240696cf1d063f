/** Does what the machine wants done, with the sockets of one worker. */
import { assertNever } from '../../../lib/assert-never.ts'
import type { TurnAction } from '../../../turn/action.ts'
import type { TurnActions, TurnServer } from '../../../turn/server.ts'
import type { TurnSettings } from '../../../turn/settings.ts'
import type { WorkerParts } from '../world.ts'
import type { Outbox } from './outbox.ts'
import type { Readiness } from './readiness.ts'
import type { Region } from './region.ts'
import type { RelaySockets } from './relay-sockets.ts'
import { seen } from './seen-client.ts'
import type { Sockets } from './sockets.ts'

export interface PerformParts {
  readonly region: Region
  readonly server: TurnServer
  readonly settings: () => TurnSettings
  readonly sockets: Sockets
  readonly readiness: Readiness
  readonly relays: RelaySockets
  readonly outbox: Outbox
  /** By the number of the listener. */
  readonly listenerFds: readonly number[]
  readonly note: WorkerParts['note']
  readonly askHook: WorkerParts['askHook']
}

export type Perform = (actions: TurnActions, now: number) => void

export function createPerform(parts: PerformParts): Perform {
  const { region, server, settings, sockets, readiness, relays, outbox, listenerFds, note, askHook } = parts
  /** Inputs that an action led to: they wait until all actions of the input before are done. */
  const inputs: ((now: number) => TurnActions)[] = []

  function bindRelay({ for: client, family, port, protocol }: TurnActionOf<'bind-relay'>): void {
    const failed = (error: string) => inputs.push((now) => server.relayFailed(client, family, port, error, now))
    const address = settings().relays[family]?.bound
    if (protocol === 'tcp' || address === undefined) return void failed('no such relay on this listener')
    const opened = sockets.openRelay({ ip: address, port })
    if (!opened.ok) return void failed(`${opened.error.text}: ${opened.error.code}`)
    const { fd } = opened.value
    if (!readiness.add(fd)) {
      sockets.close(fd)
      return void failed('epoll is full')
    }
    relays.add(fd, opened.value.family)
    outbox.open(fd, opened.value.family, 'peer')
    inputs.push((now) => server.relayBound(client, family, port, fd, now))
  }

  function open({ allocation }: TurnActionOf<'open'>): void {
    const client = seen(allocation.client)
    const listenerFd = listenerFds[client.listener] ?? -1
    for (const { socket } of allocation.relays) {
      const relay = relays.byFd(socket)
      if (relay !== undefined) relay.owner = { allocation, client, listenerFd }
    }
  }

  function closeRelay(fd: number): void {
    if (relays.byFd(fd) === undefined) return
    outbox.close(fd)
    relays.remove(fd)
    readiness.remove(fd)
    sockets.close(fd)
  }

  function answer({ to, message }: TurnActionOf<'answer'>): void {
    const fd = listenerFds[to.listener]
    const at = outbox.scratch(message.length)
    if (fd === undefined || at === undefined) return
    region.bytes.set(message, at)
    const { scope, local } = seen(to)
    outbox.add(fd, to.address, scope, local, -1, at, message.length)
  }

  function sendToPeer({ from, to, start, end, dontFragment }: TurnActionOf<'send-to-peer'>): void {
    const relay = relays.byFd(from.socket)
    if (relay === undefined) return
    if (!dontFragment) return outbox.add(relay.fd, to, 0, undefined, -1, start, end - start)
    outbox.flushOne(relay.fd)
    sockets.setDontFragment(relay.fd, relay.family, true)
    outbox.add(relay.fd, to, 0, undefined, -1, start, end - start)
    outbox.flushOne(relay.fd)
    sockets.setDontFragment(relay.fd, relay.family, false)
  }

  function one(action: TurnAction): void {
    switch (action.do) {
      case 'answer':
        return answer(action)
      case 'bind-relay':
        return bindRelay(action)
      case 'open':
        return open(action)
      case 'close-relay':
        return closeRelay(action.relay.socket)
      case 'send-to-peer':
        return sendToPeer(action)
      case 'ask-hook':
        return askHook(action.username)
      case 'note':
        return note(action.fact)
      case 'connect-peer':
        inputs.push((now) => server.peerFailed(action.connection, 'not for clients of UDP', now))
        return
      // Connections are only asked for by clients of TCP, and a datagram socket has none to close.
      case 'join':
      case 'disconnect-peer':
      case 'close-client':
        return
      default:
        return assertNever(action)
    }
  }

  return (actions, now) => {
    for (const action of actions) one(action)
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      for (const action of input(now)) one(action)
    }
  }
}

type TurnActionOf<D extends TurnAction['do']> = Extract<TurnAction, { do: D }>
