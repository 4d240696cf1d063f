/** Whether anybody else listens where we want to: our own threads share ports, which would let in a second server as well. */
import type { TurnListener } from './world.ts'

/** Rejects, and says what to do, where listening without sharing would fail. */
export async function requireFree({ transport, host, port }: TurnListener): Promise<void> {
  if (port === 0) return
  try {
    if (transport === 'udp') (await Bun.udpSocket({ hostname: host, port })).close()
    else Bun.listen({ hostname: host, port, socket: { data() {} } }).stop(true)
  } catch (error) {
    const key = transport === 'tls' ? 'tlslisten' : 'listen'
    throw new Error(
      `${transport} port ${port} of ${host} cannot be had: ${reason(error)} or change [turn-server] ${key}`,
    )
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'another program listens there: stop it'
  if (code === 'EACCES') return 'ports below 1024 need a privilege: grant it'
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address: add it'
  return `${error instanceof Error ? error.message : String(error)}: see to it`
}
