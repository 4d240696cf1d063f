/** A client with what it takes to answer it: the machine hands it back as it got it. */
import type { Client } from '../../../turn/five-tuple.ts'
import type { LocalAddress } from './local-address.ts'

export interface SeenClient extends Client {
  /** Of a link-local address. */
  readonly scope: number
  /** On a wildcard listener. */
  readonly local: LocalAddress | undefined
}

export function seen(client: Client): SeenClient {
  return 'scope' in client ? (client as SeenClient) : { ...client, scope: 0, local: undefined }
}
