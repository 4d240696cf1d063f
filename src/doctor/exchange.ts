/** What came of one HTTP request, and what that says wherever it was sent. */
import { type Finding, fail, quoted } from './finding.ts'

export type Exchange =
  | {
      readonly came: 'answer'
      readonly status: number
      /** Names in lower case. */
      readonly headers: ReadonlyMap<string, string>
      readonly body: string
      /** By this machine's clock, between asking and being answered; ms. */
      readonly time: number
      /** What its `Date` header says, ms. */
      readonly date: number | undefined
    }
  | { readonly came: 'nothing'; readonly reason: 'timeout' | 'tls' | 'closed' | 'other'; readonly why: string }

export type Answer = Extract<Exchange, { readonly came: 'answer' }>
export type NoAnswer = Extract<Exchange, { readonly came: 'nothing' }>

/** Whether a signaling server answered, be it with a refusal; a proxy may name itself as `Server`. */
export const isSignaling = ({ headers }: Answer): boolean =>
  headers.has('x-spreed-signaling-features') || (headers.get('server') ?? '').startsWith('nextcloud-spreed-signaling')

export function unanswered(check: string, what: string, { reason, why }: NoAnswer): Finding {
  switch (reason) {
    case 'timeout':
      return fail(
        check,
        `${what} is not answered in time`,
        'See whether the server is overloaded, or try --timeout 20.',
      )
    case 'tls':
      return fail(check, `${what}: the certificate is refused: ${quoted(why)}`, 'Mend the certificate first.')
    case 'closed':
      return fail(
        check,
        `${what}: the connection is closed without an answer`,
        'What listens there speaks no HTTP, or its web server cut it off: see its error log.',
      )
    case 'other':
      return fail(check, `${what}: ${quoted(why)}`, 'See what listens there: it does not answer as a web server does.')
  }
}

/** What an answer means that any web server in front may give; undefined where it depends on what was asked. */
export function fromTheFront(check: string, what: string, answer: Answer): Finding | undefined {
  const { status, headers } = answer
  if (status >= 300 && status < 400) {
    return fail(
      check,
      `${what} is redirected to ${quoted(headers.get('location') ?? '')}`,
      'Enter the address where it ends in Talk, or take this path out of the redirection; Talk and clients do not follow.',
    )
  }
  if (status === 401 || status === 407) {
    return fail(
      check,
      `${what} wants a password (status ${status})`,
      'Take this path out of the login of the web server.',
    )
  }
  if (status === 502 || status === 504 || (status === 503 && !isSignaling(answer))) {
    return fail(
      check,
      `the web server in front cannot reach the signaling server for ${what} (status ${status})`,
      'See that heliograph runs and listens where the web server looks for it: [http] listen, and proxy_pass or the like.',
    )
  }
  return undefined
}

/** Talk refuses more than this many ms between its clock and the server's. */
export const mostSkew = 45_000
const notableSkew = 10_000

export interface Skew {
  readonly is: 'good' | 'notable' | 'too much' | 'unknown'
  /** In words; empty where it is good. */
  readonly says: string
}

/** How the clock of whoever answered differs from this machine's. `Date` has whole seconds, half of one is the mean. */
export function skewOf(answer: Answer): Skew {
  if (answer.date === undefined) return { is: 'unknown', says: 'the answer has no Date header' }
  const skew = answer.date + 500 - answer.time
  const size = Math.abs(skew)
  const says = `${Math.round(size / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine`
  if (size > mostSkew) return { is: 'too much', says }
  return size > notableSkew ? { is: 'notable', says } : { is: 'good', says: '' }
}
