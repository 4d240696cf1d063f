/** The welcome page: whether a signaling server answers at the address, what it can do, and what its clock says. */
import { type Answer, type Exchange, fromTheFront, isSignaling, skewOf, unanswered } from './exchange.ts'
import { type Finding, fail, ok, quoted, warn } from './finding.ts'

export interface Server {
  readonly version: string
  readonly features: ReadonlySet<string>
  readonly isHeliograph: boolean
}

export interface WelcomeRead {
  readonly finding: Finding
  /** Undefined if it is no signaling server. */
  readonly server: Server | undefined
}

const check = 'welcome'
const path = '/api/v1/welcome'

/** `elsewhere`: another address at which a signaling server was found. */
export function readWelcome(exchange: Exchange, elsewhere: string | undefined): WelcomeRead {
  if (exchange.came === 'nothing') return { finding: unanswered(check, path, exchange), server: undefined }
  const version = exchange.status === 200 ? versionIn(exchange.body) : undefined
  if (version === undefined) return { finding: noWelcome(exchange, elsewhere), server: undefined }
  const list = exchange.headers.get('x-spreed-signaling-features') ?? ''
  const names = list.split(',').map((name) => name.trim())
  const server: Server = {
    version,
    features: new Set(names.filter((name) => name !== '')),
    isHeliograph: version.includes('heliograph'),
  }
  const by = exchange.headers.get('server')
  const answered = by === undefined ? '' : `, answered by ${quoted(by)}`
  return { finding: ok(check, `a signaling server, version ${quoted(version)}${answered}`), server }
}

/** Whether this is the welcome of a signaling server. */
export const isWelcome = (exchange: Exchange): boolean =>
  exchange.came === 'answer' && exchange.status === 200 && versionIn(exchange.body) !== undefined

function noWelcome(answer: Answer, elsewhere: string | undefined): Finding {
  if (elsewhere !== undefined) {
    return fail(
      check,
      `no signaling server at this address (status ${answer.status}), but there is one at ${elsewhere}`,
      `Enter ${elsewhere} in Talk, or mend the prefix in the web server in front.`,
    )
  }
  const known = fromTheFront(check, path, answer)
  if (known) return known
  if (isSignaling(answer)) {
    return fail(
      check,
      `the signaling server is reached, but does not know the path that it is asked for (status ${answer.status})`,
      'The web server in front has to remove the prefix: with nginx, "proxy_pass http://heliograph/;" ends with a slash.',
    )
  }
  if (answer.status === 404) {
    return fail(
      check,
      'there is a web server, but it does not know this path (status 404)',
      'Compare the path with the location in the web server in front; docs/front-webserver.md has one for each.',
    )
  }
  if (answer.status === 200) {
    const page = /<html|<!doctype/i.test(answer.body) ? 'a page for people' : `${quoted(answer.body.slice(0, 60))}`
    return fail(
      check,
      `no signaling server answers, but ${page}`,
      'The path leads somewhere else: compare it with the location in the web server in front (docs/front-webserver.md).',
    )
  }
  return fail(check, `status ${answer.status} in place of 200`, 'See the error log of the web server in front.')
}

function versionIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value !== 'object' || value === null || !('nextcloud-spreed-signaling' in value)) return undefined
    return 'version' in value && typeof value.version === 'string' ? value.version : undefined
  } catch {
    return undefined
  }
}

/** Without one of these Talk calls the server too old, and does not use it. `federation` is a case of its own. */
const demanded = ['audio-video-permissions', 'hello-v2', 'incall-all', 'switchto']
/** Without one of these Talk shows that an update is available. */
const wished = ['changed-users', 'chat-relay', 'dialout', 'join-features']

export function featuresFinding({ features }: Server): Finding {
  const missing = (names: readonly string[]): readonly string[] => names.filter((name) => !features.has(name))
  if (features.size === 0) {
    return fail(
      'features',
      'the answer does not tell any feature, so that Talk takes the server for outdated',
      'The web server in front must pass the header X-Spreed-Signaling-Features on.',
    )
  }
  if (missing(demanded).length > 0) {
    const names = missing(demanded).join(', ')
    return fail('features', `missing, so that Talk does not use the server: ${names}`, 'Update the signaling server.')
  }
  if (!features.has('federation')) {
    return warn(
      'features',
      'federation is missing: Talk shows in its settings that the server must be updated',
      'Calls and chats on this Nextcloud work; conversations with other Nextclouds do not. Update the signaling server.',
    )
  }
  const names = missing(wished)
  return names.length > 0
    ? warn('features', `missing: ${names.join(', ')}; newer Talk suggests an update`, 'Nothing that works needs it.')
    : ok('features', 'all that Talk asks for')
}

/** `whose` clock it is. */
export function clockFinding(check: string, whose: string, answer: Answer): Finding {
  const { is, says } = skewOf(answer)
  const mend =
    'Compare "date -u" on both machines and let both set their clocks by the network: timedatectl set-ntp true.'
  switch (is) {
    case 'good':
      return ok(check, `${whose} and this machine agree`)
    case 'notable':
      return warn(check, `${whose} is ${says}`, mend)
    case 'too much':
      return fail(
        check,
        `${whose} is ${says}; more than the 45 s that Talk tolerates, and tokens count as expired or not yet valid`,
        mend,
      )
    case 'unknown':
      return warn(check, `unknown: ${says}`, 'The web server in front must not remove it: Talk compares clocks by it.')
  }
}
