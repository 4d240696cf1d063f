/** Connections to the signaling servers of other Nextclouds. Clients name them, so that not every address is reached. */
import type { FederationConfig } from '../config/config.ts'
import { assertNever } from '../lib/assert-never.ts'
import { parseIpAddress } from '../lib/ip-address.ts'
import type { FederationCommand, FederationEvent, FederationLink } from '../protocols/talk/federation/link.ts'
import { createPeerPolicy } from '../turn/peer-policy.ts'
import { type DialFailure, type Dialled, dial } from './dial.ts'

export interface FederationLinks extends Disposable {
  carryOut(command: FederationCommand): void
}

export interface FederationLinksParts {
  /** Asked anew for each connection. */
  readonly settings: () => FederationConfig
  readonly happened: (event: FederationEvent) => void
  readonly userAgent: string
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
}

/** Bytes: the list of who is in a room of several thousand. */
const longestMessage = 1_048_576
const longestQueue = 1_048_576
/** ms: a link that is dead has to be noticed well within the half minute for which the other server keeps our place. */
const pingEvery = 10_000

export function createFederationLinks({
  settings,
  happened,
  userAgent,
  authorities,
}: FederationLinksParts): FederationLinks {
  const open = new Map<FederationLink, Dialled>()

  function reach(link: FederationLink, url: string): void {
    const { skipVerify, timeout, allowedTargets } = settings()
    const headers = { 'User-Agent': userAgent }
    const mayReach = targetPolicy(allowedTargets)
    const target = { url, skipVerify, authorities, timeout, longestMessage, longestQueue, pingEvery, headers, mayReach }
    const dialled = dial(target, {
      opened: () => happened({ event: 'opened', link }),
      text: (text) => happened({ event: 'received', link, text }),
      closed(failure) {
        open.delete(link)
        happened({ event: 'closed', link, ...told(failure) })
      },
    })
    open.set(link, dialled)
  }

  return {
    carryOut(command) {
      switch (command.do) {
        case 'dial':
          return reach(command.link, command.url)
        case 'send':
          // What cannot be sent any more is followed by the news that the link is gone.
          open.get(command.link)?.send(command.text)
          return
        case 'hang-up':
          open.get(command.link)?.close(1000)
          open.delete(command.link)
          return
        default:
          assertNever(command)
      }
    },
    [Symbol.dispose]() {
      for (const dialled of open.values()) dialled.close(1000)
      open.clear()
    },
  }
}

function told({ why, detail, code }: DialFailure): Pick<FederationEvent & { event: 'closed' }, 'why' | 'detail'> {
  return why === 'closed'
    ? { why: 'network', detail: `it closed the connection (${code ?? 'without a code'})` }
    : { why, detail }
}

/** Public addresses, and those that the operator names: for a client of ours, our network is not open. */
export function targetPolicy(allowed: FederationConfig['allowedTargets']): (address: string) => boolean {
  const judge = createPeerPolicy({
    allowed,
    denied: [],
    relays: [],
    relayPorts: { min: 0, max: 0 },
    sfu: [],
    closed: [],
    own: [],
  })
  return (address) => {
    const ip = parseIpAddress(address)
    return ip !== undefined && judge(ip) === 'allowed'
  }
}
