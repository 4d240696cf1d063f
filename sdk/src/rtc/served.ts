/** A peer connection that is told its ICE servers before it offers or answers, and the next ones before those end. */
import type { IceServers } from './ice-servers.ts'

export interface ServedOptions {
  readonly connection: Pick<RTCPeerConnection, 'setConfiguration'>
  readonly servers: IceServers
  /** What else the connection was told when it was made. */
  readonly configuration: Omit<RTCConfiguration, 'iceServers'>
  readonly ended: AbortSignal
  readonly failed: (thrown: unknown) => void
}

/** Resolves when the connection has what can be had. */
export async function serveIce({ connection, servers, configuration, ended, failed }: ServedOptions): Promise<void> {
  const use = (list: readonly RTCIceServer[]) => {
    if (ended.aborted || list.length === 0) return
    connection.setConfiguration({ ...configuration, iceServers: [...list] })
  }
  try {
    use((await servers.get()).iceServers)
  } catch (thrown) {
    // Without relays it may still work.
    failed(thrown)
  }
  if (ended.aborted) return
  const stop = servers.follow((set) => use(set.iceServers))
  ended.addEventListener('abort', stop)
}
