/** The load client of Debian's package: connects, greets, and sends messages between its sessions until it is stopped. */
import type { Child } from './child.ts'
import { startChild } from './child.ts'
import { debian } from './deb.ts'

export interface ClientRates {
  readonly sent: number
  readonly sentPerSecond: number
  readonly received: number
  readonly receivedPerSecond: number
}

/** Its auth server checks signatures with `[backend] secret`; the keys for its ids come from `[sessions]`, all of the server's own file. */
export function startOriginalClient(address: string, configFile: string, clients: number): Child {
  return startChild([debian.signalingClient.path, '-addr', address, '-config', configFile, '-maxClients', `${clients}`])
}

const line = /Stats: sent=(\d+) \((\d+)\/sec\), recv=(\d+) \((\d+)\/sec\)/

/** Waits for its next report, which comes every ten seconds. */
export async function clientRates(client: Child): Promise<ClientRates> {
  const [, sent, sentPerSecond, received, receivedPerSecond] = await client.said(line, 20_000)
  return {
    sent: Number(sent),
    sentPerSecond: Number(sentPerSecond),
    received: Number(received),
    receivedPerSecond: Number(receivedPerSecond),
  }
}
