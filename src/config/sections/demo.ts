/** Settings of the page that makes a call: `[demo]`. */

import { secret } from '../kinds.ts'
import { optional } from '../setting.ts'

export const demo = {
  name: 'demo',
  meaning:
    'The page `/demo`, on which a browser makes a call. It needs `[admission]`. It is off without this section; `heliograph serve` without a file has it. How it works: docs/demo.md.',
  settings: {
    password: optional(secret({ atLeast: 8 }), {
      meaning:
        'What the page asks for. Whoever knows it may open rooms of the page, and relay through our TURN server. Needed.',
      placeholders: ['password', 'changeme'],
    }),
  },
} as const
