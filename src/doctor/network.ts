/** The way to the server: its name, its port and its certificate. */
import { count, type Finding, fail, ok, quoted, warn } from './finding.ts'
import { isLoopback, isNearby, type Site } from './site.ts'

export type LookUp =
  | { readonly found: true; readonly addresses: readonly string[] }
  | { readonly found: false; readonly reason: 'unknown' | 'timeout' | 'other'; readonly why: string }

export interface Connecting {
  readonly address: string
  /** `unreachable`: this machine knows no way there. */
  readonly outcome: 'open' | 'refused' | 'timeout' | 'unreachable' | 'other'
  readonly why: string
}

export type Handshake =
  | {
      readonly done: true
      /** The code of what is wrong with the chain, e.g. `CERT_HAS_EXPIRED`. */
      readonly distrust: string | undefined
      /** Whether the certificate is for the name that was asked for. */
      readonly isForName: boolean
      /** What it is for, as it says itself. */
      readonly names: string
      readonly issuer: string
      /** ms; NaN where unreadable. */
      readonly validFrom: number
      readonly validTo: number
    }
  | { readonly done: false; readonly reason: 'timeout' | 'no TLS' | 'other'; readonly why: string }

export function nameFinding({ hostname }: Site, seen: LookUp): Finding {
  if (!seen.found) {
    switch (seen.reason) {
      case 'unknown':
        return fail(
          'DNS',
          `there is no ${hostname}`,
          'Look for a slip of the pen, else make an A or AAAA record for it.',
        )
      case 'timeout':
        return fail('DNS', 'the name server does not answer in time', 'See /etc/resolv.conf of this machine.')
      case 'other':
        return fail('DNS', `${hostname}: ${quoted(seen.why)}`, 'See /etc/resolv.conf of this machine.')
    }
  }
  const list = seen.addresses.join(', ')
  if (seen.addresses.some(isLoopback) && !isLoopback(hostname)) {
    return warn(
      'DNS',
      `${hostname} is ${list} here, which every machine takes for itself`,
      'What follows tells nothing about other machines: see /etc/hosts, or run the doctor from elsewhere.',
    )
  }
  return ok('DNS', `${hostname} is ${list}${reach(seen.addresses)}`)
}

function reach(addresses: readonly string[]): string {
  if (addresses.every(isLoopback)) return ', this machine alone'
  return addresses.every(isNearby) ? ', only within this network' : ''
}

export function portFinding({ hostname, port }: Site, tried: readonly Connecting[]): Finding {
  const open = tried.filter(({ outcome }) => outcome === 'open')
  const silent = tried.filter(({ outcome }) => outcome !== 'open' && outcome !== 'unreachable')
  const beyond = tried.filter(({ outcome }) => outcome === 'unreachable')
  const list = (some: readonly Connecting[]): string => some.map(({ address }) => address).join(', ')
  if (open.length > 0 && silent.length > 0) {
    return warn(
      'TCP',
      `${list(open)} accepts connections on port ${port}, ${list(silent)} does not (${silent.map(({ outcome }) => outcome).join(', ')})`,
      'Clients that try the wrong one wait or fail: listen there as well, or remove its DNS record.',
    )
  }
  if (open.length > 0) {
    const untried = beyond.length > 0 ? ` (${list(beyond)} cannot be tried: this machine has no way there)` : ''
    return ok('TCP', `${list(open)} accepts connections on port ${port}${untried}`)
  }
  const outcome = silent[0]?.outcome ?? beyond[0]?.outcome
  switch (outcome) {
    case 'refused':
      return fail(
        'TCP',
        `${hostname} refuses connections on port ${port}: nothing listens there`,
        `Start the web server (or heliograph serve); on that machine "ss -ltn" shows who listens where.`,
      )
    case 'timeout':
      return fail(
        'TCP',
        `${hostname} does not answer on port ${port}`,
        `Probably a firewall drops it: open TCP port ${port} there and in the hoster's panel, and see that the address is right.`,
      )
    default:
      return fail(
        'TCP',
        `no way to port ${port} of ${hostname}: ${quoted((silent[0] ?? beyond[0])?.why ?? 'no address')}`,
        'See the network of this machine and the DNS records of the name.',
      )
  }
}

const day = 86_400_000

/** `now` in ms. */
export function certificateFinding({ hostname, port }: Site, seen: Handshake, now: number): Finding {
  if (!seen.done) {
    switch (seen.reason) {
      case 'timeout':
        return fail('TLS', 'the handshake does not end in time', 'See the error log of the web server in front.')
      case 'no TLS':
        return fail(
          'TLS',
          `what listens on port ${port} does not speak TLS`,
          'The web server in front lacks "ssl" for this port, or the port is that of heliograph itself: then http.',
        )
      case 'other':
        return fail('TLS', `no handshake: ${quoted(seen.why)}`, 'See the error log of the web server in front.')
    }
  }
  if (seen.distrust !== undefined && !/EXPIRED|NOT_YET_VALID/.test(seen.distrust))
    return distrusted(seen.distrust, seen.issuer)
  const left = Math.floor((seen.validTo - now) / day)
  if (seen.validTo < now || seen.distrust?.includes('EXPIRED')) {
    return fail(
      'TLS',
      `the certificate expired ${Number.isNaN(left) ? '' : `${count(Math.max(0, -left - 1), 'day')} ago`}`.trimEnd(),
      'Renew it, reload the web server, and see why the renewal did not happen by itself.',
    )
  }
  if (seen.validFrom > now || seen.distrust !== undefined) {
    return fail('TLS', 'the certificate is not valid yet', 'See the clock of this machine and that of the server.')
  }
  if (!seen.isForName) {
    return fail(
      'TLS',
      `the certificate is not for ${hostname} but for ${quoted(seen.names)}`,
      `Get one that names ${hostname}, or use the name that it has; a missing server block shows that of another site.`,
    )
  }
  const isShort = seen.validTo - now < Math.min(14 * day, (seen.validTo - seen.validFrom) / 4)
  return isShort
    ? warn('TLS', `the certificate expires in ${count(left, 'day')}`, 'See why it is not renewed by itself.')
    : ok('TLS', `the certificate is trusted, names ${hostname}, and is good for ${count(left, 'day')}`)
}

function distrusted(code: string, issuer: string): Finding {
  if (/SELF_SIGNED|SELF-SIGNED/.test(code) && code.startsWith('DEPTH_ZERO')) {
    return fail(
      'TLS',
      'the certificate is self-signed, so that neither browsers nor Nextcloud trust it',
      'Get one of an authority, e.g. with certbot. For one of your own: NODE_EXTRA_CA_CERTS=authority.pem heliograph doctor ...',
    )
  }
  if (/UNABLE_TO_(?:VERIFY_LEAF|GET_ISSUER)|SELF_SIGNED/.test(code)) {
    return fail(
      'TLS',
      `the certificate leads to no known authority (issued by ${quoted(issuer)})`,
      'Usually the intermediate certificate is missing: configure fullchain.pem, not cert.pem. For an authority of your own: NODE_EXTRA_CA_CERTS=authority.pem heliograph doctor ...',
    )
  }
  return fail('TLS', `the certificate is not trusted: ${quoted(code)}`, 'Get another one of a known authority.')
}
