/** What `heliograph serve` without a file tells whoever started it: where it is, and the secrets of this start. */
import type { Config } from '../config/config.ts'

export function developmentNotice({ talk, clients, turnServer, relay, admission }: Config): string {
  const secret = talk.kind === 'on' ? talk.backends[0]?.secret : undefined
  const turnSecret = turnServer.kind === 'on' ? turnServer.secrets[0] : undefined
  const appPassword = admission.kind === 'on' ? admission.appPassword : undefined
  const users = relay.kind === 'on' ? relay.users.map(({ name, password }) => `${name} ${password}`) : []
  return `heliograph runs in development mode, for this machine only.

  A call, in two tabs:          http://127.0.0.1:8080/demo
  Check:                        curl -i http://127.0.0.1:8080/api/v1/welcome
  In Nextcloud's Talk settings: server http://127.0.0.1:8080, shared secret ${secret ?? ''}
  Internal clients:             secret ${clients.internalSecret ?? ''}
  TURN in Talk's settings:      server 127.0.0.1:3478, UDP and TCP, secret ${turnSecret ?? ''}
  TURN for a page of your own:  curl http://127.0.0.1:8080/ice
  Relay, and TURN:              ws://127.0.0.1:8080/websocket/ROOM, users and passwords ${users.join(', ')}
  Admission (Socket.IO):        curl http://127.0.0.1:8080/app -d app=test -d password=${appPassword ?? ''}

The secrets are new at every start. For more than trying it out: heliograph serve --config server.conf
`
}
