/** Which programs of Debian's packages are on this machine, so that a suite that needs one can be reported as not run. */
import { existsSync } from 'node:fs'

export interface DebianProgram {
  readonly package: string
  readonly path: string
}

export const debian = {
  signalingServer: { package: 'nextcloud-spreed-signaling', path: '/usr/bin/nextcloud-spreed-signaling-server' },
  signalingProxy: { package: 'nextcloud-spreed-signaling', path: '/usr/bin/nextcloud-spreed-signaling-proxy' },
  signalingClient: { package: 'nextcloud-spreed-signaling', path: '/usr/bin/nextcloud-spreed-signaling-client' },
  nats: { package: 'nats-server', path: '/usr/sbin/nats-server' },
  nginx: { package: 'nginx', path: '/usr/sbin/nginx' },
  apache: { package: 'apache2', path: '/usr/sbin/apache2' },
  caddy: { package: 'caddy', path: '/usr/bin/caddy' },
  openssl: { package: 'openssl', path: '/usr/bin/openssl' },
  curl: { package: 'curl', path: '/usr/bin/curl' },
  turnserver: { package: 'coturn', path: '/usr/bin/turnserver' },
  turnClient: { package: 'coturn', path: '/usr/bin/turnutils_uclient' },
  turnPeer: { package: 'coturn', path: '/usr/bin/turnutils_peer' },
  stunClient: { package: 'coturn', path: '/usr/bin/turnutils_stunclient' },
  chromium: { package: 'chromium', path: '/usr/bin/chromium' },
  janus: { package: 'janus', path: '/usr/bin/janus' },
  python: { package: 'python3-aioice', path: '/usr/bin/python3' },
  aioice: { package: 'python3-aioice', path: '/usr/lib/python3/dist-packages/aioice/__init__.py' },
  pythonSocketIo: {
    package: 'python3-socketio',
    path: '/usr/lib/python3/dist-packages/socketio/__init__.py',
  },
  aiohttp: { package: 'python3-aiohttp', path: '/usr/lib/python3/dist-packages/aiohttp/__init__.py' },
  ip: { package: 'iproute2', path: '/usr/sbin/ip' },
  nft: { package: 'nftables', path: '/usr/sbin/nft' },
  compiler: { package: 'gcc', path: '/usr/bin/gcc' },
  libcHeaders: { package: 'libc6-dev', path: '/usr/include/stdio.h' },
  sslHeaders: { package: 'libssl-dev', path: '/usr/include/openssl/hmac.h' },
} as const satisfies Record<string, DebianProgram>

/** Where programs of Debian's next release are unpacked: statically linked ones run here too, beside those of this release. */
export const nextReleaseFolder = '/opt/debian-testing'

/** The original as Debian's next release has it: it knows federation, `sid` and what else came after 0.4.1. */
export const nextRelease = {
  signalingServer: {
    package: 'nextcloud-spreed-signaling of Debian testing',
    path: `${nextReleaseFolder}/usr/bin/nextcloud-spreed-signaling-server`,
    from: 'nextcloud-spreed-signaling',
  },
  signalingProxy: {
    package: 'nextcloud-spreed-signaling-proxy of Debian testing',
    path: `${nextReleaseFolder}/usr/bin/nextcloud-spreed-signaling-proxy`,
    from: 'nextcloud-spreed-signaling-proxy',
  },
} as const satisfies Record<string, DebianProgram & { readonly from: string }>

/** True when something is missing; then a line "NOT RUN: <suite>: needs <package>" has been printed. For `describe.skipIf`. */
export function notRunnable(suite: string, ...needed: readonly DebianProgram[]): boolean {
  const missing = new Set(needed.filter(({ path }) => !existsSync(path)).map((program) => program.package))
  if (missing.size > 0) console.log(`NOT RUN: ${suite}: needs ${[...missing].join(', ')}`)
  return missing.size > 0
}
