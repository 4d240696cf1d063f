/** Getting a session token, and showing it with every event. */
import { timingSafeEqual } from 'node:crypto'
import { type Asker, answer, note, refuse } from '../deliver.ts'
import type { Session, State } from '../state.ts'
import { admittedApp, readToken, sessionToken } from '../token.ts'
import type { EventOf } from '../wire.ts'

export function authenticate(state: State, asker: Asker, { message, passed }: EventOf<'auth-request'>): void {
  const { settings, means, now } = state
  const { session } = asker
  const { payload, peerinfo } = passed
  const tooLong = [payload, peerinfo].some((one) => one && Buffer.byteLength(one.text) > settings.maxPayload)
  if (tooLong) return refuse(state, asker, 'payload_too_long')
  const app = admittedApp(settings.appSecret, message.token, now)
  if (app === undefined) return refuse(state, asker, 'token_invalid', payload)
  const expires = now + settings.tokenLifetime
  const token = sessionToken(settings.appSecret, app, session.socket, expires)
  session.granted = { token: Buffer.from(token), app, expires: Math.floor(expires / 1000) * 1000 }
  session.peerinfo = peerinfo
  note(state, { fact: 'admission-authorized', socket: session.socket, app })
  const iceServers = means.iceServers(session.socket)
  answer(state, asker, 'auth-accept', {
    payload,
    token,
    ...(iceServers.length > 0 && { iceServers: iceServers.map((one) => ({ ...one, urls: [...one.urls] })) }),
  })
}

/** For which application a session token speaks; undefined if it is none of this socket, or not any more. */
export function authorizedApp(
  { settings, now }: State,
  session: Session,
  auth: string | undefined,
): string | undefined {
  const { granted } = session
  if (auth === undefined) return undefined
  if (granted && isSame(granted.token, auth)) return granted.expires > now ? granted.app : undefined
  // One that it got earlier, which is still good.
  const token = readToken(settings.appSecret, auth)
  return token?.kind === 'session' && token.socket === session.socket && token.expires > now ? token.app : undefined
}

function isSame(known: Buffer, text: string): boolean {
  if (text.length !== known.length) return false
  const given = Buffer.from(text)
  return given.length === known.length && timingSafeEqual(known, given)
}
