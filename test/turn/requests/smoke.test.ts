import { expect, test } from 'bun:test'
import { endAll, expectNothingLeft, peer, stage } from './stage.ts'

test('smoke', () => {
  const s = stage()
  const alice = s.client()
  expect(alice.plain('binding')?.message.get('xorMappedAddress')).toEqual(alice.client.address)
  expect(alice.plain('allocate')?.code).toBe(400)
  const got = alice.allocate()
  expect(got?.kind).toBe('success')
  expect(got?.message.get('lifetime')).toBe(600)
  expect(alice.ask('createPermission', (w) => w.put('xorPeerAddress', peer))?.kind).toBe('success')
  expect(alice.ask('channelBind', (w) => w.put('channelNumber', 0x4000).put('xorPeerAddress', peer))?.kind).toBe(
    'success',
  )
  alice.indicate('send', (w) => w.put('xorPeerAddress', peer).put('data', new Uint8Array([1, 2, 3])))
  expect(s.sent[0]?.data).toEqual(new Uint8Array([1, 2, 3]))
  expect(alice.ask('refresh', (w) => w.put('lifetime', 0))?.message.get('lifetime')).toBe(0)
  expectNothingLeft(s)
  endAll(s)
})
