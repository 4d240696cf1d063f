/** What a script tag brings: everything, as the members of one global `Heliograph`. */
import * as admission from './admission.ts'
import * as client from './index.ts'

Object.assign(globalThis, { Heliograph: { ...client, ...admission } })
