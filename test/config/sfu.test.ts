import { describe, expect, test } from 'bun:test'
import { ecPair, rsaPair } from '../support/rsa-keys.ts'
import { configOf, load, smallest, told } from './support.ts'

const { privateKey, publicKey } = rsaPair()
const files = { 'token.key': privateKey, 'public.key': publicKey, 'ec.key': ecPair().privateKey, 'empty.key': '' }

const common = {
  maxStreamBitrate: 1_048_576,
  maxScreenBitrate: 2_097_152,
  timeout: 10_000,
  allowedCandidates: [],
  blockedCandidates: [],
  allowSubscribeAny: false,
}

test('without a type there is no SFU, whatever else is set', () => {
  expect(configOf(`${smallest}[mcu]\nurl = nonsense\ntoken_key = nowhere`).sfu).toEqual({ kind: 'none' })
})

test('one Janus', () => {
  const { sfu } = configOf(`${smallest}[mcu]\ntype = janus\nurl = ws://127.0.0.1:8188/`)
  expect(sfu).toEqual({ kind: 'janus', url: 'ws://127.0.0.1:8188/', ...common })
})

const proxies = '[mcu]\ntype = proxy\ntoken_id = one\ntoken_key = token.key\n'

test('several proxies, each once, and everything about them', () => {
  const text = `${smallest}[app]\nallowsubscribeany = true\n${proxies}
    url = https://a.example/ ws://b.example:8090/x/ https://a.example/
    proxytimeout = 0
    skipverify = yes
    dnsdiscovery = yes
    maxstreambitrate = 1
    maxscreenbitrate = 2
    timeout = 3
    allowedcandidates = 10.0.0.1
    blockedcandidates = 10.0.0.0/8`
  expect(configOf(text, { files }).sfu).toEqual({
    kind: 'proxies',
    urls: ['https://a.example/', 'ws://b.example:8090/x/'],
    proxyTimeout: 2000,
    skipVerify: true,
    dnsDiscovery: true,
    tokenId: 'one',
    tokenKey: privateKey,
    maxStreamBitrate: 1,
    maxScreenBitrate: 2,
    timeout: 3000,
    allowedCandidates: [{ family: 4, base: 0x0a000001, mask: 0xffffffff }],
    blockedCandidates: [{ family: 4, base: 0x0a000000, mask: 0xff000000 }],
    allowSubscribeAny: true,
  })
})

test('proxies from etcd: a warning, and none without url', () => {
  const { config, faults } = load(`${smallest}${proxies}urltype = etcd`, { files })
  expect(config?.sfu).toMatchObject({ kind: 'proxies', urls: [] })
  expect(faults).toMatchObject([{ severity: 'warning', key: 'urltype', line: 9 }])
})

describe('what cannot work is told with its line', () => {
  const unusable = (schemes: string) =>
    `is not usable; allowed: ${schemes}, a host and perhaps a path; no user, password, ? or #`

  test.each([
    ['type = janus', '6: [mcu] url: is missing; type = janus needs one, for example url = ws://127.0.0.1:8188'],
    ['type = janus\nurl = http://a/', `7: [mcu] url: "http://a/" ${unusable('ws://, wss://')}`],
    ['type = janus\nurl = 127.0.0.1:8188', `7: [mcu] url: "127.0.0.1:8188" ${unusable('ws://, wss://')}`],
    ['type = janus\nurl = ws://', `7: [mcu] url: "ws://" ${unusable('ws://, wss://')}`],
    [
      'type = janus\nurl = ws://a ws://b',
      '7: [mcu] url: lists several; type = janus takes one (type = proxy takes several)',
    ],
  ])('Janus: %p', (text, line) => {
    expect(told(`${smallest}[mcu]\n${text}`)).toEqual([`server.conf:${line}`])
  })

  test.each(['ftp://a/', 'https://u:p@a/', 'https://a/?x', 'https://a/#x', 'a.example'])('a proxy at %p', (url) => {
    const schemes = 'https://, http://, wss://, ws://'
    expect(told(`${smallest}${proxies}url = https://fine/ ${url}`, { files })).toEqual([
      `server.conf:9: [mcu] url: "${url}" ${unusable(schemes)}`,
    ])
  })

  test('nothing of what proxies need', () => {
    expect(told(`${smallest}[mcu]\ntype = proxy`)).toEqual([
      'server.conf:6: [mcu] token_id: is missing; type = proxy needs one, for example token_id = one',
      'server.conf:6: [mcu] token_key: is missing; type = proxy needs one, for example token_key = token.key',
      'server.conf:6: [mcu] url: is missing; type = proxy needs at least one, for example url = https://proxy.example.org/',
    ])
  })

  test.each([
    ['gone.key', 'cannot read "gone.key": no such file'],
    ['empty.key', '"empty.key" is no PEM file'],
    ['public.key', '"public.key" holds a public key; a private RSA key is needed'],
    ['ec.key', '"ec.key" holds a key of the kind ec; an RSA key is needed'],
  ])('the key %p', (file, message) => {
    const text = `${smallest}[mcu]\ntype = proxy\nurl = https://a/\ntoken_id = one\ntoken_key = ${file}`
    expect(told(text, { files })).toEqual([`server.conf:9: [mcu] token_key: ${message}`])
  })

  test('and never shows what is in a key', () => {
    const text = `${smallest}[mcu]\ntype = proxy\ntoken_key = token.key`
    expect(told(text, { files: { 'token.key': privateKey.replace('MII', 'XXX') } }).join()).not.toContain('XXX')
  })
})
