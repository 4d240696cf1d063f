/** Network namespaces for tests, joined by virtual cables, gone with their scope; needs root. */
import { existsSync } from 'node:fs'
import { debian } from './deb.ts'

export interface Namespace {
  readonly name: string
  /** The words in front of a command that is to run inside. */
  readonly inside: readonly string[]
  /** Runs a command inside; throws with what it said unless it succeeds. */
  run(...command: readonly string[]): void
}

export interface Namespaces extends Disposable {
  add(name: string): Namespace
  /** A cable between two namespaces, each end with its address and length of prefix. */
  join(one: Namespace, address: string, other: Namespace, otherAddress: string): void
  /** Rules of nftables, as its own language has them. */
  filter(where: Namespace, rules: string): void
}

/** True without the right to make namespaces; then a line "NOT RUN: …" has been printed. */
export function namespacesMissing(suite: string): boolean {
  const reason = whyNot()
  if (reason !== undefined) console.log(`NOT RUN: ${suite}: ${reason}`)
  return reason !== undefined
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root, for network namespaces'
  for (const { path, package: name } of [debian.ip, debian.nft]) if (!existsSync(path)) return `needs ${name}`
  try {
    using some = namespaces()
    const one = some.add('try')
    some.join(one, '192.0.2.1/30', some.add('other'), '192.0.2.2/30')
    some.filter(one, natTable('192.0.2.9', '192.0.2.2'))
    return undefined
  } catch (failure) {
    return `network namespaces with address translation cannot be had here: ${String(failure).split('\n')[0]}`
  }
}

/** Rules that translate one address into another for everybody, also for the one behind it who asks for it (hairpin). */
export function natTable(external: string, internal: string): string {
  return `table ip nat {
  chain in { type nat hook prerouting priority dstnat; policy accept;
    ip daddr ${external} dnat to ${internal}
  }
  chain out { type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${internal} snat to ${external}
  }
}`
}

export function namespaces(): Namespaces {
  const parts = new DisposableStack()
  // Several runs at once on one machine must not know each other.
  const mark = `hg${process.pid.toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`
  let cables = 0
  return {
    add(name) {
      const full = `${mark}-${name}`
      must([debian.ip.path, 'netns', 'add', full])
      // The cables go with it.
      parts.defer(() => void Bun.spawnSync([debian.ip.path, 'netns', 'del', full]))
      const inside = [debian.ip.path, 'netns', 'exec', full]
      const namespace: Namespace = { name: full, inside, run: (...command) => must([...inside, ...command]) }
      namespace.run(debian.ip.path, 'link', 'set', 'lo', 'up')
      return namespace
    },
    join(one, address, other, otherAddress) {
      const [here, there] = [`a${cables}`, `b${cables++}`]
      one.run(debian.ip.path, 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', other.name)
      for (const [namespace, cable, its] of [
        [one, here, address],
        [other, there, otherAddress],
      ] as const) {
        namespace.run(debian.ip.path, 'addr', 'add', its, 'dev', cable)
        namespace.run(debian.ip.path, 'link', 'set', cable, 'up')
      }
    },
    filter(where, rules) {
      must([...where.inside, debian.nft.path, '-f', '-'], rules)
    },
    [Symbol.dispose]: () => parts.dispose(),
  }
}

function must(command: readonly string[], input?: string): void {
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    stdin: input === undefined ? 'ignore' : Buffer.from(input),
    stdout: 'ignore',
  })
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`)
}
