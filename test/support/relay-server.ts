/** Our server with a relay, in this process, on a port of its own. */
import { connectRelay, type RelayClient } from './relay-client.ts'
import { type ServerInProcess, startInProcess } from './server-in-process.ts'

export interface RelayUnderTest extends ServerInProcess {
  connect(room?: string): Promise<RelayClient>
  /** Connects and says who it is; what is said about that has been heard, and is answered too. */
  enter(name: string, room?: string): Promise<RelayClient>
}

export const authenticate = (username: string, password: string): unknown => ({
  event: 'authenticate',
  data: { username, password },
})

/** `settings` are lines of `[relay]`, and of sections after it. Users: ann, ben and cas with `pw-` and the name. */
export async function startRelayServer(settings = ''): Promise<RelayUnderTest> {
  const users = /^authurl/m.test(settings) ? '' : 'users = ann:pw-ann, ben:pw-ben, cas:pw-cas\n'
  const server = await startInProcess(`[relay]\n${users}${settings}\n`)
  const connect = (room = 'den'): Promise<RelayClient> => connectRelay(`ws://${server.address}/websocket/${room}`)
  return {
    ...server,
    connect,
    async enter(name, room) {
      const client = await connect(room)
      client.say(authenticate(name, `pw-${name}`))
      await client.next()
      return client
    },
  }
}
