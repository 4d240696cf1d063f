/** A few lines of a Talk server, enough for the load generator to be tried on: it asks no backend and relays what it is told to. */

import type { ServerWebSocket } from 'bun'

export interface TinyTalk {
  readonly url: URL
  stop(): Promise<void>
}

interface Member {
  readonly sessionId: string
  userId: string
}

export function startTinyTalk(): TinyTalk {
  const sockets = new Map<string, ServerWebSocket<Member>>()
  const room = new Set<ServerWebSocket<Member>>()
  let count = 0
  const server = Bun.serve<Member>({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, upgrade) {
      count += 1
      const data = { sessionId: `session-${count}`, userId: '' }
      return upgrade.upgrade(request, { data }) ? undefined : new Response('', { status: 400 })
    },
    websocket: {
      open(socket) {
        sockets.set(socket.data.sessionId, socket)
        socket.ping('hello')
        socket.send('{"type":"welcome","welcome":{"version":"0","features":[]}}')
      },
      message(socket, text) {
        const message = JSON.parse(String(text))
        if (message.type === 'hello') {
          socket.data.userId = message.hello.auth.params.userid
          socket.send(JSON.stringify({ id: message.id, type: 'hello', hello: { sessionid: socket.data.sessionId } }))
        } else if (message.type === 'room') {
          enter(socket, message.id)
        } else if (message.type === 'message') {
          relay(socket, message.message)
        }
      },
      close(socket) {
        sockets.delete(socket.data.sessionId)
        room.delete(socket)
      },
    },
  })
  return { url: new URL(`ws://127.0.0.1:${server.port}/spreed`), stop: () => server.stop(true) }

  function enter(socket: ServerWebSocket<Member>, id: string): void {
    socket.send(JSON.stringify({ id, type: 'room', room: { roomid: 'r', properties: {} } }))
    room.add(socket)
    for (const member of room) member.send(joinEvent([socket]))
    socket.send(joinEvent([...room]))
  }

  function joinEvent(members: readonly ServerWebSocket<Member>[]): string {
    const join = members.map(({ data }) => ({ sessionid: data.sessionId, userid: data.userId }))
    return JSON.stringify({ type: 'event', event: { target: 'room', type: 'join', join } })
  }

  function relay(
    from: ServerWebSocket<Member>,
    { recipient, data }: { recipient: Record<string, string>; data: unknown },
  ) {
    const sender = { type: recipient['type'], sessionid: from.data.sessionId, userid: from.data.userId }
    const text = JSON.stringify({ type: 'message', message: { sender, data } })
    if (recipient['type'] === 'session') sockets.get(recipient['sessionid'] ?? '')?.send(text)
    else for (const member of room) if (member !== from) member.send(text)
  }
}
