/** `[demo]` as the rest of the program sees it, and what about it cannot work. */

import type { DemoConfig } from './config.ts'
import { readSection } from './read-section.ts'
import { schema } from './schema.ts'
import { type Sources, sectionIsGiven } from './sources.ts'

/** Off without the section. */
export function readDemo(sources: Sources): DemoConfig {
  if (!sectionIsGiven(sources, 'demo')) return { kind: 'off' }
  const read = readSection(sources, schema.demo)
  const tell = (message: string): void => {
    sources.faults.push({ severity: 'error', ...read.place('password'), section: 'demo', key: 'password', message })
  }
  if (!read.isGiven('password')) tell('is missing, so that anybody could relay through our TURN server')
  if (!sectionIsGiven(sources, 'admission')) tell('opens nothing without a section [admission], on which the page runs')
  return { kind: 'on', password: read.values.password ?? '' }
}
