/** The other direction: whether Nextcloud can be asked, by the url under which the server knows it. */
import { type Answer, type Exchange, fromTheFront, type NoAnswer } from './exchange.ts'
import { type Finding, fail, ok, quoted, warn } from './finding.ts'
import { clockFinding } from './welcome.ts'

/** What the capabilities say, as far as signaling needs it. */
export interface CapabilitiesSeen {
  readonly exchange: Exchange
  /** `unreadable` too where there was no answer. */
  readonly talk: 'unreadable' | 'absent' | 'without key' | 'complete'
}

const check = 'Nextcloud'

/** `url` as the server knows it. */
export function nextcloudFindings(url: string, { exchange, talk }: CapabilitiesSeen): readonly Finding[] {
  const what = `${url}ocs/v2.php/cloud/capabilities`
  if (exchange.came === 'nothing') return [unreached(url, exchange)]
  return [contents(url, what, exchange, talk), clockFinding('Nextcloud clock', 'the clock of Nextcloud', exchange)]
}

/** To clients it looks as if their token were wrong, so it has to be said here. */
function unreached(url: string, exchange: NoAnswer): Finding {
  const why = exchange.reason === 'timeout' ? 'no answer in time' : quoted(exchange.why)
  return fail(
    check,
    `this machine cannot ask ${url} (${why})`,
    'If the signaling server runs here, nobody can sign in: see DNS, firewall and certificate on the way from here to Nextcloud.',
  )
}

function contents(url: string, what: string, answer: Answer, talk: CapabilitiesSeen['talk']): Finding {
  const { status } = answer
  if (status >= 300 && status < 400) return redirected(url, answer.headers.get('location') ?? '')
  if (status === 503) {
    return fail(check, `${url} is in maintenance or overloaded (status 503)`, 'occ maintenance:mode --off, or wait.')
  }
  if (status === 400 && /trusted/i.test(answer.body)) {
    return fail(
      check,
      `${url} is no trusted domain of Nextcloud`,
      'occ config:system:set trusted_domains 1 --value=...',
    )
  }
  if (status === 404) {
    return fail(
      check,
      `no Nextcloud at ${url} (status 404)`,
      'See the path: everything before /index.php or /ocs belongs to it.',
    )
  }
  if (status === 429) return fail(check, 'Nextcloud throttles this address (status 429)', 'Wait, and see its log.')
  if (status !== 200) {
    return fromTheFront(check, what, answer) ?? fail(check, `status ${status} from ${what}`, "See Nextcloud's log.")
  }
  switch (talk) {
    case 'unreadable':
      return fail(
        check,
        `${url} answers, but not as Nextcloud does`,
        'See whether this is the url of Nextcloud itself.',
      )
    case 'absent':
      return fail(check, `${url} is a Nextcloud without Talk`, 'occ app:enable spreed')
    case 'without key':
      return warn(
        check,
        'Talk gives no key for tokens (hello-v2-token-key), so that clients sign in the old way',
        'Update Talk; and see that the address of the signaling server is entered in its settings.',
      )
    case 'complete':
      return ok(check, `${url} answers, with Talk and its key for tokens`)
  }
}

function redirected(url: string, location: string): Finding {
  const target = URL.parse(location, url)
  const isElsewhere = !target || target.host !== URL.parse(url)?.host
  return isElsewhere
    ? fail(
        check,
        `${url} redirects to another host: ${quoted(location)}`,
        "Use the url where it ends, in the backend's urls and as Nextcloud's overwrite.cli.url; signed requests do not follow.",
      )
    : warn(
        check,
        `${url} redirects to ${quoted(location)}`,
        "Put the url where it ends into the backend's urls (https, the right path).",
      )
}
