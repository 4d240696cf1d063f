/** What the SFU tells, and what clients hear of it. */
import { describe, expect, test } from 'bun:test'
import type { SfuFailure } from '../../../../src/sfu/sfu.ts'
import { legId } from '../../../../src/sfu/stream.ts'
import { codeOf } from '../server.ts'
import { candidateLine, mediaStage, offer, publishes, receives, says, sdp } from './stage.ts'

test('[R69] offers and candidates come from the session that publishes, with the sid of the connection', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  says(a, b, { type: 'requestoffer', roomType: 'video' })
  const { leg } = stage.order('subscribe')
  const { request } = stage.order('say')
  const text = sdp('audio')
  const candidate = { candidate: candidateLine('198.51.100.1'), sdpMid: '0', sdpMLineIndex: 0 }
  stage.tells(
    { event: 'opened', leg, sid: 's1' },
    { event: 'offer', leg, request, sid: 's1', update: false, sdp: text },
    { event: 'candidate', leg, sid: 's1', candidate },
    { event: 'offer', leg, request: undefined, sid: 's1', update: true, sdp: text },
  )
  const common = { to: a.id, from: b.id, roomType: 'video', sid: 's1' }
  const payload = { type: 'offer', sdp: text }
  expect(a.hears()).toEqual(
    [
      { ...common, type: 'offer', payload },
      { ...common, type: 'candidate', payload: { candidate } },
      { ...common, type: 'offer', payload, update: true },
    ].map((data) => ({ type: 'message', message: { sender: { type: 'session', sessionid: b.id }, data } })),
  )
})

test('[R72] candidates for what one publishes come from the own session', () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  const leg = publishes(stage, a)
  stage.tells({ event: 'candidate', leg, sid: 'p1', candidate: { candidate: candidateLine('198.51.100.1') } })
  expect(a.hears()).toMatchObject([
    { message: { sender: { sessionid: a.id }, data: { from: a.id, type: 'candidate' } } },
  ])
})

test('[R79] the end of candidates is not passed on', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const leg = receives(stage, a, b)
  stage.tells({ event: 'candidate', leg, sid: 's1', candidate: { candidate: '' } })
  expect(a.hears()).toEqual([])
})

test('[R78] a publisher who comes back: no word at first, then an offer that nobody asked for', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const leg = receives(stage, a, b)
  stage.tells({ event: 'interrupted', leg })
  expect(a.hears()).toEqual([])
  stage.tells({ event: 'offer', leg, request: undefined, sid: 's2', update: false, sdp: sdp('audio') })
  expect(a.hears()).toMatchObject([{ message: { data: { type: 'offer', sid: 's2' } } }])
})

test('what comes for somebody who is away waits for him', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const leg = receives(stage, a, b)
  a.loses()
  stage.tells({ event: 'offer', leg, request: undefined, sid: 's2', update: false, sdp: sdp('audio') })
  expect(JSON.stringify(a.returns())).toContain('"sid":"s2"')
})

describe('[R76] what the SFU cannot do is refused with the id of the request', () => {
  const cases: Readonly<Record<SfuFailure, readonly [atFirst: string, later: string]>> = {
    'no publisher': ['client_not_found', 'client_not_found'],
    'not available': ['client_not_found', 'client_not_found'],
    'unknown leg': ['client_not_found', 'client_not_found'],
    timeout: ['client_not_found', 'processing_failed'],
    refused: ['client_not_found', 'processing_failed'],
    'stale sid': ['processing_failed', 'processing_failed'],
  }
  for (const [why, [atFirst, later]] of Object.entries(cases) as [SfuFailure, readonly [string, string]][]) {
    test(`a stream that was never had: ${why}; nothing of it stays`, () => {
      const stage = mediaStage()
      const [a, b] = stage.call(2)
      says(a, b, { type: 'requestoffer', roomType: 'video' }, 'r1')
      const { leg } = stage.order('subscribe')
      const { request } = stage.order('say')
      stage.tells({ event: 'failed', leg, request, why, detail: 'a detail' })
      expect(a.hears()).toMatchObject([{ id: 'r1', type: 'error', error: { code: atFirst } }])
      expect(stage.state.legs.size).toBe(0)
    })

    test(`a stream that is there: ${why}`, () => {
      const stage = mediaStage()
      const [a] = stage.call(2)
      const leg = publishes(stage, a)
      says(a, a, offer(), 'o2')
      const { request } = stage.order('say')
      stage.tells({ event: 'failed', leg, request, why, detail: 'a detail' })
      expect(a.hears()).toMatchObject([{ id: 'o2', type: 'error', error: { code: later } }])
      expect(stage.state.legs.size).toBe(why === 'unknown leg' ? 0 : 1)
    })
  }

  test('a stream that the SFU made room for and that never came to anything is not found', () => {
    const stage = mediaStage()
    const [a, b] = stage.call(2)
    says(a, b, { type: 'requestoffer', roomType: 'video' }, 'r1')
    const { leg } = stage.order('subscribe')
    const { request } = stage.order('say')
    stage.tells({ event: 'opened', leg, sid: 's1' }, { event: 'failed', leg, request, why: 'timeout', detail: '' })
    expect(a.hears().map(codeOf)).toEqual(['client_not_found'])
    expect(stage.state.legs.size).toBe(0)
  })

  test('of several requests for one stream each is answered; the leg stays for as long as one is open', () => {
    const stage = mediaStage()
    const [a, b] = stage.call(2)
    for (const id of ['r1', 'r2']) says(a, b, { type: 'requestoffer', roomType: 'video' }, id)
    const { leg } = stage.order('subscribe')
    const [first, second] = [stage.order('say').request, stage.order('say').request]
    stage.tells({ event: 'failed', leg, request: first, why: 'timeout', detail: '' })
    expect(stage.orders()).toEqual([])
    stage.tells({ event: 'failed', leg, request: second, why: 'timeout', detail: '' })
    expect(stage.order('close')).toEqual({ do: 'close', leg })
    expect(a.hears().map(codeOf)).toEqual(['client_not_found', 'client_not_found'])
  })

  test('a leg that could not be made, or ended: what was asked on it is refused', () => {
    for (const [why, code] of [
      ['refused', 'client_not_found'],
      ['ended', 'processing_failed'],
    ] as const) {
      const stage = mediaStage()
      const [a] = stage.call(2)
      const leg = publishes(stage, a)
      says(a, a, offer(), 'o2')
      stage.orders()
      stage.tells({ event: 'closed', leg, why, detail: '' })
      expect(a.hears()).toMatchObject([{ id: 'o2', error: { code } }])
      expect([stage.state.legs.size, stage.orders()]).toEqual([0, []])
    }
  })
})

test('what comes for a leg that is gone, or an answer that comes twice, is nothing', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const leg = receives(stage, a, b)
  const gone = legId(9_999)
  stage.tells(
    { event: 'opened', leg: gone, sid: 'x' },
    { event: 'closed', leg: gone, why: 'lost', detail: '' },
    { event: 'offer', leg: gone, request: 1, sid: 'x', update: false, sdp: '' },
    { event: 'failed', leg, request: 12_345, why: 'timeout', detail: '' },
    { event: 'done', leg, request: 12_345 },
    { event: 'interrupted', leg: gone },
  )
  expect([a.hears(), stage.orders(), stage.state.legs.size]).toEqual([[], [], 1])
})
