/** Writes the INI file that both the original and our server are started with. */

export interface BackendSection {
  readonly id: string
  readonly url: string
  readonly secret: string
  readonly sessionLimit?: number
}

export interface ServerConf {
  /** host:port of the HTTP listener. */
  readonly listen: string
  readonly backends: readonly BackendSection[]
  /** Instead of `backends`: any URL is taken, with this one secret. */
  readonly allowAll?: string
  readonly natsUrl?: string
  readonly hashKey?: string
  readonly blockKey?: string
  readonly internalSecret?: string
  /** Seconds. */
  readonly backendTimeout?: number
  /** Whole sections of further text, as they are to stand in the file. */
  readonly more?: string
}

export const testKeys = {
  hashKey: '0123456789abcdef0123456789abcdef',
  blockKey: 'fedcba9876543210',
  internalSecret: 'internal-secret-of-the-tests',
} as const

export function serverConf(conf: ServerConf): string {
  const backend =
    conf.allowAll === undefined
      ? `backends = ${conf.backends.map(({ id }) => id).join(', ')}`
      : `allowall = true\nallowhttp = true\nsecret = ${conf.allowAll}`
  const sections = conf.backends.map(
    ({ id, url, secret, sessionLimit }) =>
      `[${id}]\nurl = ${url}\nsecret = ${secret}\n${sessionLimit === undefined ? '' : `sessionlimit = ${sessionLimit}\n`}`,
  )
  return [
    `[http]\nlisten = ${conf.listen}\n`,
    '[app]\ndebug = false\n',
    `[sessions]\nhashkey = ${conf.hashKey ?? testKeys.hashKey}\nblockkey = ${conf.blockKey ?? testKeys.blockKey}\n`,
    `[clients]\ninternalsecret = ${conf.internalSecret ?? testKeys.internalSecret}\n`,
    `[backend]\n${backend}\ntimeout = ${conf.backendTimeout ?? 10}\nskipverify = true\n`,
    ...sections,
    conf.natsUrl === undefined ? '' : `[nats]\nurl = ${conf.natsUrl}\n`,
    conf.more ?? '',
  ].join('\n')
}
