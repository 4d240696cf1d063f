/** What /stats and /serverinfo say. */
import { expect, test } from 'bun:test'
import { featuresOf } from '../../../src/protocols/talk/features.ts'
import { serverInfo, stats } from '../../../src/protocols/talk/statistics.ts'
import { talkServer } from './server.ts'

test('statistics are sums over all backends', () => {
  const server = talkServer()
  server.room(2)
  server.user('zoe', [], 'two').joins('den')
  expect(stats(server.talk.census())).toEqual({ rooms: 2, sessions: 5 })
})

test('[R59] what the SFU says of itself is shown where there is one', () => {
  const server = talkServer()
  expect(stats(server.talk.census(), { connected: true })).toEqual({ rooms: 0, sessions: 0, mcu: { connected: true } })
  expect(serverInfo('1', [], server.talk.census(), { mode: 'janus' })).toEqual({
    version: '1',
    features: [],
    sfu: { mode: 'janus' },
  })
})

test('[R19] server info lists those who make calls, if there are any', () => {
  const server = talkServer()
  const features = featuresOf(false).info
  expect(serverInfo('1.2.3', features, server.talk.census())).toEqual({ version: '1.2.3', features })
  const [here, gone] = [server.internal(['start-dialout']), server.internal(['start-dialout'])]
  gone.loses()
  expect(serverInfo('1.2.3', features, server.talk.census())).toMatchObject({
    dialout: [
      { sessionid: here.id, connected: true, version: '1.2.3', features: ['start-dialout'], useragent: 'a test' },
      { sessionid: gone.id, connected: false },
    ],
  })
})
