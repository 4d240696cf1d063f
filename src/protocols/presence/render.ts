/** How we say what happened: every frame of the server, which ends with a line break as the original's do. */
import type { IceServer } from '../../auth/ice-servers.ts'
import type { Frame } from '../../core/mailbox.ts'
import type { RawJson } from '../json-wire.ts'
import { type ErrorCode, errorCodes } from './errors.ts'
import type { UserName } from './names.ts'

const frame = (text: string): Frame => ({ text: `${text}\n`, kind: 'plain' })

export const online = ({ info }: UserName): Frame => frame(`{"type":"userOnline","body":{"user":${info}}}`)

export const offline = ({ id }: UserName): Frame => frame(`{"type":"userOffline","body":{"user":${id}}}`)

export const userList = (users: Iterable<UserName>): Frame =>
  frame(`{"type":"userList","body":{"users":[${Array.from(users, ({ info }) => info).join(',')}]}}`)

export function relayed(type: string, { id }: UserName, body: RawJson | undefined): Frame {
  const head = type === '' ? '' : `"type":${JSON.stringify(type)},`
  return frame(`{${head}"origin":${id}${body ? `,"body":${body.text}` : ''}}`)
}

export const iceServers = (servers: readonly IceServer[]): Frame =>
  frame(`{"type":"iceServers","body":{"iceServers":${JSON.stringify(servers)}}}`)

export const refusal = (code: ErrorCode): Frame =>
  frame(`{"type":"error","error":${JSON.stringify({ code, message: errorCodes[code].message })}}`)
