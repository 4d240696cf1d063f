import { describe, expect, test } from 'bun:test'
import { configOf, load, smallest, told } from './support.ts'

const given = `${smallest}[admission]\nappsecret = s\napppassword = p\n`

describe('[admission]', () => {
  test('is off without the section, and has every default with it', () => {
    expect(configOf(smallest).admission).toEqual({ kind: 'off' })
    expect(configOf(given).admission).toEqual({
      kind: 'on',
      path: '/socket.io',
      appSecret: 's',
      appPassword: 'p',
      tokenLifetime: 86_400_000,
      requestTimeout: 120_000,
      maxPayload: 16_384,
      maxRooms: 50,
      maxMembers: 200,
      eventRate: 200,
      origins: [],
      revision: 1,
    })
  })

  test('takes what is written, the path without a slash at its end', () => {
    const text =
      'path = /chat/socket.io/\ntokenlifetime = 604800\nrevision = 2\norigins = https://a.example, http://b:81\n'
    expect(configOf(given + text).admission).toMatchObject({
      path: '/chat/socket.io',
      tokenLifetime: 604_800_000,
      revision: 2,
      origins: ['https://a.example', 'http://b:81'],
    })
  })

  test('without a secret it cannot start', () => {
    expect(load(`${smallest}[admission]\napppassword = p`).config).toBeUndefined()
    expect(told(`${smallest}[admission]\napppassword = p`)).toEqual([
      'server.conf:5: [admission] appsecret: is missing, so no token could be signed',
    ])
  })

  test('without a password it starts, and says that nobody gets a token', () => {
    const text = `${smallest}[admission]\nappsecret = s`
    expect(load(text).config?.admission).toMatchObject({ kind: 'on', appPassword: undefined })
    expect(told(text)).toEqual([
      'server.conf:5: warning: [admission] apppassword: is missing, so POST /app gives nobody a token; those that are there stay good',
    ])
  })

  test.each(['app.example', 'https://a.example/path', 'ftp://a', 'https://a.example:443'])(
    '%p is no origin',
    (origin) => {
      expect(told(`${given}origins = ${origin}`).join()).toContain('is not usable; allowed: a list separated by commas')
    },
  )
})
