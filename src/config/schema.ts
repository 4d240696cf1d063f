/** Every section and setting there is; checks, suggestions and the reference page follow this list. */

import { admission } from './sections/admission.ts'
import { app, clients, sessions, stats } from './sections/app.ts'
import { backend, ownBackend } from './sections/backend.ts'
import { etcd, federation, grpc, nats } from './sections/cluster.ts'
import { demo } from './sections/demo.ts'
import { continentOverrides, geoip, geoipOverrides } from './sections/geoip.ts'
import { http, https } from './sections/http.ts'
import { mcu, turn } from './sections/media.ts'
import { ownProvider, presence } from './sections/presence.ts'
import { relay } from './sections/relay.ts'
import { turnServer } from './sections/turn-server.ts'
import type { Section, Settings } from './setting.ts'

/** The sections by name, in the order of the reference page. */
export const schema = {
  http,
  https,
  app,
  sessions,
  clients,
  backend,
  federation,
  nats,
  mcu,
  turn,
  'turn-server': turnServer,
  relay,
  presence,
  admission,
  demo,
  geoip,
  'geoip-overrides': geoipOverrides,
  'continent-overrides': continentOverrides,
  stats,
  etcd,
  grpc,
} as const satisfies Readonly<Record<string, Section<Settings>>>

export const sections: readonly Section<Settings>[] = Object.values(schema)

/** The sections that each backend and each OpenID provider has under its own name. */
export { ownBackend, ownProvider }
