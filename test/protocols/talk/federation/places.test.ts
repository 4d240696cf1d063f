/** Where a session is after each turn that a federated room can take, and that nothing waits for what is over. */
import { expect, test } from 'bun:test'
import { at, type JsonObject } from '../../../support/json.ts'
import { codeOf, inShort } from '../server.ts'
import { type Guest, guest, helloOf, welcome } from './guest.ts'
import { joinThere, pair } from './pair.ts'

const idOf = (said: readonly JsonObject[], type: string): string =>
  String(said.findLast((one) => one['type'] === type)?.['id'])
const roomIs = (roomid: string): JsonObject => ({ type: 'room', room: { roomid } })
const from = (sessionid: string, data: number): JsonObject => ({
  type: 'message',
  message: { sender: { type: 'room', sessionid }, data },
})
const timeout = 10_000

/** The link is lost, and a new one is there. */
function comeBack({ here, happens, link, orders }: Guest, until: 'dialled' | 'opened' = 'opened'): void {
  happens({ event: 'closed', link: link(), why: 'network', detail: 'cut' })
  here.world.pass(100)
  orders()
  if (until === 'opened') happens({ event: 'opened', link: link() })
}

test('[R80] another room that is refused is forgotten: the one of before goes on, for as long as anybody likes', () => {
  const { here, a, says, saidThere } = guest()
  a.say(joinThere('cave', 'my cave'))
  a.sends({ type: 'room' }, 'afterwards')
  const wish = idOf(saidThere(), 'room')
  says({ id: wish, type: 'error', error: { code: 'no_such_room', message: 'no' } })
  expect(a.hears().map(codeOf)).toEqual(['no_such_room'])
  expect(saidThere()).toMatchObject([{ type: 'message', message: { data: 'afterwards' } }])
  here.world.pass(timeout)
  says({ id: wish, ...roomIs('cave') })
  says(from('somebody', 1))
  expect(inShort(a.hears())).toEqual(['message'])
  // The same link takes the next wish.
  a.say(joinThere('attic', 'my attic'))
  const said = saidThere()
  says({ id: idOf(said, 'room'), ...roomIs('attic') })
  expect([said.length, inShort(a.hears()), here.state.federation.size]).toEqual([1, ['room'], 1])
})

test('[R80] only the same server with the same Nextcloud takes another room over its link', () => {
  for (const more of [{ url: 'https://three.example/' }, { signaling: 'https://elsewhere.example' }]) {
    const { a, orders } = guest()
    const { room, ...rest } = joinThere('cave', 'my cave')
    const { federation, ...names } = room as { readonly federation: JsonObject }
    a.say({ ...rest, room: { ...names, federation: { ...federation, ...more } } })
    expect(orders().map((order) => order.do)).toEqual(['dial'])
  }
})

test('[R80] names of rooms have 512 characters, tokens 16,384, and no more', () => {
  const { a, orders } = guest({}, 'dialling')
  const long = (length: number): string => 'x'.repeat(length)
  for (const [remote, local, token] of [
    [long(513), 'short', 'token'],
    ['short', long(513), 'token'],
    ['short', 'short', long(16_385)],
  ] as const) {
    const other = guest({}, 'dialling')
    other.b.say(joinThere(remote, local, token))
    expect([other.b.hears().map(codeOf), other.orders()]).toEqual([['invalid_format'], []])
  }
  const { here } = guest({}, 'dialling')
  here.user('zoe').say(joinThere(long(512), long(512), long(16_384)))
  expect(here.state.federation.size).toBe(2)
  expect([a.hears(), orders()]).toEqual([[], []])
})

test('[R87] each step of the way back has its time; then it is tried again', () => {
  for (const step of ['dialled', 'opened', 'welcome', 'hello'] as const) {
    const all = guest()
    const { here, a, says, orders, saidThere, happens, link } = all
    comeBack(all, step === 'dialled' ? 'dialled' : 'opened')
    const first = link()
    if (step === 'welcome' || step === 'hello') says(welcome)
    // To be somebody else there means to join anew, for which there is no answer.
    if (step === 'hello') says(helloOf(idOf(saidThere(), 'hello'), { sessionid: 'N'.repeat(40) }))
    orders()
    here.world.pass(timeout - 1)
    expect(orders()).toEqual([])
    here.world.pass(1)
    expect(orders()).toContainEqual({ do: 'hang-up', link: first })
    here.world.pass(400)
    expect(orders().map((order) => order.do)).toEqual(['dial'])
    expect(link()).not.toBe(first)
    // Of the link that was given up nothing is believed.
    happens({ event: 'received', link: first, text: JSON.stringify(from('somebody', 1)) })
    happens({ event: 'closed', link: first, why: 'network', detail: 'late' })
    expect(inShort(a.hears()).filter((one) => one.startsWith('message'))).toEqual([])
    expect([here.state.federation.size, a.closed()]).toEqual([1, undefined])
  }
})

test('[R87] once back, nothing is due any more, and all of it is noted', () => {
  const all = guest()
  const { here, a, says, saidThere, orders } = all
  comeBack(all)
  says(welcome)
  says(helloOf(idOf(saidThere(), 'hello')))
  orders()
  here.world.pass(timeout * 2)
  expect(inShort(a.hears())).toEqual(['event room federation_interrupted', 'event room federation_resumed'])
  expect(orders()).toEqual([])
  a.say({ type: 'room', room: { roomid: '' } })
  const facts = here.world.facts.map(({ fact }) => fact).filter((fact) => fact.startsWith('federation-'))
  expect(facts).toEqual(['federation-joined', 'federation-interrupted', 'federation-resumed', 'federation-left'])
})

