/** The whole media proxy, top to bottom: every part made once, in order, and closed in the reverse order. */
import type { ProxyConfig } from './config/proxy-config.ts'
import { longestProxyMessage, startMediaProxyFrontEnd } from './front-ends/media-proxy.ts'
import type { Gate } from './io/admit-socket.ts'
import { longestEventsMessage } from './io/janus-events.ts'
import { type Listening, listenEverywhere } from './io/listen.ts'
import { proxyPaths } from './io/proxy-routes.ts'
import { createRouter } from './io/router.ts'
import { within } from './io/within.ts'
import type { Report } from './observe/report.ts'
import { announcedVersion } from './version.ts'

export interface MediaProxyServer {
  /** Where it listens: with TLS first, then without. */
  readonly listening: readonly Listening[]
  /** Takes over what may change while running. */
  reload(config: ProxyConfig): void
  /** Takes no new publishers; resolves when the last publisher and subscriber is gone. */
  drain(): Promise<void>
  /** Ends every session, leaves nothing in Janus, and resolves when all connections are gone, or after the drain time. */
  stop(): Promise<void>
}

export async function startMediaProxy(initial: ProxyConfig, report: Report): Promise<MediaProxyServer> {
  let config = initial
  let isStopping = false
  let isDraining = false
  const parts = new DisposableStack()

  const headers = new Headers({
    server: `nextcloud-spreed-signaling-proxy/${announcedVersion}`,
    'x-spreed-signaling-features': 'remote-streams',
  })
  const gate: Gate = {
    isStopping: () => isStopping,
    maxConnectionsPerAddress: config.limits.maxConnectionsPerAddress,
    refusedUpgrade: (address, why) => report.note({ fact: 'upgrade-refused', address, why }),
  }

  // what we speak, and what carries media
  const proxy = parts.use(startMediaProxyFrontEnd(config, { report, gate, headers, version: announcedVersion }))
  report.watch(proxy.watched)

  // how it is reached
  const paths = proxyPaths({
    version: announcedVersion,
    gate,
    sockets: proxy.sockets,
    events: proxy.events,
    headers,
    config: () => config,
    stats: proxy.stats,
    metrics: async () =>
      new Response(await report.metricsText(), { headers: { 'content-type': report.metricsContentType } }),
    isStopping: () => isStopping || isDraining,
  })
  const fetch = createRouter({ headers, config: () => config, paths: [paths] })
  const listening = await listen()

  async function listen(): Promise<readonly Listening[]> {
    try {
      return await listenEverywhere(config, {
        fetch,
        longestMessage: Math.max(longestProxyMessage, longestEventsMessage),
        note: report.note,
      })
    } catch (error) {
      await proxy.stop()
      parts.dispose()
      throw error
    }
  }

  return {
    listening,
    reload(next) {
      config = next
      proxy.reload(next)
    },
    async drain() {
      isDraining = true
      // Doors stay open: a session that loses its connection has to come back.
      await proxy.drained()
    },
    async stop() {
      isStopping = true
      for (const listener of listening) listener.stop()
      await proxy.stop()
      await within(config.drainTimeout, proxy.emptied()).catch(() => {})
      parts.dispose()
    },
  }
}
