import { describe, expect, test } from 'bun:test'
import { configOf, load, smallest, told } from './support.ts'

/** `smallest` ends in line 4. */
const withBackends = (text: string) => `${smallest}[backend]\n${text}`

const limits = { sessionLimit: 0, maxStreamBitrate: 0, maxScreenBitrate: 0 }

function backendsOf(text: string) {
  const { talk } = configOf(withBackends(text))
  return talk.kind === 'on' ? talk.backends : 'off'
}

describe('listed backends', () => {
  test('have urls, a secret and limits', () => {
    const text =
      'backends = one, Two\n[one]\nurls = https://a, https://b/next\nsecret = x\nsessionlimit = 10\nmaxstreambitrate = 1\nmaxscreenbitrate = 2\n[two]\nurl = http://c:8080\nsecret = y'
    expect(backendsOf(text)).toEqual([
      {
        id: 'one',
        accepts: { kind: 'urls', urls: ['https://a/', 'https://b/next/'] },
        secret: 'x',
        sessionLimit: 10,
        maxStreamBitrate: 1,
        maxScreenBitrate: 2,
      },
      { id: 'Two', accepts: { kind: 'urls', urls: ['http://c:8080/'] }, secret: 'y', ...limits },
    ])
  })

  test('without a secret have the common one', () => {
    expect(
      backendsOf('backends = a, b\nsecret = x\n[a]\nurls = https://a\nsecret =\n[b]\nurls = https://b'),
    ).toMatchObject([{ secret: 'x' }, { secret: 'x' }])
  })

  test('named twice are one', () => {
    expect(backendsOf('backends = a, A, a\nsecret = x\n[a]\nurls = https://a')).toHaveLength(1)
  })

  test('with urls of which one begins with the other are two', () => {
    expect(backendsOf('backends = a, b\nsecret = x\n[a]\nurls = https://a\n[b]\nurls = https://a/next')).toHaveLength(2)
  })

  test('may be named like something that objects have', () => {
    expect(backendsOf('backends = __proto__\nsecret = x\n[__proto__]\nurls = https://a')).toHaveLength(1)
  })
})

describe('errors', () => {
  const urlsAllowed =
    'allowed: a list separated by commas, each entry https:// or http://, a host and perhaps a path; no user, password, ? or #'
  const secretAllowed = 'allowed: any text, the same as in the settings of Talk, here or for all backends in [backend]'

  test.each([
    ['backends = a\n[a]\nsecret = x', [`server.conf:7: [a] urls: is missing; ${urlsAllowed}`]],
    ['backends = a\n[a]\nurls = https://a', [`server.conf:7: [a] secret: is missing; ${secretAllowed}`]],
    ['backends = a\n[a]\nurls = https://a\nsecret =', [`server.conf:7: [a] secret: is missing; ${secretAllowed}`]],
    [
      'backends = a',
      [
        `server.conf:6: [a] urls: is missing; ${urlsAllowed}`,
        `server.conf:6: [a] secret: is missing; ${secretAllowed}`,
      ],
    ],
    [
      'backends = http\nsecret = x',
      ['server.conf:6: [backend] backends: "http" is the name of a section with another meaning; choose another name'],
    ],
    [
      'backends = a\nsecret = x\n[a]\nurl = cloud.example.org',
      [
        'server.conf:9: [a] url: "cloud.example.org" is not usable; allowed: https:// or http://, a host and perhaps a path; no user, password, ? or #',
      ],
    ],
    [
      'backends = a, b\nsecret = x\n[a]\nurls = https://x, https://y\n[b]\nurls = https://Y:443',
      ['server.conf:11: [b] urls: "https://y/" is already a url of the backend "a" (line 9); allowed: each url once'],
    ],
    [
      'allowall = true',
      [
        'server.conf:6: [backend] secret: is missing; allowall needs one: any text, the same as in the settings of Talk',
      ],
    ],
    [
      'allowed = a',
      ['server.conf:6: [backend] secret: is missing; allowed needs one: any text, the same as in the settings of Talk'],
    ],
    [
      'allowed = https://a\nsecret = x',
      [
        'server.conf:6: [backend] allowed: "https://a" is not usable; allowed: host names separated by commas, perhaps with a port',
      ],
    ],
  ])('of %p', (text, lines) => {
    expect(told(withBackends(text))).toEqual(lines)
    expect(load(withBackends(text)).config).toBeUndefined()
  })
})

describe('one backend without a name', () => {
  test('of any server', () => {
    expect(backendsOf('allowall = true\nsecret = x\nsessionlimit = 5')).toEqual([
      { id: 'compat', accepts: { kind: 'any' }, secret: 'x', ...limits, sessionLimit: 5 },
    ])
  })

  test('of some hosts', () => {
    expect(
      backendsOf('allowed = A.example.org, b:8443, a.example.org, [::1]:8080\nsecret = x\nallowhttp = yes'),
    ).toEqual([
      {
        id: 'compat',
        accepts: { kind: 'hosts', hosts: ['a.example.org', 'b:8443', '[::1]:8080'], http: true },
        secret: 'x',
        ...limits,
      },
    ])
  })

  test('of hosts with a path, which does not count', () => {
    expect(told(withBackends('allowed = a/next\nsecret = x'))).toEqual([
      'server.conf:6: warning: [backend] allowed: of "a/next" only the host counts; use backends to tell paths apart',
    ])
  })

  test('goes before or behind listed ones as in the original', () => {
    const own = '[a]\nurls = https://a'
    expect(told(withBackends(`allowall = true\nbackends = a\nallowed = b\nsecret = x\n${own}`))).toEqual([
      'server.conf:7: warning: [backend] backends: has no effect beside allowall = true',
      'server.conf:8: warning: [backend] allowed: has no effect beside allowall = true',
    ])
    expect(told(withBackends(`backends = a\nallowed = b\nsecret = x\n${own}`))).toEqual([
      'server.conf:7: warning: [backend] allowed: has no effect beside backends',
    ])
  })
})

test('no backend at all is a warning, and Talk is on all the same', () => {
  expect(told(withBackends('timeout = 10'))).toEqual([
    'server.conf:5: warning: [backend] backends: no backend is listed, so no client can connect; write backends = name and a section [name] with urls',
  ])
  expect(load(withBackends('')).config?.talk).toMatchObject({ kind: 'on', backends: [] })
})

test('a section that looks like a backend but is not listed is a warning', () => {
  expect(told(`${withBackends('backends = a\nsecret = x\n[a]\nurls = https://a\n[b]\nurls = https://b')}`)).toEqual([
    'server.conf:10: warning: [b]: this section has no effect; if it is a backend, list it in [backend] backends',
  ])
})
