// Gets the real programs that tests run against from Debian, without starting any of them.

import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debian, nextRelease, nextReleaseFolder } from '../test/support/deb.ts'

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

/** Packages of Debian's next release of which a program is not where we unpack it. */
export const missingOfNextRelease = (): readonly string[] =>
  Object.values(nextRelease)
    .filter(({ path }) => !existsSync(path))
    .map(({ from }) => from)

/**
 * Unpacks packages of Debian's next release beside this one, from the mirror that apt uses anyway and checked by its
 * signature; nothing is installed. apt gets lists of its own for it, so that its usual ones stay as they are.
 */
export async function unpackNextRelease(packages: readonly string[]): Promise<void> {
  const mirror = await mirrorOfDebian()
  if (mirror === undefined) return
  const folder = await mkdtemp(join(tmpdir(), 'next-release-'))
  try {
    await mkdir(join(folder, 'lists/partial'), { recursive: true })
    await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
    const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
    await Bun.write(join(folder, 'sources.list'), `deb [signed-by=${keys}] ${mirror} testing main\n`)
    const own = {
      'Dir::Etc::SourceList': join(folder, 'sources.list'),
      'Dir::Etc::SourceParts': '-',
      'Dir::State::Lists': join(folder, 'lists'),
      'Dir::Cache': join(folder, 'cache'),
      'APT::Sandbox::User': 'root',
    }
    const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    if (!(await aptIn(folder, ...options, 'update'))) return
    for (const one of packages) await aptIn(folder, ...options, 'download', one)
    for (const file of new Bun.Glob('*.deb').scanSync({ cwd: folder, absolute: true })) {
      await Bun.$`dpkg-deb --extract ${file} ${nextReleaseFolder}`.quiet().nothrow()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function mirrorOfDebian(): Promise<string | undefined> {
  const format = '$(REPO_URI) $(LABEL)'
  const targets = await Bun.$`apt-get indextargets --format ${format} ${'Created-By: Packages'}`
    .quiet()
    .nothrow()
    .text()
  return /^(\S+) Debian$/m.exec(targets)?.[1]
}

const apt = (...words: readonly string[]): Promise<boolean> => aptIn('/', ...words)

async function aptIn(folder: string, ...words: readonly string[]): Promise<boolean> {
  const child = Bun.spawn(['apt-get', '--quiet=2', '-o', 'Dpkg::Use-Pty=0', ...words], {
    cwd: folder,
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
