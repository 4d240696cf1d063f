import { describe, expect, test } from 'bun:test'
import { configOf, load, smallest, told } from './support.ts'

describe('$(NAME)', () => {
  test('is replaced anywhere in a value, as often as it stands there', () => {
    const text = `[http]\nlisten = $(HOST):$(PORT) $(SOCKET)\n[sessions]\nhashkey = a$(KEY)b`
    const environment = { HOST: '127.0.0.1', PORT: '80', SOCKET: '/s', KEY: '-$(PORT)-$&-' }
    const config = configOf(text, { environment })
    expect(config.http.listen).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 80 },
      { kind: 'unix', path: '/s' },
    ])
    expect(config.sessions.hashKey).toBe('a-$(PORT)-$&-b')
  })

  test('without such a variable is one error with its line', () => {
    expect(told('[http]\nlisten = 127.0.0.1:$(PORT)\n[sessions]\nhashkey = $(KEY)$(KEY)')).toEqual([
      'server.conf:2: [http] listen: the environment has no PORT, which $(PORT) stands for; set it, or write the value here',
      'server.conf:4: [sessions] hashkey: the environment has no KEY, which $(KEY) stands for; set it, or write the value here',
    ])
  })

  test('does not find what every object has', () => {
    expect(load(`${smallest}[clients]\ninternalsecret = $(constructor)`).config).toBeUndefined()
  })

  test('with an empty variable is no value', () => {
    const text = `${smallest}[clients]\ninternalsecret = $(EMPTY)`
    expect(configOf(text, { environment: { EMPTY: '' } }).clients.internalSecret).toBeUndefined()
  })

  test('of another form is left as it is', () => {
    const text = `${smallest}[clients]\ninternalsecret = $(a-b)$()$x$(`
    expect(configOf(text).clients.internalSecret).toBe('$(a-b)$()$x$(')
  })
})

describe('a secret in a file of its own', () => {
  const files = { '/key': 'from the file\n', '/crlf': 'x\r\n', '/empty': '\n', '/two': ' x \n\n' }

  test.each([
    ['/key', 'from the file'],
    ['/crlf', 'x'],
    ['/two', ' x \n'],
    ['/$(WHICH)', 'from the file'],
  ])('%p, without its last line end', (path, secret) => {
    const text = `${smallest}[clients]\ninternalsecret_file = ${path}`
    expect(configOf(text, { files, environment: { WHICH: 'key' } }).clients.internalSecret).toBe(secret)
  })

  test('that is missing or empty is an error', () => {
    expect(told(`${smallest}[clients]\ninternalsecret_file = /none`, { files })).toEqual([
      'server.conf:6: [clients] internalsecret_file: cannot read "/none": no such file',
    ])
    expect(told(`${smallest}[clients]\ninternalsecret_file = /empty`, { files })).toEqual([
      'server.conf:6: [clients] internalsecret_file: "/empty" is empty',
    ])
  })

  test('cannot be given beside the secret itself', () => {
    expect(told(`${smallest}[clients]\ninternalsecret = x\ninternalsecret_file = /key`, { files })).toEqual([
      'server.conf:6: [clients] internalsecret: is given twice, once as internalsecret_file (line 7); remove one',
    ])
  })

  test('named by the environment goes before a secret in the configuration, and the other way round', () => {
    const plain = `${smallest}[clients]\ninternalsecret = x`
    const named = `${smallest}[clients]\ninternalsecret_file = /none`
    const internalSecret = (text: string, environment: Record<string, string>) =>
      configOf(text, { files, environment }).clients.internalSecret
    expect(internalSecret(plain, { HELIOGRAPH_CLIENTS_INTERNALSECRET_FILE: '/key' })).toBe('from the file')
    expect(internalSecret(named, { HELIOGRAPH_CLIENTS_INTERNALSECRET: 'y' })).toBe('y')
  })

  test('is for secrets only', () => {
    expect(told(`${smallest}[app]\ndebug_file = /key`, { files })).toEqual([
      'server.conf:6: warning: [app] debug_file: is not known here and has no effect',
    ])
  })

  test('an empty path is no value', () => {
    expect(configOf(`${smallest}[clients]\ninternalsecret_file =`).clients.internalSecret).toBeUndefined()
  })
})
