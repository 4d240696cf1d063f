import { describe, expect, test } from 'bun:test'
import { backendSection } from '../../src/config/backends.ts'
import { sections } from '../../src/config/schema.ts'
import { configOf, smallest, told } from './support.ts'

describe('a variable', () => {
  test('goes before the file', () => {
    const environment = { HELIOGRAPH_HTTP_LISTEN: '127.0.0.1:9999', HELIOGRAPH_STATS_ALLOWED_IPS: '10.0.0.0/8' }
    const config = configOf(smallest, { environment })
    expect(config.http.listen).toEqual([{ kind: 'tcp', host: '127.0.0.1', port: 9999 }])
    expect(config.stats.allowedIps).toHaveLength(1)
  })

  test('can be all there is', () => {
    const environment = {
      HELIOGRAPH_HTTP_LISTEN: ':8080',
      HELIOGRAPH_SESSIONS_HASHKEY: '0123456789abcdef',
      HELIOGRAPH_BACKEND_BACKENDS: 'cloud-1',
      HELIOGRAPH_CLOUD_1_URLS: 'https://cloud.example.org',
      HELIOGRAPH_CLOUD_1_SECRET_FILE: '/secret',
    }
    expect(configOf('', { environment, files: { '/secret': 'shh\n' } }).talk).toMatchObject({
      kind: 'on',
      backends: [{ id: 'cloud-1', secret: 'shh', accepts: { kind: 'urls', urls: ['https://cloud.example.org/'] } }],
    })
  })

  test('sets the backend of a section with a dash', () => {
    const text = `${smallest}[backend]\nbackends = my-cloud\n[my-cloud]\nurl = https://a\nsecret = x`
    expect(configOf(text, { environment: { HELIOGRAPH_MY_CLOUD_SECRET: 'y' } }).talk).toMatchObject({
      backends: [{ secret: 'y' }],
    })
  })

  test('that is empty takes the setting back to its default', () => {
    const config = configOf(`${smallest}[app]\ndraintimeout = 3`, { environment: { HELIOGRAPH_APP_DRAINTIMEOUT: '' } })
    expect(config.drainTimeout).toBe(10_000)
  })

  test('is named when its value is unusable', () => {
    expect(told(smallest, { environment: { HELIOGRAPH_APP_DEBUG: 'perhaps' } })).toEqual([
      'HELIOGRAPH_APP_DEBUG: [app] debug: "perhaps" is not usable; allowed: true, yes, on, 1, or false, no, off, 0',
    ])
  })

  test('is not expanded, unlike the file', () => {
    const config = configOf(smallest, { environment: { HELIOGRAPH_CLIENTS_INTERNALSECRET: '$(HOME)' } })
    expect(config.clients.internalSecret).toBe('$(HOME)')
  })

  test('spares the file the fault that its own value would be', () => {
    const text = `${smallest}[clients]\ninternalsecret = $(NOBODY)`
    expect(told(text, { environment: { HELIOGRAPH_CLIENTS_INTERNALSECRET: 'x' } })).toEqual([])
  })
})

describe('a stranger', () => {
  test('is a warning, with what was probably meant', () => {
    expect(told(smallest, { environment: { HELIOGRAPH_HTTP_LISTN: ':1' } })).toEqual([
      'HELIOGRAPH_HTTP_LISTN: warning: names no setting and has no effect; did you mean HELIOGRAPH_HTTP_LISTEN?',
    ])
    expect(told(smallest, { environment: { HELIOGRAPH_SOMETHING_ELSE: 'x' } })).toEqual([
      'HELIOGRAPH_SOMETHING_ELSE: warning: names no setting and has no effect',
    ])
  })

  test('from Kubernetes is nobody’s mistake', () => {
    const environment = {
      HELIOGRAPH_SERVICE_HOST: '10.0.0.1',
      HELIOGRAPH_SERVICE_PORT: '80',
      HELIOGRAPH_SERVICE_PORT_HTTP: '80',
      HELIOGRAPH_PORT: 'tcp://10.0.0.1:80',
      HELIOGRAPH_PORT_80_TCP: 'tcp://10.0.0.1:80',
      HELIOGRAPH_PORT_80_TCP_PROTO: 'tcp',
      HELIOGRAPH_HTTP_PORT_80_TCP_ADDR: '10.0.0.1',
    }
    expect(told(smallest, { environment })).toEqual([])
  })

  test('of another program is left alone', () => {
    expect(told(smallest, { environment: { PATH: '/bin', HELIOGRAPHS: 'x' } })).toEqual([])
  })
})

test('no two settings share a variable, and none looks like one of Kubernetes', () => {
  const names = [...sections, backendSection('cloud')].flatMap(({ name, settings }) =>
    Object.entries(settings).flatMap(([key, { secret }]) => [
      `${name}_${key}`,
      ...(secret ? [`${name}_${key}_file`] : []),
    ]),
  )
  const variables = names.map((name) => name.toUpperCase().replaceAll('-', '_'))
  expect(new Set(variables).size).toBe(variables.length)
  expect(variables.filter((name) => /_PORT$|_SERVICE_/.test(name))).toEqual([])
})
