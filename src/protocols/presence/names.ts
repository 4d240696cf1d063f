/** How users are named, by revision: on the wire, and as the key under which we know them. */
import { createHash } from 'node:crypto'
import { type UserKey, userKey } from '../../core/ids.ts'
import type { ClientFrame } from './messages.ts'

/** Who somebody is by his token, which has been checked. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  /** Empty if the provider tells none. */
  readonly username: string
}

/** 1: by issuer and subject, as the original began. 2: by preferred_username. */
export type Revision = 1 | 2

export interface UserName {
  readonly key: UserKey
  /** JSON: how others name it. */
  readonly id: string
  /** JSON: the same with all that is told of it. */
  readonly info: string
}

/** Undefined where the identity has not got what the revision names users by. */
export function nameOf({ issuer, subject, username }: Identity, revision: Revision): UserName | undefined {
  if (revision === 2) {
    if (username === '') return undefined
    const id = JSON.stringify({ username })
    return { key: userKey('', username), id, info: id }
  }
  const id = { issuer, subject }
  return {
    key: keyOf(issuer, subject),
    id: JSON.stringify(id),
    info: JSON.stringify(username === '' ? id : { ...id, username }),
  }
}

/** Whom a message is for; undefined if the target does not say it all. */
export function targetOf(target: NonNullable<ClientFrame['target']>, revision: Revision): UserKey | undefined {
  const { issuer, subject, username } = target
  if (revision === 2) return username ? userKey('', username) : undefined
  return issuer && subject ? keyOf(issuer, subject) : undefined
}

/** An issuer is the same with a slash at its end and without. */
const keyOf = (issuer: string, subject: string): UserKey => userKey(issuer.replace(/\/+$/, ''), subject)

/** By which TURN quotas count a user. Whoever looks on reads it in every packet, so that it must not be the name. */
export const turnName = (key: UserKey): string => createHash('sha256').update(key).digest('hex').slice(0, 32)
