/** The Nextcloud servers that may use this one, and which of them a URL belongs to. */
import type { Accepts, BackendConfig } from '../../../config/config.ts'
import { originOf } from './urls.ts'

/** One tenant: its rooms and users are unknown to the others. Several URLs may lead to it. */
export interface Backend {
  readonly id: string
  /** As configured, in their one spelling; none for the two kinds that are not configured by URL. */
  readonly urls: readonly string[]
  readonly secret: string
  /** 0 is no limit. */
  readonly sessionLimit: number
  /** Bits per second; 0 leaves it to the SFU. */
  readonly maxStreamBitrate: number
  readonly maxScreenBitrate: number
}

export interface Backends {
  /** The backend that a URL (in its one spelling, see `urls.ts`) belongs to. */
  byUrl(url: string): Backend | undefined
  byId(id: string): Backend | undefined
  all(): readonly Backend[]
  /** What is accepted, for people: urls and hosts, never secrets. */
  accepted(): readonly string[]
}

export interface ReloadableBackends extends Backends {
  /** Takes over another configuration; whoever holds a `Backend` keeps the old one. */
  replace(configs: readonly BackendConfig[]): void
}

interface Prefix {
  readonly url: string
  readonly backend: Backend
}

interface Index {
  readonly byId: ReadonlyMap<string, Backend>
  /** By origin, the longest first: of two configured URLs the one that says more decides. */
  readonly byOrigin: ReadonlyMap<string, readonly Prefix[]>
  readonly byHost: ReadonlyMap<string, { readonly backend: Backend; readonly http: boolean }>
  readonly any: Backend | undefined
  readonly accepted: readonly string[]
}

export function createBackends(configs: readonly BackendConfig[]): ReloadableBackends {
  let index = indexOf(configs)

  return {
    byUrl: (url) => find(index, url),
    byId: (id) => index.byId.get(id),
    all: () => [...index.byId.values()],
    accepted: () => index.accepted,
    replace(next) {
      index = indexOf(next)
    },
  }
}

function find({ byOrigin, byHost, any }: Index, url: string): Backend | undefined {
  const origin = originOf(url)
  // Both end in a slash, so that a prefix ends where a path segment does. The scheme is part of it: http only if listed.
  const prefix = byOrigin.get(origin)?.find((entry) => url.startsWith(entry.url))
  if (prefix) return prefix.backend
  const host = byHost.get(origin.slice(origin.indexOf('//') + 2))
  if (host) return host.http || origin.startsWith('https:') ? host.backend : undefined
  return any
}

function indexOf(configs: readonly BackendConfig[]): Index {
  const byId = new Map<string, Backend>()
  const byOrigin = new Map<string, Prefix[]>()
  const byHost = new Map<string, { backend: Backend; http: boolean }>()
  let any: Backend | undefined
  for (const { accepts, ...config } of configs) {
    const backend: Backend = { ...config, urls: accepts.kind === 'urls' ? accepts.urls : [] }
    byId.set(backend.id, backend)
    if (accepts.kind === 'any') any = backend
    else if (accepts.kind === 'hosts') {
      for (const host of accepts.hosts)
        byHost.set(withoutStandardPort(host, accepts.http), { backend, http: accepts.http })
    } else {
      for (const url of accepts.urls) {
        const prefixes = byOrigin.get(originOf(url)) ?? []
        byOrigin.set(originOf(url), prefixes)
        prefixes.push({ url, backend })
      }
    }
  }
  for (const prefixes of byOrigin.values()) prefixes.sort((a, b) => b.url.length - a.url.length)
  return { byId, byOrigin, byHost, any, accepted: configs.flatMap(({ accepts }) => words(accepts)) }
}

/** A URL in its one spelling has no standard port, so a configured host may not have one either. */
const withoutStandardPort = (host: string, http: boolean): string => host.replace(http ? /:(?:80|443)$/ : /:443$/, '')

function words(accepts: Accepts): readonly string[] {
  switch (accepts.kind) {
    case 'any':
      return ['any (allowall)']
    case 'hosts':
      return accepts.hosts.map((host) => (accepts.http ? host : `https://${host}/`))
    case 'urls':
      return accepts.urls
  }
}
