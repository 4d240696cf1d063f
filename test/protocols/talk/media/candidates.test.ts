/** Which candidates go on, by the settings of the moment. */
import { expect, test } from 'bun:test'
import { comesIn, goesOut, sdpIn, sdpOut } from '../../../../src/protocols/talk/media/candidates.ts'
import { parseCandidate } from '../../../../src/sfu/candidates.ts'
import { candidateLine, mediaStage, ranges, sdp } from './stage.ts'

const inner = candidateLine('10.0.0.1')
const outer = candidateLine('198.51.100.1')
const name = candidateLine('host.local')

test('[R73] where nothing is blocked only names are kept from the SFU, and nothing from clients', () => {
  const { state } = mediaStage()
  const comes = (line: string): boolean => comesIn(state, parseCandidate(line) ?? 'end')
  expect([inner, outer, name, ''].map(comes)).toEqual([true, true, false, true])
  expect([inner, outer, name].map((line) => goesOut(state, line))).toEqual([true, true, true])
  const text = sdp(['audio', inner, name])
  expect([sdpIn(state, text), sdpOut(state, text)]).toEqual([sdp(['audio', inner]), text])
})

test('[R73] what is blocked goes neither way', () => {
  const { state } = mediaStage({ candidates: { allowed: [], blocked: ranges('10.0.0.0/8') } })
  const text = sdp(['audio', inner, outer])
  for (const way of [sdpIn, sdpOut]) expect(way(state, text)).toBe(sdp(['audio', outer]))
  expect([inner, outer, name].map((line) => goesOut(state, line))).toEqual([false, true, true])
})

test('[R79] the end of candidates goes to the SFU and not to clients', () => {
  const { state } = mediaStage()
  expect([comesIn(state, 'end'), goesOut(state, '')]).toEqual([true, false])
})
