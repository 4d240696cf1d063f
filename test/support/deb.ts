/** Which programs of Debian's packages are on this machine, so that a suite that needs one can be reported as not run. */
import { existsSync } from 'node:fs'

export interface DebianProgram {
  readonly package: string
  readonly path: string
}

export const debian = {
  signalingServer: { package: 'nextcloud-spreed-signaling', path: '/usr/bin/nextcloud-spreed-signaling-server' },
  signalingClient: { package: 'nextcloud-spreed-signaling', path: '/usr/bin/nextcloud-spreed-signaling-client' },
  nats: { package: 'nats-server', path: '/usr/sbin/nats-server' },
  nginx: { package: 'nginx', path: '/usr/sbin/nginx' },
  apache: { package: 'apache2', path: '/usr/sbin/apache2' },
  caddy: { package: 'caddy', path: '/usr/bin/caddy' },
  openssl: { package: 'openssl', path: '/usr/bin/openssl' },
} as const satisfies Record<string, DebianProgram>

/** True when something is missing; then a line "NOT RUN: <suite>: needs <package>" has been printed. For `describe.skipIf`. */
export function notRunnable(suite: string, ...needed: readonly DebianProgram[]): boolean {
  const missing = new Set(needed.filter(({ path }) => !existsSync(path)).map((program) => program.package))
  if (missing.size > 0) console.log(`NOT RUN: ${suite}: needs ${[...missing].join(', ')}`)
  return missing.size > 0
}
