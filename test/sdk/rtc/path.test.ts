import { expect, test } from 'bun:test'
import { type ConnectionPath, readPath } from '../../../sdk/src/rtc/path.ts'

const local = {
  id: 'L',
  type: 'local-candidate',
  candidateType: 'relay',
  protocol: 'udp',
  relayProtocol: 'tls',
  url: 'turns:a',
}
const remote = { id: 'R', type: 'remote-candidate', candidateType: 'srflx', protocol: 'udp' }
const other = { id: 'O', type: 'local-candidate', candidateType: 'host', protocol: 'udp' }
const pair = {
  id: 'P',
  type: 'candidate-pair',
  localCandidateId: 'L',
  remoteCandidateId: 'R',
  currentRoundTripTime: 0.25,
}
const path: ConnectionPath = {
  local: 'relay',
  remote: 'srflx',
  protocol: 'udp',
  relayProtocol: 'tls',
  url: 'turns:a',
  roundTrip: 250,
}

test('the pair that the transport names', () => {
  const unused = {
    id: 'Q',
    type: 'candidate-pair',
    localCandidateId: 'O',
    remoteCandidateId: 'R',
    nominated: true,
    state: 'succeeded',
  }
  expect(
    readPath([unused, pair, local, remote, other, { id: 'T', type: 'transport', selectedCandidatePairId: 'P' }]),
  ).toEqual(path)
})

test('the pair that is marked, where there are no transports', () => {
  expect(readPath([{ ...pair, selected: true }, local, remote])).toEqual(path)
  expect(readPath([{ ...pair, nominated: true, state: 'succeeded' }, local, remote])).toEqual(path)
})

test('none while nothing is chosen, or while its candidates are not known', () => {
  expect(readPath([])).toBeUndefined()
  expect(readPath([{ ...pair, nominated: true, state: 'in-progress' }, local, remote])).toBeUndefined()
  expect(readPath([{ ...pair, selected: true }, local])).toBeUndefined()
})
