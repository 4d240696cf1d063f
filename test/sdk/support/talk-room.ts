/** A client of Talk in a room, with the test as its server. */
import { expect } from 'bun:test'
import {
  fullJitter,
  TalkClient,
  type TalkClientOptions,
  type TalkRoom,
  type TalkSettings,
} from '../../../sdk/src/index.ts'
import { type VirtualWorld, virtualWorld } from './virtual-world.ts'

export const settings: TalkSettings = {
  server: 'https://signaling.example/standalone/',
  backend: 'https://cloud.example',
  helloAuthParams: { '1.0': { userid: 'alice', ticket: 'T' } },
}

export interface ClientInWorld {
  readonly world: VirtualWorld
  readonly talk: TalkClient
}

export interface ClientInRoom extends ClientInWorld {
  readonly room: TalkRoom
  /** Who came and went. */
  readonly story: string[]
}

export function client(options: Partial<TalkClientOptions> = {}): ClientInWorld {
  const world = virtualWorld()
  const talk = new TalkClient({
    settings,
    world,
    keepAlive: 0,
    reconnect: fullJitter({ base: 1_000, shouldReconnect: () => true }),
    ...options,
  })
  talk.connect()
  return { world, talk }
}

export const welcome = (...features: string[]): object => ({ type: 'welcome', welcome: { version: '1', features } })

/** Opens the socket, answers the hello that comes, and answers it. */
export async function hello(world: VirtualWorld, sessionid: string, ...features: string[]): Promise<unknown> {
  await world.settled()
  world.socket().open()
  world.socket().say(welcome())
  const [said] = world.socket().heard() as { readonly id: string; readonly hello: unknown }[]
  const answer = { sessionid, resumeid: `resume ${sessionid}`, userid: 'alice', server: { features } }
  world.socket().say({ id: said?.id, type: 'hello', hello: answer })
  await world.settled()
  return said?.hello
}

export const join = (...ids: string[]): object => ({
  type: 'event',
  event: { target: 'room', type: 'join', join: ids.map((sessionid) => ({ sessionid, userid: `user ${sessionid}` })) },
})
export const leave = (...ids: string[]): object => ({
  type: 'event',
  event: { target: 'room', type: 'leave', leave: ids },
})

/** Answers the request to join, tells who is there, and what else was asked. */
export async function answerJoin(world: VirtualWorld, self: string, ...others: string[]): Promise<void> {
  await world.settled()
  const [request] = world.socket().heard() as { readonly id: string; readonly type: string; readonly room: object }[]
  expect(request?.type).toBe('room')
  world.socket().say({ id: request?.id, type: 'room', room: { ...request?.room, properties: { name: 'Den' } } })
  world.socket().say(join(self))
  if (others.length > 0) world.socket().say(join(...others))
  await answerProbe(world)
}

async function answerProbe(world: VirtualWorld): Promise<void> {
  await world.settled()
  const [probe] = world.socket().heard() as { readonly id: string }[]
  world.socket().say({ id: probe?.id, type: 'error', error: { code: 'ignored', message: '' } })
  await world.settled()
}

/** S1, with A and B. */
export async function inRoom(options: Partial<TalkClientOptions> = {}, ...features: string[]): Promise<ClientInRoom> {
  const all = client(options)
  await hello(all.world, 'S1', ...features)
  const joining = all.talk.join('den', { session: 'rsid' })
  await answerJoin(all.world, 'S1', 'A', 'B')
  const room = await joining
  const story: string[] = []
  for (const name of ['joined', 'left'] as const) room.on(name, ({ id }) => story.push(`${name} ${id}`))
  return { ...all, room, story }
}
