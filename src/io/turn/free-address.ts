/** Whether anybody else listens where we want to: our own threads share ports, which would let in a second server as well. */
import type { TurnListener } from './world.ts'

/** Rejects as listening would without sharing. */
export async function requireFree({ transport, host, port }: TurnListener): Promise<void> {
  if (port === 0) return
  try {
    if (transport === 'udp') (await Bun.udpSocket({ hostname: host, port })).close()
    else Bun.listen({ hostname: host, port, socket: { data() {} } }).stop(true)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = code === 'EADDRINUSE' ? 'another program listens there' : String(error)
    throw Object.assign(new Error(`[turn-server] cannot listen on ${host} port ${port} (${transport}): ${why}`), {
      code,
    })
  }
}
