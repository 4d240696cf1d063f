// Gets the real programs that tests run against from Debian, without starting any of them.

import { existsSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { debian } from '../test/support/deb.ts'

/** The packages of which a program is not where Debian puts it. */
export function missingPackages(): readonly string[] {
  const missing = Object.values(debian).filter(({ path }) => !existsSync(path))
  return [...new Set(missing.map((program) => program.package))]
}

export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
}

/** While this file says so, no package that is installed starts its service. */
const policy = '/usr/sbin/policy-rc.d'

/** Installs packages; their services start neither now nor at the next boot. */
export async function install(packages: readonly string[]): Promise<void> {
  const ours = !existsSync(policy)
  if (ours) {
    await Bun.write(policy, '#!/bin/sh\nexit 101\n')
    await chmod(policy, 0o755)
  }
  try {
    await apt('update')
    const get = (...some: readonly string[]) => apt('install', '--yes', '--no-install-recommends', ...some)
    // All at once is faster; one by one, a package that this Debian does not have keeps none of the others away.
    if (!(await get(...packages))) for (const one of packages) await get(one)
    const absent = missingPackages()
    await disableServices(packages.filter((one) => !absent.includes(one)))
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

async function disableServices(packages: readonly string[]): Promise<void> {
  if (packages.length === 0 || !existsSync('/usr/bin/systemctl')) return
  const listed = await Bun.$`dpkg -L ${[...packages]}`.quiet().nothrow().text()
  const units = [...listed.matchAll(/\/systemd\/system\/([^/@\n]+\.service)$/gm)].map((match) => match[1] ?? '')
  if (units.length > 0) await Bun.$`systemctl disable ${[...new Set(units)]}`.quiet().nothrow()
}
