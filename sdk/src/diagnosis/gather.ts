/** Whether a STUN or TURN server gives a candidate, found out by a peer connection that is connected to nobody. */
import type { World } from '../core/world.ts'

export interface Candidates {
  readonly kind: 'stun' | 'turn-udp' | 'turn-tcp' | 'turn-tls'
  readonly servers: readonly RTCIceServer[]
  readonly Connection: new (configuration?: RTCConfiguration) => RTCPeerConnection
  readonly world: World
  readonly timeout: number
}

/** The candidate's address; fails with what the servers said. */
export async function gather({ kind, servers, Connection, world, timeout }: Candidates): Promise<string> {
  const wanted = kind === 'stun' ? 'srflx' : 'relay'
  const connection = new Connection({
    iceServers: [...servers],
    iceTransportPolicy: kind === 'stun' ? 'all' : 'relay',
  })
  const faults = new Set<string>()
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (why: string) => reject(new Error([why, ...faults].join('; ')))
      const cancel = world.after(timeout, () => fail(`no ${wanted} candidate within ${timeout} ms`))
      connection.addEventListener('icecandidate', ({ candidate }) => {
        const found = readCandidate(candidate?.candidate ?? '')
        if (found?.kind === wanted) {
          cancel()
          resolve(found.address)
        } else if (!candidate) {
          cancel()
          fail(`no ${wanted} candidate`)
        }
      })
      connection.addEventListener('icecandidateerror', ({ errorCode, errorText }) => {
        faults.add(`${errorCode} ${errorText}`.trimEnd())
      })
      connection.createDataChannel('check')
      connection.setLocalDescription().catch(reject)
    })
  } finally {
    connection.close()
  }
}

/** `candidate:<foundation> <component> <protocol> <priority> <address> <port> typ <kind>` (RFC 8839). */
export function readCandidate(text: string): { readonly kind: string; readonly address: string } | undefined {
  const words = text.split(' ')
  const kind = words[words.indexOf('typ') + 1]
  const [address, port] = [words[4], words[5]]
  if (kind === undefined || address === undefined || port === undefined) return undefined
  return { kind, address: `${address.includes(':') ? `[${address}]` : address}:${port}` }
}
