// The real programs that tests run against: where Debian puts them, and how to get them without starting any of them.

import { existsSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'

/** Debian package → the files that tests start. */
export const programs = {
  'nextcloud-spreed-signaling': ['/usr/bin/nextcloud-spreed-signaling-server'],
  'nats-server': ['/usr/sbin/nats-server', '/usr/bin/nats-server'],
  nginx: ['/usr/sbin/nginx'],
  apache2: ['/usr/sbin/apache2'],
  caddy: ['/usr/bin/caddy'],
  openssl: ['/usr/bin/openssl'],
  curl: ['/usr/bin/curl'],
} as const satisfies Record<string, readonly string[]>

export type DebianPackage = keyof typeof programs

/** The program of a package, if it is here. */
export function program(name: DebianPackage): string | undefined {
  return programs[name].find((path) => existsSync(path))
}

const names: readonly DebianPackage[] = [
  'nextcloud-spreed-signaling',
  'nats-server',
  'nginx',
  'apache2',
  'caddy',
  'openssl',
  'curl',
]

export function missingPackages(): readonly DebianPackage[] {
  return names.filter((name) => program(name) === undefined)
}

export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
}

const policy = '/usr/sbin/policy-rc.d'

/** Installs packages from Debian; their services are neither started now nor at the next boot. Answers false if one could not be had. */
export async function install(packages: readonly DebianPackage[]): Promise<boolean> {
  const ours = !existsSync(policy)
  if (ours) {
    await Bun.write(policy, '#!/bin/sh\nexit 101\n')
    await chmod(policy, 0o755)
  }
  try {
    await apt('update')
    const get = (...some: readonly DebianPackage[]) => apt('install', '--yes', '--no-install-recommends', ...some)
    // All at once is faster; one by one, a package that this Debian does not have keeps none of the others away.
    if (!(await get(...packages))) for (const one of packages) await get(one)
    const here = packages.filter((one) => program(one) !== undefined)
    await disableServices(here)
    return here.length === packages.length
  } finally {
    if (ours) await rm(policy, { force: true })
  }
}

async function apt(...words: readonly string[]): Promise<boolean> {
  const child = Bun.spawn(['apt-get', '--quiet=2', '-o', 'Dpkg::Use-Pty=0', ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'inherit',
  })
  return (await child.exited) === 0
}

async function disableServices(packages: readonly DebianPackage[]): Promise<void> {
  if (packages.length === 0 || !existsSync('/usr/bin/systemctl')) return
  const listed = await Bun.$`dpkg -L ${[...packages]}`.quiet().nothrow().text()
  const units = [...listed.matchAll(/\/systemd\/system\/([^/@\n]+\.service)$/gm)].map((match) => match[1] ?? '')
  if (units.length > 0) await Bun.$`systemctl disable ${[...new Set(units)]}`.quiet().nothrow()
}
