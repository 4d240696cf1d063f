import { expect, test } from 'bun:test'
import { planThreads } from '../../../src/io/turn/thread-plan.ts'
import type { TurnListener } from '../../../src/io/turn/world.ts'

const udp: TurnListener = { transport: 'udp', host: '127.0.0.1', port: 3478 }
const tcp: TurnListener = { transport: 'tcp', host: '127.0.0.1', port: 3478 }
const tls: TurnListener = { transport: 'tls', host: '127.0.0.1', port: 5349, certificate: 'c', key: 'k' }
const usual = { listeners: [udp, tcp, tls], workers: 4, path: 'batch', tcpRelay: false } as const

test('raw sockets for UDP, the others for streams, both by all threads', () => {
  expect(planThreads(usual)).toEqual([
    { path: 'batch', threads: 4, listeners: [udp] },
    { path: 'portable', threads: 4, listeners: [tcp, tls] },
  ])
})

test('without raw sockets one thread has UDP for itself, because the port cannot be shared', () => {
  expect(planThreads({ ...usual, path: 'portable' })).toEqual([
    { path: 'portable', threads: 1, listeners: [udp] },
    { path: 'portable', threads: 4, listeners: [tcp, tls] },
  ])
})

test('with relaying over TCP all streams go to one thread, because the connections of a client belong together', () => {
  expect(planThreads({ ...usual, tcpRelay: true })).toEqual([
    { path: 'batch', threads: 4, listeners: [udp] },
    { path: 'portable', threads: 1, listeners: [tcp, tls] },
  ])
})

test('nobody is started for what is not there', () => {
  expect(planThreads({ ...usual, listeners: [tls] })).toEqual([{ path: 'portable', threads: 4, listeners: [tls] }])
  expect(planThreads({ ...usual, listeners: [udp] })).toEqual([{ path: 'batch', threads: 4, listeners: [udp] }])
})
