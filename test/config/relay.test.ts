import { describe, expect, test } from 'bun:test'
import { withRelayUsers } from '../../src/config/relay.ts'
import { configOf, load, smallest, told } from './support.ts'

const secret = 'webhooksecret = 0123456789abcdef\n'

describe('[relay]', () => {
  test('is off without the section, and has its defaults with it', () => {
    expect(configOf(smallest).relay).toEqual({ kind: 'off' })
    expect(configOf(`${smallest}[relay]\nusers = ann:pw, ben:p:w`).relay).toEqual({
      kind: 'on',
      path: '/websocket',
      users: [
        { name: 'ann', password: 'pw' },
        { name: 'ben', password: 'p:w' },
      ],
      authUrl: undefined,
      authTimeout: 10_000,
      idleTimeout: 60_000,
      maxMessage: 65_536,
      revision: 1,
      hooks: { create: undefined, join: undefined, leave: undefined },
      hookSecret: undefined,
      hookTimeout: 10_000,
      outboxFolder: undefined,
    })
  })

  test('takes every setting', () => {
    const text = `[relay]
      path = /ws/
      authurl = http://app/auth
      authtimeout = 0.3
      idletimeout = 0
      maxmessage = 2048
      revision = 2
      joincallback = http://app/hook
      leavecallback = http://app/hook?x=1
      ${secret}
      webhooktimeout = 2
      outboxfolder = /var/lib/heliograph
    `
    expect(configOf(smallest + text).relay).toMatchObject({
      path: '/ws',
      authUrl: 'http://app/auth',
      authTimeout: 300,
      idleTimeout: 0,
      maxMessage: 2048,
      revision: 2,
      hooks: { create: undefined, join: 'http://app/hook', leave: 'http://app/hook?x=1' },
      hookSecret: '0123456789abcdef',
      hookTimeout: 2_000,
      outboxFolder: '/var/lib/heliograph',
    })
  })

  test.each([
    ['', '[relay] users: is missing, authurl too'],
    ['users = ann', '[relay] users: this value is not usable'],
    ['users = a:b\nrevision = 3', '"3" is not usable; allowed: 1 or 2'],
    ['users = a:b\npath = x', '"x" is not usable; allowed: a path of a url'],
    ['users = a:b\njoincallback = http://x', '[relay] webhooksecret: is missing, so whoever gets joincallback'],
    [`users = a:b\nrevision = 2\n${secret}createcallback = http://x`, 'createcallback: has no effect with revision 2'],
    ['users = a:b\noutboxfolder = x', 'outboxfolder: has no effect without'],
    ['users = alice:secret', 'is still the value of the sample file'],
  ])('says what is wrong: %p', (text, complaint) => {
    const lines = told(`${smallest}[relay]\n${text}`)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(complaint)
  })
})

describe('who may come into a room may use the TURN server', () => {
  const turnServerOf = (text: string) => {
    const { turnServer, relay } = configOf(smallest + text)
    return withRelayUsers(turnServer, relay)
  }

  test('which then needs nothing of its own', () => {
    expect(turnServerOf('[relay]\nusers = a:b\nauthurl = http://app/auth\n[turn-server]\n')).toMatchObject({
      users: [{ name: 'a', password: 'b' }],
      authUrl: 'http://app/auth',
    })
    expect(load(`${smallest}[turn-server]\n`).config).toBeUndefined()
  })

  test('what it says itself comes first', () => {
    const text = '[relay]\nusers = a:b, c:d\nauthurl = http://one/\n[turn-server]\nusers = a:x\nauthurl = http://two/'
    expect(turnServerOf(text)).toMatchObject({
      users: [
        { name: 'a', password: 'x' },
        { name: 'c', password: 'd' },
      ],
      authUrl: 'http://two/',
    })
  })

  test('if there is one', () => {
    expect(turnServerOf('[relay]\nusers = a:b')).toEqual({ kind: 'off' })
    expect(turnServerOf('[turn-server]\nsecret = s')).toMatchObject({ users: [], authUrl: undefined })
  })
})
