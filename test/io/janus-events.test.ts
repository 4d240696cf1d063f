/** The feed of Janus' event handler on real sockets, from whoever may claim to be one. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sumOf } from '../support/samples.ts'
import { type ServerInProcess, startInProcess } from '../support/server-in-process.ts'
import { openRaw, type RawWebSocket } from './raw/socket.ts'

let server: ServerInProcess
beforeAll(async () => {
  // Nobody is there; the feed is taken all the same.
  const backend = '[backend]\nbackends = one\n[one]\nurl = http://127.0.0.1:1/\nsecret = secret-of-the-tests\n'
  server = await startInProcess(`${backend}[mcu]\ntype = janus\nurl = ws://127.0.0.1:1\n`)
})
afterAll(() => server[Symbol.asyncDispose]())

const headers = { 'Sec-WebSocket-Protocol': 'janus-events' }
const feed = (more: Readonly<Record<string, string>> = {}): Promise<RawWebSocket> =>
  openRaw(server.address, { headers: { ...headers, ...more } })
const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text()
const ready = '{"emitter":"j","type":16,"subtype":1,"handle_id":1,"event":{"ice":"ready"}}'
const readyCount = (text: string): number => sumOf(text, 'signaling_mcu_ice_state_total', 'state="ready"')

/** Events have no answer: their effect is waited for. */
async function counted(count: number): Promise<void> {
  for (let turn = 0; turn < 500 && readyCount(await metrics()) < count; turn++) await Bun.sleep(5)
  expect(readyCount(await metrics())).toBe(count)
}

test('what is no event ends its connection, and no other', async () => {
  await using good = await feed()
  for (const payload of ['nonsense', '7', '[null]']) {
    await using odd = await feed()
    odd.sendFrame(payload)
    expect((await odd.closed()).code).toBe(1007)
  }
  await using binary = await feed()
  binary.sendFrame('{}', { opcode: 2 })
  expect((await binary.closed()).code).toBe(1007)
  await using long = await feed()
  long.sendFrame('x'.repeat(524_289))
  await long.closed()
  const before = readyCount(await metrics())
  good.sendFrame(ready)
  good.sendFrame(`[${ready},${ready}]`)
  await counted(before + 3)
  expect(good.isClosed).toBe(false)
  expect(server.log()).toContain('janus-events-odd')
})

test('bandwidth is there while somebody reports', async () => {
  const isThere = async (): Promise<boolean> => (await metrics()).includes('signaling_mcu_bandwidth{')
  await using reporter = await feed()
  reporter.sendFrame(
    '{"emitter":"j","type":32,"subtype":3,"handle_id":1,"event":{"media":"audio","bytes-sent-lastsec":70}}',
  )
  for (let turn = 0; turn < 500 && sumOf(await metrics(), 'signaling_mcu_bandwidth') === 0; turn++) await Bun.sleep(5)
  expect(sumOf(await metrics(), 'signaling_mcu_bandwidth', 'outgoing')).toBe(70)
  reporter.destroy()
  for (let turn = 0; turn < 500 && (await isThere()); turn++) await Bun.sleep(5)
  expect(await isThere()).toBe(false)
})

test('only from loopback and private addresses', async () => {
  await using far = await feed({ 'X-Real-IP': '192.0.2.1' })
  expect(await far.closed()).toMatchObject({ code: 1008, reason: 'only for loopback and private addresses' })
  await using near = await feed({ 'X-Real-IP': '10.1.2.3' })
  const before = readyCount(await metrics())
  near.sendFrame(ready)
  await counted(before + 1)
})
