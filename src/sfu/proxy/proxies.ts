/** All connections to proxies: one for each url, or for each address that the host of a url has. */
import { parseIpAddress } from '../../lib/ip-address.ts'
import type { Link } from '../sfu.ts'
import { type Connection, createConnection, type Hooks } from './connection.ts'
import type { Desk } from './desk.ts'

/** How often (ms) the DNS is asked; sooner while it has no address at all. */
const lookUpEvery = 5_000
const lookUpAgain = 1_000
/** Of one host; more are nobody's proxies. */
const mostAddresses = 64

interface Host {
  readonly name: string
  /** A question is on its way. */
  isAsked: boolean
}

export interface Proxies {
  all(): readonly Connection[]
  /** Those that can take publishers and subscribers. */
  ready(): readonly Connection[]
  byLink(link: Link): Connection | undefined
  /** Takes over the urls of the settings. */
  follow(): void
  lookedUp(host: string, addresses: readonly string[]): void
  /** Ends the connection if it is not wanted any more and `isUnused`. */
  release(connection: Connection, isUnused: boolean): void
  close(): void
}

/** `isUnused`: whether nothing of ours is there. */
export function createProxies(desk: Desk, hooks: Hooks, isUnused: (connection: Connection) => boolean): Proxies {
  /** By url, then by address; without DNS discovery the address is empty. */
  const byUrl = new Map<string, Map<string, Connection>>()
  const hosts = new Map<string, Host>()
  let made = 0

  const all = (): readonly Connection[] => [...byUrl.values()].flatMap((some) => [...some.values()])

  function add(url: string, address: string): void {
    const some = byUrl.get(url) ?? new Map<string, Connection>()
    byUrl.set(url, some)
    const known = some.get(address)
    if (known) {
      known.isLeaving = false
      if (known.isReady) hooks.ready(known)
      return
    }
    const connection = createConnection(
      { name: `proxy ${++made}`, url, address: address === '' ? undefined : address },
      desk,
      hooks,
    )
    some.set(address, connection)
    connection.start()
  }

  function leave(connection: Connection): void {
    const wasReady = connection.isReady
    connection.isLeaving = true
    if (wasReady) hooks.away(connection)
    release(connection, isUnused(connection))
  }

  function release(connection: Connection, unused: boolean): void {
    if (!connection.isLeaving || !unused) return
    const some = byUrl.get(connection.url)
    if (some?.get(connection.address ?? '') !== connection) return
    connection.close()
    some.delete(connection.address ?? '')
    if (some.size === 0) byUrl.delete(connection.url)
  }

  /** Connections to the addresses of a url; others are left. */
  function settle(url: string, addresses: readonly string[]): void {
    for (const address of addresses) add(url, address)
    const some = [...(byUrl.get(url) ?? [])]
    for (const [address, connection] of some) if (!addresses.includes(address)) leave(connection)
    for (const connection of byUrl.get(url)?.values() ?? []) connection.isOneOfSeveral = addresses.length > 1
  }

  function ask(host: Host): void {
    if (host.isAsked) return
    host.isAsked = true
    desk.put({ do: 'look-up', host: host.name })
  }

  return {
    all,
    ready: () => all().filter(({ isReady }) => isReady),
    byLink: (link) => all().find((one) => one.link === link),
    follow() {
      const { urls, dnsDiscovery } = desk.settings
      for (const url of [...byUrl.keys()]) if (!urls.includes(url)) settle(url, [])
      const wanted = new Set<string>()
      for (const url of urls) {
        const name = discoveredHost(url)
        if (dnsDiscovery && name !== undefined) wanted.add(name)
        else settle(url, [''])
      }
      for (const name of [...hosts.keys()]) {
        if (wanted.has(name)) continue
        hosts.delete(name)
        desk.cancel(`look up ${name}`)
      }
      for (const name of wanted) {
        const host = hosts.get(name) ?? { name, isAsked: false }
        hosts.set(name, host)
        ask(host)
      }
    },
    lookedUp(name, addresses) {
      const host = hosts.get(name)
      if (!host) return
      host.isAsked = false
      const found = [...new Set(addresses)].filter((address) => parseIpAddress(address)).slice(0, mostAddresses)
      desk.after(`look up ${name}`, found.length > 0 ? lookUpEvery : lookUpAgain, () => ask(host))
      // A name server that has lost the name for a moment is no reason to leave proxies that work.
      if (found.length === 0) return
      for (const url of desk.settings.urls) if (discoveredHost(url) === name) settle(url, found)
    },
    release,
    close() {
      for (const connection of all()) connection.close()
      byUrl.clear()
      hosts.clear()
    },
  }
}

/** The host that the DNS is asked for; undefined if it is an address. */
function discoveredHost(url: string): string | undefined {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return parseIpAddress(host) ? undefined : host
}