test('[R87] a server that has us there already after it forgot us: what was said meanwhile follows', () => {
  for (const answer of [roomIs('den'), { type: 'error', error: { code: 'already_joined', message: '' } }]) {
    const all = guest()
    const { a, says, saidThere } = all
    comeBack(all)
    says(welcome)
    says(helloOf(idOf(saidThere(), 'hello'), { sessionid: 'N'.repeat(40) }))
    a.sends({ type: 'room' }, 'meanwhile')
    const said = saidThere()
    expect(said.map((one) => one['type'])).toEqual(['room'])
    says({ id: idOf(said, 'room'), ...answer })
    expect(saidThere()).toMatchObject([{ type: 'message', message: { data: 'meanwhile' } }])
  }
})

test('[R80] a hello with another id than ours is none', () => {
  const { a, says, saidThere } = guest({}, 'hello')
  saidThere()
  says(helloOf('another'))
  says({ id: 'another', type: 'error', error: { code: 'invalid_token', message: '' } })
  expect([a.hears(), saidThere()]).toEqual([[], []])
})

test('[R88] a session that is unknown there before it ever was is a refusal like any other', () => {
  const { here, a, says, saidThere } = guest({}, 'hello')
  says({ id: idOf(saidThere(), 'hello'), type: 'error', error: { code: 'no_such_session', message: '' } })
  expect([a.hears().map(codeOf), here.state.federation.size]).toEqual([['no_such_session'], 0])
  expect(here.world.facts).toContainEqual(
    expect.objectContaining({ fact: 'federation-failed', code: 'no_such_session' }),
  )
})

test('[R80] a farewell is said to whoever has heard our hello, and to nobody else', () => {
  for (const [stay, isSaid] of [
    ['dialling', false],
    ['welcome', false],
    ['joining', true],
    ['joined', true],
  ] as const) {
    const { a, orders, link } = guest({}, stay)
    orders()
    a.say({ type: 'bye' })
    a.loses()
    const farewell = { do: 'send', link: link(), text: '{"type":"bye"}' } as const
    const hangUp = { do: 'hang-up', link: link() } as const
    expect(orders()).toEqual(isSaid ? [farewell, hangUp] : [hangUp])
  }
})

test('[R91] who has left has his links back', () => {
  const { here, a, orders } = guest({ federation: () => ({ timeout, maxLinks: 10, maxLinksPerUser: 1 }) })
  for (let turn = 0; turn < 3; turn++) {
    // Whoever is on his way is heard again when he has come back.
    a.loses()
    a.returns()
    a.say({ type: 'room', room: { roomid: '' } })
    orders()
    a.hears()
    a.say(joinThere('den', 'my den'))
    expect([a.hears(), orders().map((order) => order.do)]).toEqual([[], ['dial']])
  }
  expect(here.state.federation.size).toBe(1)
})

test('[R90] a bye of any shape is a link that broke', () => {
  for (const bye of [null, 7, 'room_session_reconnected', {}, { reason: 1 }]) {
    const { a, says } = guest()
    says({ type: 'bye', bye })
    expect(inShort(a.hears())).toEqual(['event room federation_interrupted'])
  }
})

test('[R89] whoever was in another room there is not among those who are told of after a resume', () => {
  const both = pair()
  const [b, c] = both.room(1)
  c.joins('cave')
  const a = both.user('alice')
  both.joins(a)
  both.pass(100)
  both.joins(a, 'cave', 'my cave')
  both.pass(100)
  a.hears()
  const list = a.returns().find((message) => at(message, 'event', 'type') === 'join')
  const ids = (at(list, 'event', 'join') as readonly JsonObject[]).map(({ sessionid }) => sessionid)
  expect([ids.includes(a.id), ids.includes(c.id), ids.includes(b.id)]).toEqual([true, true, false])
})

test('[R89] nor is whoever was there before the other server forgot us', () => {
  const all = guest()
  const { a, says, saidThere } = all
  const join = (sessionid: string): JsonObject => ({
    type: 'event',
    event: { target: 'room', type: 'join', join: [{ sessionid, userid: '' }] },
  })
  says(join('before'))
  comeBack(all)
  says(welcome)
  says(helloOf(idOf(saidThere(), 'hello'), { sessionid: 'N'.repeat(40) }))
  says({ id: idOf(saidThere(), 'room'), ...roomIs('den') })
  says(join('after'))
  a.hears()
  expect(at(a.returns().at(-1), 'event', 'join')).toEqual([{ sessionid: 'after', userid: '' }])
})

test('[R88] guests are expected in a room again once theirs is lost or closed to them, and not before', () => {
  for (const end of ['refused', 'let go', 'kept'] as const) {
    const { here, says, orders, happens, link, saidThere } = guest()
    const visitor = here.guest()
    visitor.say(joinThere('den', 'my den'))
    orders()
    happens({ event: 'opened', link: link() })
    says(welcome)
    says(helloOf(idOf(saidThere(), 'hello'), { sessionid: 'V'.repeat(40) }))
    const id = idOf(saidThere(), 'room')
    if (end === 'refused') says({ id, type: 'error', error: { code: 'no_such_room', message: '' } })
    else says({ id, ...roomIs('den') })
    if (end === 'let go') says(roomIs(''))
    visitor.hears()
    here.world.pass(9_999)
    expect(visitor.hears()).toEqual([])
    here.world.pass(1)
    expect(inShort(visitor.hears())).toEqual(end === 'kept' ? [] : ['bye room_join_timeout'])
  }
})
