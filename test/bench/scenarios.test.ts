import { afterAll, beforeAll, expect, test } from 'bun:test'
import { broadcast } from '../../src/bench/scenarios/broadcast.ts'
import { connect } from '../../src/bench/scenarios/connect.ts'
import { idle } from '../../src/bench/scenarios/idle.ts'
import { pairs } from '../../src/bench/scenarios/pairs.ts'
import type { Rig } from '../../src/bench/scenarios/scenario.ts'
import { storm } from '../../src/bench/scenarios/storm.ts'
import { startTinyTalk, type TinyTalk } from './tiny-talk.ts'

let server: TinyTalk
let rig: Rig

beforeAll(() => {
  server = startTinyTalk()
  rig = { url: server.url, backendUrl: 'http://127.0.0.1:1/', pid: process.pid, companions: [] }
})

afterAll(() => server.stop())

test('pairs: every message arrives and is timed', async () => {
  const plan = { clients: 4, size: 2_000, perSecond: 400, seconds: 0.05, warmupSeconds: 0.01 }
  const { metrics, remarks } = await pairs(plan).run(rig)
  expect(metrics).toMatchObject({ units: 20, lost: 0, offered: 400, p50: expect.any(Number), cpu: expect.any(Number) })
  expect(remarks).toEqual([])
})

test('broadcast: every other member gets every message', async () => {
  const plan = { members: 5, size: 100, perSecond: 200, seconds: 0.05, warmupSeconds: 0.01 }
  expect((await broadcast(plan).run(rig)).metrics).toMatchObject({ units: 40, lost: 0 })
})

test('storm: over when everybody knows of everybody', async () => {
  const { metrics, remarks } = await storm({ members: 6, quietMs: 1_000 }).run(rig)
  expect(metrics).toMatchObject({ units: 6, lost: 0, bytes: expect.any(Number) })
  expect(remarks).toEqual([])
})

test('connect: every hello is answered, at a rate and in a burst', async () => {
  const { metrics } = await connect({ perSecond: 100, seconds: 0.05, warmupSeconds: 0.01, burst: 10 }).run(rig)
  expect(metrics).toMatchObject({ units: 5, lost: 0, burst: expect.any(Number) })
})

test('idle: sessions are kept and memory is read', async () => {
  const { metrics } = await idle({ sessions: 20, restMs: 1 }).run(rig)
  expect(metrics).toMatchObject({ units: 20, lost: 0, resident: expect.any(Number) })
})

test('a server that is not there fails the scenario with a reason', async () => {
  const gone = { ...rig, url: new URL('ws://127.0.0.1:1/spreed') }
  await expect(idle({ sessions: 1, restMs: 1 }).run(gone)).rejects.toThrow()
})
