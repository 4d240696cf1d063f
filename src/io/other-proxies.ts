/** The WebSockets to other media proxies, as the machine of ours orders them. */
import type { RemoteCommand } from '../protocols/media-proxy/vocabulary.ts'
import type { Link } from '../sfu/sfu.ts'
import { type Dialled, dial } from './dial.ts'

export interface OtherProxiesOptions {
  /** Accepts any certificate. */
  readonly skipVerify: boolean
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities: string | undefined
  opened(link: Link): void
  received(link: Link, text: string): void
  closed(link: Link, why: string): void
}

export interface OtherProxies {
  command(command: RemoteCommand): void
  /** Hangs up everywhere; resolves when nothing is left. */
  stop(): Promise<void>
}

const dialTimeout = 5_000
/** Bytes: more than the longest answer of a proxy. */
const longestMessage = 524_288

export function createOtherProxies({ skipVerify, authorities, ...ears }: OtherProxiesOptions): OtherProxies {
  const links = new Map<Link, Dialled>()

  function open(link: Link, url: string): void {
    const target = { url, skipVerify, authorities, timeout: dialTimeout, longestMessage }
    const dialled = dial(target, {
      opened: () => ears.opened(link),
      text: (text) => ears.received(link, text),
      closed: ({ why, detail }) => ears.closed(link, detail ? `${why}: ${detail}` : why),
    })
    links.set(link, dialled)
    void dialled.gone.then(() => links.delete(link))
  }

  return {
    command(command) {
      switch (command.do) {
        case 'dial':
          return open(command.link, command.url)
        case 'send':
          links.get(command.link)?.send(command.text)
          return
        case 'hang-up':
          return links.get(command.link)?.close()
      }
    },
    async stop() {
      const open = [...links.values()]
      for (const dialled of open) dialled.close()
      await Promise.all(open.map(({ gone }) => gone))
    },
  }
}
