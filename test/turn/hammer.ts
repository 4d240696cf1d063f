/** A worker that takes and gives back ports of a shared ledger as fast as it can, and looks whether anybody else has them. */
import { createLedger, type LedgerShape } from '../../src/turn/ledger.ts'
import { ip } from './ip.ts'

export interface HammerTask {
  readonly memory: SharedArrayBuffer
  readonly shape: LedgerShape
  /** One number for each port: who has it. Behind them one for the time, which each round moves on by a second. */
  readonly owners: SharedArrayBuffer
  readonly name: number
  readonly rounds: number
}

/** How often something was wrong, and how often something was got. */
export interface HammerResult {
  readonly conflicts: number
  readonly taken: number
  readonly claimed: number
}

declare const self: Worker

const user = 'everybody'

self.onmessage = ({ data }: MessageEvent<HammerTask>) => {
  const { shape, name, rounds } = data
  const owners = new Int32Array(data.owners)
  const random = (below: number): number => Math.floor(Math.random() * below)
  const limits = { quotas: { perUser: 0, perSource: 0, total: 0 }, challengeRate: 0, bindingRate: 0 }
  const ledger = createLedger({ shape, memory: data.memory, limits, random })
  const ports = ledger.ports[4]
  const held: number[] = []
  const result = { conflicts: 0, taken: 0, claimed: 0 }
  const holder = (port: number) => ({
    user: random(2) === 0 ? user : `user ${port}`,
    source: ip(`192.0.2.${port % 8}`),
  })
  const holders = new Map<number, ReturnType<typeof holder>>()

  function got(port: number): void {
    if (Atomics.compareExchange(owners, port - shape.min, 0, name) !== 0) result.conflicts++
    held.push(port)
    const who = holder(port)
    holders.set(port, who)
    ledger.quotas.take(who)
  }

  function giveUp(port: number, how: (port: number) => void): void {
    if (Atomics.compareExchange(owners, port - shape.min, name, 0) !== name) result.conflicts++
    const who = holders.get(port)
    if (who) ledger.quotas.release(who)
    how(port)
  }

  for (let round = 0; round < rounds; round++) {
    const now = Atomics.add(owners, shape.max - shape.min + 1, 1) * 1000
    const claimed = ports.claim(String(random(shape.max - shape.min + 1) + shape.min), now)
    if (claimed !== undefined) {
      result.claimed++
      got(claimed)
    }
    const wish = round % 3 === 0 ? 'pair' : 'any'
    const port = ports.take(wish, now)
    if (port !== undefined) {
      result.taken++
      got(port)
      if (wish === 'pair') got(port + 1)
    }
    if (held.length > 8) giveUp(held.shift() ?? 0, (one) => ports.release(one, now))
    if (held.length > 4) giveUp(held.shift() ?? 0, (one) => ports.keep(one, String(one), now))
  }
  for (const port of held) giveUp(port, (one) => ports.release(one, rounds * 2000))
  self.postMessage(result)
}
