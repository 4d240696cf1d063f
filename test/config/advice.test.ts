import { expect, test } from 'bun:test'
import { advice } from '../../src/config/advice.ts'
import { printFault } from '../../src/config/load.ts'
import { configOf, smallest } from './support.ts'

const advised = (text: string): string[] => advice(configOf(smallest + text), 'server.conf').map(printFault)
const on = '[turn-server]\nsecret = s\n'

test('says nothing where nothing is to be said', () => {
  expect(advised('')).toEqual([])
  expect(advised(on)).toEqual([])
  expect(advised(`${on}listen = 127.0.0.1:1024`)).toEqual([])
  expect(advised(`${on}relayaddress = 10.0.0.5\nexternaladdress = 203.0.113.7`)).toEqual([])
})

test('a port that not everybody may listen on, once', () => {
  const tls = 'tlslisten = 203.0.113.7:443 203.0.113.8:443\ncertificate = c\nkey = k'
  expect(advised(`${on}listen = 203.0.113.7:80 203.0.113.7:3478\n${tls}`)).toEqual([
    'server.conf: warning: [turn-server] listen: has port 80: below 1024 the service needs CAP_NET_BIND_SERVICE (see docs/turn.md)',
    'server.conf: warning: [turn-server] tlslisten: has port 443: below 1024 the service needs CAP_NET_BIND_SERVICE (see docs/turn.md)',
  ])
})

test('a relay address that only neighbours reach', () => {
  expect(advised(`${on}listen = 192.168.1.2:3478 [fd00::5]:3478`)).toEqual([
    'server.conf: warning: [turn-server] relayaddress: is 192.168.1.2, a private address, and there is no externaladdress for it: clients from outside cannot reach it',
    expect.stringContaining('is fd00::5, a private address'),
  ])
})
