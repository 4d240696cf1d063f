/** TLS: certificates that are renewed while somebody is connected, and connections that never become TLS. */
import { afterAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TurnListener } from '../../../../src/io/turn/world.ts'
import { selfSigned } from '../../../support/self-signed.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { binding } from './plain.ts'
import { patient, startStage, tlsListener } from './stage.ts'

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())
const [first, second] = [selfSigned('first.example'), selfSigned('second.example')]
const tls = () => tlsListener(folder, first)

/** Whose certificate a new connection is shown, and what was agreed. */
function greeted(port: number, options: { readonly ALPNProtocols?: string[] } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

/** Sends octets to the port, and resolves when the connection is closed. */
function closedAfter(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.on('data', () => {})
    socket.once('close', () => resolve())
    socket.once('connect', () => socket.write(bytes))
  })
}

describe('a certificate', () => {
  test('is taken over when the files change, and who is connected stays', async () => {
    const listener = tls()
    await using stage = await startStage({ listener })
    expect((await stage.told('certificate-loaded')).file).toBe(listener.certificate)
    expect(await greeted(stage.port)).toBe('first.example')
    const client = await stage.client()
    await client.allocate()
    writeFileSync(listener.certificate, second.cert)
    writeFileSync(listener.key, second.key)
    await stage.told('certificate-loaded', 2)
    expect(await greeted(stage.port)).toBe('second.example')
    const answer = await client.ask('refresh', (writer) => writer.put('lifetime', 600))
    expect(typeof answer === 'string' ? answer : answer.messageClass).toBe('success')
  })

  test('that does not fit its key, or is none, is told, and the one before stays', async () => {
    const listener = tls()
    await using stage = await startStage({ listener })
    writeFileSync(listener.certificate, second.cert)
    expect((await stage.told('certificate-unusable')).error).toContain(listener.key)
    writeFileSync(listener.certificate, 'nonsense')
    await stage.told('certificate-unusable', 2)
    expect(await greeted(stage.port)).toBe('first.example')
  })

  test('that cannot be used at the start is an error that names it', async () => {
    const listener = tls()
    writeFileSync(listener.key, second.key)
    await expect(startStage({ listener })).rejects.toThrow(listener.certificate)
    await expect(startStage({ listener: { ...listener, certificate: '/nowhere/cert.pem' } })).rejects.toThrow(
      '/nowhere/cert.pem',
    )
  })
})

describe('on the port for TLS', () => {
  for (const [what, bytes] of [
    ['plain STUN', binding()],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['noise', Buffer.alloc(4_096, 0xee)],
    ['a hello that is garbled', Buffer.from(`1603010040${'01'.repeat(64)}`, 'hex')],
  ] as const) {
    test(`${what} ends its connection and nothing else`, async () => {
      await using stage = await startStage({ listener: tls() })
      await closedAfter(stage.port, bytes)
      expect((await stage.told('turn-connection-refused')).why).toBe('tls handshake')
      expect(await greeted(stage.port)).toBe('first.example')
      while (stage.counter('clientConnections') > 0) await Bun.sleep(1)
    })
  }

  test('half a hello is waited for only so long', async () => {
    await using stage = await startStage({ listener: tls(), limits: { ...patient, handshake: 100, parting: 100 } })
    await closedAfter(stage.port, Buffer.from('16030100c8010000', 'hex'))
    expect((await stage.told('turn-connection-refused')).why).toBe('tls handshake')
    while (stage.counter('clientConnections') > 0) await Bun.sleep(1)
  })

  test('who offers ALPN is welcome whatever it is', async () => {
    await using stage = await startStage({ listener: tls() })
    expect(await greeted(stage.port, { ALPNProtocols: ['stun.turn'] })).toBe('first.example')
    expect(await greeted(stage.port, { ALPNProtocols: ['http/1.1'] })).toBe('first.example')
  })
})

test('a port that somebody else has is an error', async () => {
  const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const listener: TurnListener = { transport: 'tcp', host: '127.0.0.1', port: taken.port }
  await expect(startStage({ listener })).rejects.toThrow('listen')
  taken.stop()
})

test('two workers share a port', async () => {
  await using one = await startStage()
  await using other = await startStage({ listener: { transport: 'tcp', host: '127.0.0.1', port: one.port } })
  const answered = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const client = await other.client()
      return typeof (await client.ask('binding', () => {}, { as: 'none' }))
    }),
  )
  expect(new Set(answered)).toEqual(new Set(['object']))
  expect(one.counter('clientConnections') + other.counter('clientConnections')).toBe(16)
})
