/** Links to other signaling servers: which addresses are connected to, and what is told of them. */
import { afterEach, expect, test } from 'bun:test'
import type { FederationConfig } from '../../src/config/config.ts'
import { createFederationLinks, type FederationLinks, targetPolicy } from '../../src/io/federation-links.ts'
import { parseIpRange } from '../../src/lib/ip-range.ts'
import type { FederationEvent } from '../../src/protocols/talk/federation/link.ts'
import { startRawServer } from '../support/raw-server.ts'

const ranges = (...texts: readonly string[]) => texts.map(parseIpRange).filter((range) => range !== undefined)

test('public addresses are reached, and those that are named', () => {
  const may = targetPolicy([])
  expect(['9.9.9.9', '2620:fe::fe'].map(may)).toEqual([true, true])
  const inner = [
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1'],
    ...['255.255.255.255', '::1', '::', 'fe80::1', 'fd00::1', 'fd00:ec2::254', '::ffff:10.0.0.1', '64:ff9b::a00:1'],
    ...['2002:a00:1::', 'ff02::1', 'not an address', ''],
  ]
  expect(inner.filter(may)).toEqual([])
  const named = targetPolicy(ranges('10.1.0.0/16', 'fd00::/8'))
  expect(['10.1.2.3', '10.2.0.1', 'fd00::1', '192.168.1.1'].map(named)).toEqual([true, false, true, false])
  // A wide range does not open the place where a cloud keeps the credentials of its machines.
  const wide = targetPolicy(ranges('0.0.0.0/0', '::/0'))
  expect(['10.0.0.1', '169.254.169.254', 'fd00:ec2::254', '0.0.0.0'].map(wide)).toEqual([true, false, false, false])
})

const settings: FederationConfig = {
  skipVerify: false,
  timeout: 2_000,
  allowedTargets: ranges('127.0.0.0/8'),
  maxLinks: 10,
  maxLinksPerUser: 10,
}
const parts: Disposable[] = []
afterEach(() => {
  for (const part of parts.splice(0)) part[Symbol.dispose]()
})

/** Links whose events can be waited for. */
function linksOf(more: Partial<FederationConfig> = {}): FederationLinks & { next(): Promise<FederationEvent> } {
  const events: FederationEvent[] = []
  let wake: (() => void) | undefined
  const links = createFederationLinks({
    settings: () => ({ ...settings, ...more }),
    happened(event) {
      events.push(event)
      wake?.()
    },
    userAgent: 'a test',
  })
  parts.push(links)
  return {
    ...links,
    async next() {
      while (events.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const event = events.shift()
      if (!event) throw new Error('nothing')
      return event
    },
  }
}

test('a link is opened, carries text both ways, and is closed without a word', async () => {
  using raw = startRawServer()
  const links = linksOf()
  links.carryOut({ do: 'dial', link: 7, url: `ws://127.0.0.1:${raw.port}/signaling/spreed` })
  const peer = await raw.next()
  expect(peer.head()).toStartWith('GET /signaling/spreed HTTP/1.1\r\n')
  expect(peer.head()).toMatch(/^user-agent: a test$/im)
  expect(await links.next()).toEqual({ event: 'opened', link: 7 })
  peer.say('{"type":"welcome"}')
  expect(await links.next()).toEqual({ event: 'received', link: 7, text: '{"type":"welcome"}' })
  links.carryOut({ do: 'send', link: 7, text: '{"type":"bye"}' })
  links.carryOut({ do: 'hang-up', link: 7 })
  await peer.gone
  expect(peer.frames.map(({ opcode, text }) => (opcode === 1 ? text : opcode))).toEqual(['{"type":"bye"}', 8])
  // To a link that is over nothing is said, and that is no fault.
  links.carryOut({ do: 'send', link: 7, text: 'x' })
  links.carryOut({ do: 'hang-up', link: 7 })
})

test('the end of all of them is a farewell on each', async () => {
  using raw = startRawServer()
  const links = linksOf()
  links.carryOut({ do: 'dial', link: 1, url: `ws://127.0.0.1:${raw.port}/spreed` })
  const peer = await raw.next()
  await links.next()
  links[Symbol.dispose]()
  await peer.gone
  expect(peer.frames.map(({ opcode, bytes }) => [opcode, bytes.readUInt16BE(0)])).toEqual([[8, 1000]])
})

test('what went wrong is told apart', async () => {
  using raw = startRawServer()
  const url = `ws://127.0.0.1:${raw.port}/spreed`
  const strict = linksOf({ allowedTargets: [] })
  strict.carryOut({ do: 'dial', link: 1, url })
  expect(await strict.next()).toMatchObject({ event: 'closed', link: 1, why: 'forbidden' })
  const links = linksOf()
  links.carryOut({ do: 'dial', link: 2, url })
  const peer = await raw.next()
  expect(await links.next()).toMatchObject({ event: 'opened' })
  peer.end()
  expect(await links.next()).toMatchObject({ event: 'closed', link: 2, why: 'network' })
})
