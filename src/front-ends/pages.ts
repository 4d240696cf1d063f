/** The call page: no protocol of its own, but its files, and the tokens with which it uses the admission front end. */
import type { AdmissionOn, DemoOn } from '../config/config.ts'
import { createThrottle } from '../core/throttle.ts'
import { now } from '../io/clock.ts'
import { pagePaths } from '../io/pages/page-routes.ts'
import { tokenRoute } from '../io/pages/token-route.ts'
import { createRandom } from '../io/random.ts'
import { sessionToken } from '../protocols/admission/token.ts'
import type { RunningFrontEnd, Surroundings } from './running.ts'

/** The application whose rooms are those of the page; other applications' rooms are apart from them. */
const app = 'heliograph-demo'
/** Long enough to connect with, ms. */
const tokenLifetime = 60_000

export function startPages(demo: DemoOn, admission: AdmissionOn, { report }: Surroundings): RunningFrontEnd {
  const random = createRandom()
  // Good for a connection while it lasts; that it names no socket keeps it from being anything else.
  const mint = (): string => {
    const nobody = `page-${Buffer.from(random(12)).toString('hex')}`
    return sessionToken(admission.appSecret, app, nobody, now() + tokenLifetime)
  }
  const token = tokenRoute({
    config: demo,
    throttle: createThrottle(),
    now,
    mint,
    path: admission.path,
    note: report.note,
  })
  return {
    paths: pagePaths(token),
    longestMessage: 0,
    reload() {},
    drained: () => Promise.resolve(),
    closeAll() {},
    emptied: () => Promise.resolve(),
    [Symbol.dispose]() {},
  }
}
