/** Every section and setting of `proxy.conf`; checks, suggestions and the reference page follow this list. */

import { stats } from './sections/app.ts'
import { etcd } from './sections/cluster.ts'
import { http, https } from './sections/http.ts'
import { bandwidth, proxyApp, proxyMcu, tokens } from './sections/proxy.ts'
import type { Section, Settings } from './setting.ts'

const writetimeout = {
  ...http.settings.writetimeout,
  meaning: 'Accepted for the sake of existing files. Nobody here waits for a client that reads slowly.',
}

/** The sections by name, in the order of the reference page. */
export const proxySchema = {
  http: { ...http, settings: { ...http.settings, writetimeout } },
  https: { ...https, settings: { ...https.settings, writetimeout } },
  app: proxyApp,
  bandwidth,
  tokens,
  mcu: proxyMcu,
  stats,
  etcd,
} as const satisfies Readonly<Record<string, Section<Settings>>>

export const proxySections: readonly Section<Settings>[] = Object.values(proxySchema)
