/** Words of any shape, at any time, and people who claim to be others: no fault, and nobody is touched but who asked. */
import { expect, test } from 'bun:test'
import { sessionId } from '../../../../src/core/ids.ts'
import { at, type JsonObject } from '../../../support/json.ts'
import { inShort } from '../server.ts'
import { guest, helloOf, isUnharmed, welcome } from './guest.ts'
import { joinThere } from './pair.ts'

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
/** No text can be made of it. */
const noText: JsonObject = { toString: 1, valueOf: 1 }

test('[R90] kinds that are no text are no fault', () => {
  const { here, a, says } = guest()
  for (const [target, type] of [
    [noText, 'join'],
    ['room', noText],
    [['room'], 'join'],
  ] as const) {
    says({ type: 'event', event: { target, type, join: [{ sessionid: 'x', userid: '' }] } })
  }
  expect(a.hears()).toEqual([])
  expect(here.world.facts.at(-1)).toMatchObject({ fact: 'federation-message-refused', why: 'malformed' })
})

test.each(['hello', 'joining'] as const)('[R88] details of a refusal are of any shape: %s', (stay) => {
  for (const [details, isTold] of [
    [`{"message":${JSON.stringify(noText)}}`, true],
    [`{"n":12345678901234567890}`, true],
    [deep(4_000), true],
    [deep(100_000), false],
    ['null', false],
  ] as const) {
    const { here, a, b, says, saidThere } = guest({}, stay)
    const id = JSON.stringify(saidThere()[0]?.['id'])
    says(`{"id":${id},"type":"error","error":{"code":"invalid_token","message":"no","details":${details}}}`)
    const [text] = here.world.hear(a.connection)
    expect(text).toBe(
      `{"id":"to my den","type":"error","error":{"code":"invalid_token","message":"no"${isTold ? `,"details":${details}` : ''}}}`,
    )
    isUnharmed(here, a, b)
  }
})

test('[R90] whoever is there already is told the room, and nothing that only looks like it', () => {
  const { here, a, says, saidThere } = guest({}, 'joining')
  const id = JSON.stringify(saidThere()[0]?.['id'])
  const room = `{"roomid":"den","properties":{"n":12345678901234567890},"else":${deep(100_000)}}`
  says(`{"id":${id},"type":"error","error":{"code":"already_joined","message":"x","details":{"room":${room}}}}`)
  const [text] = here.world.hear(a.connection)
  expect(text).toContain('"code":"already_joined"')
  expect(text).toEndWith('"details":{"room":{"roomid":"my den","properties":{"n":12345678901234567890}}}}}')
  expect(here.state.federation.of(sessionId(a.id))?.phase).toBe('joined')
})

test('[R84] numbers keep their digits wherever they stand, and keys their names', () => {
  const { here, a, says } = guest()
  const n = '12345678901234567890.10'
  const odd = `{"n":${n},"__proto__":{"x":1},"constructor":1e400}`
  for (const [target, type, body] of [
    ['room', 'join', `[{"sessionid":"x","userid":"","user":${odd}}]`],
    ['room', 'switchto', `{"roomid":"den","details":${odd}}`],
    ['room', 'message', `{"roomid":"den","data":{"type":"chat","chat":{"comment":{"id":${n},"x":${odd}}}}}`],
    ['roomlist', 'update', `{"roomid":"den","properties":${odd}}`],
    ['participants', 'update', `{"roomid":"den","users":[{"sessionId":"x","x":${odd}}]}`],
  ] as const) {
    says(`{"type":"event","event":{"target":"${target}","type":"${type}","${type}":${body}}}`)
    const [text] = here.world.hear(a.connection)
    expect(text).toContain(odd)
  }
  says(`{"type":"error","error":{"code":"x","message":"y","details":${odd}}}`)
  expect(here.world.hear(a.connection)[0]).toContain(odd)
})

test('[R90] a number with many digits is not what it stands for', () => {
  const { a, says } = guest()
  const n = '12345678901234567890'
  says(`{"type":"event","event":{"target":"room","type":"join","join":[${n}]}}`)
  says(`{"type":"event","event":{"target":"participants","type":"update","update":${n}}}`)
  says(
    `{"type":"event","event":{"target":"participants","type":"flags","flags":{"roomid":"den","sessionid":"x","flags":${n}}}}`,
  )
  expect(a.hears()).toEqual([])
  says(`{"type":"event","event":{"target":"room","type":"join","join":[{"sessionid":"x","user":${n}}]}}`)
  expect(at(a.hears()[0], 'event', 'join')).toEqual([{ sessionid: 'x', userid: '' }])
})

test('[R85] the seat of somebody else is not to be had by naming it', () => {
  const { here, a, says, happens, link, saidThere } = guest()
  const thief = here.user('mallory')
  thief.say(joinThere('den', 'my den'))
  saidThere()
  happens({ event: 'opened', link: link() })
  says(welcome)
  says(helloOf(saidThere()[0]?.['id'], { sessionid: 'S'.repeat(40) }))
  says({ id: saidThere()[0]?.['id'] ?? '', type: 'room', room: { roomid: 'den' } })
  expect(inShort(thief.hears())).toEqual(['room'])
  expect([a.hears(), a.closed(), here.state.federation.size]).toEqual([[], undefined, 2])
})

test('[R88] a wish for another room is answered when the other server lets the session go', () => {
  for (const last of [
    {
      type: 'event',
      event: { target: 'roomlist', type: 'disinvite', disinvite: { roomid: 'den', reason: 'deleted' } },
    },
    { type: 'room', room: { roomid: '' } },
  ] as const) {
    const { here, a, b, says } = guest()
    a.say(joinThere('cave', 'my cave'))
    a.sends({ type: 'session', sessionid: b.id }, 'afterwards')
    says(last)
    const heard = a.hears()
    expect(inShort(heard).slice(-1)).toEqual(['error federation_error'])
    expect(at(heard.at(-1), 'id')).toBe('to my cave')
    expect(inShort(b.hears())).toEqual(['message'])
    expect(here.state.federation.size).toBe(0)
  }
})

test('[R80] a guest who gives up a join is expected in a room again', () => {
  const { here, orders, happens, link } = guest()
  const visitor = here.guest()
  visitor.say(joinThere('den', 'my den'))
  orders()
  happens({ event: 'opened', link: link() })
  visitor.loses()
  visitor.returns()
  visitor.say({ type: 'room', room: { roomid: '' } })
  expect(here.state.federation.size).toBe(1)
  here.world.pass(10_000)
  expect(inShort(visitor.hears())).toEqual(['room', 'bye room_join_timeout'])
})

test('[R90] our own people are ours by whichever URL of our Nextcloud they came', () => {
  const { here, a, says } = guest()
  const carl = here.visitor()
  const url = 'https://one.example/ocs/v2.php/apps/spreed/api/v3/signaling/backend'
  carl.hello({ version: '1.0', auth: { url, params: { userid: 'carl' } } })
  says({ type: 'message', message: { sender: { type: 'room', sessionid: carl.id }, data: 1 } })
  expect([a.hears(), here.world.facts.at(-1)]).toMatchObject([[], { why: 'names a session of ours' }])
})
