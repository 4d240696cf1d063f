/** Whether anybody may claim any address for himself: asks for the statistics, with a header that lies and without. */
import type { Exchange } from './exchange.ts'
import { type Finding, fail, ok, skip, warn } from './finding.ts'

export const statisticsPath = '/api/v1/stats'
/** The address that may always see statistics unless it is configured otherwise. */
export const lie: Readonly<Record<string, string>> = { 'x-real-ip': '127.0.0.1', 'x-forwarded-for': '127.0.0.1' }

const check = 'client address'

/** `isNear`: the server is asked by an address of this machine or of its own network. */
export function clientAddressFinding(plain: Exchange, lying: Exchange, isNear: boolean): Finding {
  if (plain.came === 'nothing' || lying.came === 'nothing') return skip(check, 'the statistics page does not answer')
  if (plain.status === 200) {
    return isNear
      ? ok(
          check,
          'this machine may see the statistics; only from elsewhere it shows whether others can pretend to be it',
        )
      : warn(
          check,
          'this machine may see the statistics, and so may others if the web server in front does not name the client',
          'Unless this address is in [stats] allowed_ips on purpose: let the web server set X-Real-IP (docs/front-webserver.md).',
        )
  }
  if (lying.status === 200) {
    return fail(
      check,
      'whoever sends X-Real-IP: 127.0.0.1 sees the statistics, and is throttled as somebody else',
      'The web server in front has to set X-Real-IP, not to pass on what the client sent (docs/front-webserver.md); else [app] trustedproxies is too wide.',
    )
  }
  return plain.status === 403 && lying.status === 403
    ? ok(check, 'a forged X-Real-IP or X-Forwarded-For is not believed')
    : ok(check, `the statistics are not reached from here (status ${plain.status})`)
}
