/** Session ids of the original 0.4.1: read and made here byte by byte, and taken by the original itself. */
import { describe, expect, test } from 'bun:test'
import { decodeId, encodeId } from '../../support/cookie-ids.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { isObject, textAt } from '../../support/json.ts'
import { startOriginal } from '../../support/original.ts'
import { testKeys } from '../../support/server-conf.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { helloAs, openTalkClient } from '../../support/talk-client.ts'

const vector = {
  data: {
    sid: 2n,
    created: Uint8Array.from(Buffer.from('010000000ee293744b3572328c0000', 'hex')),
    backendId: 'one',
  },
  seconds: 1_795_259_723,
  iv: Uint8Array.from(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')),
  privateId:
    'MTc5NTI1OTcyM3xBQUVDQXdRRkJnY0lDUW9MREEwT0R4aVVsZlhWUUlaeU5QSnRoelczVGVleTlYYkp4dWNMaWdYbElHam9pakFsVmQ4YXMzeTBGQ0JSUkpJc0o1akhvTVJPeG5NVGpJU1AyVEZIdjhnNGF1WWk2X0pyX0hIb2hrTmstTkVDNC1CSjhieW9UM0xhd2lnSzU2WWIyR2xEZ3dISlNGRHJZcFVnQmFKWktRPT18p2l6A9eJ3YWISpgUXzTNQ6_qtuUifDb2JImgWfL670k=',
  publicId:
    '4pWndi3Cb7GIDktkxUXTYIZESiwJkBlW0bgwCKrpgYx8PT1RS1pKYUJnVXBZckRGU0pId2dEbEcyYlk2NUtnaXdhTDNUb3liOEpCLTRDRU4ta05raG9ISF9ySl82aVl1YTRnOHZIRlQyUFNJalRNbnhPUk1vSGo1SnNJSlJSQkNGMHkzc2E4ZFZsQWppb2pHSWxYZ2lMY3V4SmJYOXllZVQzV3podEpQTnlaSVFWWGZsVWl4RE8wQURMb1FDSWNnQkZRd0FDRUFBfDMyNzk1MjU5NzE=',
}

test('an id is made of the same bytes each time, and read back', () => {
  const { data, seconds, iv, privateId, publicId } = vector
  expect(encodeId('private-session', data, testKeys, seconds, iv)).toBe(privateId)
  expect(encodeId('public-session', data, testKeys, seconds, iv)).toBe(publicId)
  expect(decodeId('private-session', privateId, testKeys)).toEqual(data)
  expect(decodeId('public-session', publicId, testKeys)).toEqual(data)
  expect(decodeId('public-session', privateId, testKeys)).toBeUndefined()
  const open = { ...testKeys, blockKey: '' }
  const large = { ...data, sid: 0xffff_ffff_ffff_ffffn, backendId: 'a-name-of-a-backend' }
  expect(decodeId('public-session', encodeId('public-session', large, open, 1, iv), open)).toEqual(large)
})

const suite = 'session ids of the original'

describe.skipIf(notRunnable(suite, debian.signalingServer, debian.nats, debian.openssl))(suite, () => {
  test('its ids are read here, and it delivers to a public id that was made here, whatever its time and IV', async () => {
    await using talk = await startStubTalk()
    await using server = await startOriginal({
      backends: [{ id: 'one', url: talk.url('one'), secret: talk.secret('one') }],
    })
    const authUrl = `${talk.url('one')}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
    await using alice = await openTalkClient(server.socketUrl)
    await using bob = await openTalkClient(server.socketUrl)
    const hello = await helloAs(alice, authUrl, 'alice')
    await helloAs(bob, authUrl, 'bob')
    const publicId = textAt(hello, 'hello', 'sessionid') ?? ''
    const privateId = textAt(hello, 'hello', 'resumeid') ?? ''

    const data = decodeId('public-session', publicId, testKeys)
    expect(data).toMatchObject({ sid: 2n, backendId: 'one' })
    expect(decodeId('private-session', privateId, testKeys)).toEqual(data)

    // The session of the vector is the first of a server: the number alone says which it is.
    bob.send({
      type: 'message',
      message: { recipient: { type: 'session', sessionid: vector.publicId }, data: 'found' },
    })
    const message = await alice.until((heard) => isObject(heard['message']))
    expect(message['message']).toMatchObject({ sender: { type: 'session', userid: 'bob' }, data: 'found' })

    // To resume, the private id must be the one that was handed out, to the letter.
    await using carol = await openTalkClient(server.socketUrl)
    carol.send({ id: 'r', type: 'hello', hello: { version: '1.0', resumeid: vector.privateId } })
    expect(await carol.until(() => true)).toMatchObject({ id: 'r', error: { code: 'no_such_session' } })
  }, 30_000)
})
