/** Whether calls go through an SFU, and whether the signaling server reaches it, as far as that shows from outside. */
import type { Exchange } from './exchange.ts'
import { count, type Finding, fail, ok, quoted, warn } from './finding.ts'
import type { Server } from './welcome.ts'

const check = 'SFU'

interface Gateway {
  readonly url: string
  readonly connected: boolean
}

/** `statistics`: the answer of the statistics page, which only few addresses may see. */
export function mediaFinding({ features }: Server, statistics: Exchange): Finding {
  if (!features.has('mcu')) {
    return ok(check, 'none is announced: media goes from one to the other, which suits calls of a few people')
  }
  const gateways = statistics.came === 'answer' && statistics.status === 200 ? gatewaysIn(statistics.body) : undefined
  if (!gateways) {
    return ok(
      check,
      'announced; whether it is reached shows only from an address in [stats] allowed_ips, usually the server itself',
    )
  }
  if (gateways.length === 0) {
    return fail(
      check,
      'announced, but there is none',
      'See [mcu] url: nothing is listed there, or no proxy has been found.',
    )
  }
  const lost = gateways.filter(({ connected }) => !connected).map(({ url }) => quoted(url))
  if (lost.length === 0) return ok(check, `announced, and ${count(gateways.length, 'gateway')} connected`)
  const names = lost.slice(0, 5).join(', ')
  const mend = 'See whether it runs and listens there, and the log of the signaling server (docs/janus.md).'
  return lost.length === gateways.length
    ? fail(check, `announced, but the signaling server does not reach it: ${names}. Calls have no sound`, mend)
    : warn(check, `${lost.length} of ${count(gateways.length, 'gateway')} not reached: ${names}`, mend)
}

/** Janus stands alone, proxies stand in `details`. Undefined if the page says nothing of either. */
function gatewaysIn(body: string): readonly Gateway[] | undefined {
  const mcu = member(readable(body), 'mcu')
  if (mcu === undefined || mcu === null) return undefined
  const details = member(mcu, 'details')
  const listed: readonly unknown[] = Array.isArray(details) ? details : member(mcu, 'url') === undefined ? [] : [mcu]
  return listed.map((gateway) => ({
    url: String(member(gateway, 'url') ?? ''),
    connected: member(gateway, 'connected') === true,
  }))
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
