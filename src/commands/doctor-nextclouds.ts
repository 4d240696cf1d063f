/** Which Nextclouds the doctor asks, and with which secret: from the command line and the configuration. */
import type { Config } from '../config/config.ts'
import type { Nextcloud } from '../doctor/examination.ts'
import { type Finding, fail, ok, warn } from '../doctor/finding.ts'
import { createBackends } from '../protocols/talk/backend/backends.ts'

export interface Given {
  readonly config: Config | undefined
  /** In its one spelling. */
  readonly backend: string | undefined
  /** Goes before that of the configuration. */
  readonly secret: string | undefined
}

export interface Selection {
  readonly findings: readonly Finding[]
  readonly nextclouds: readonly Nextcloud[]
}

const check = 'configuration'

export function selectNextclouds({ config, backend, secret }: Given): Selection {
  if (!config) {
    return { findings: [], nextclouds: backend || secret ? [{ url: backend, secret }] : [] }
  }
  const configured = config.talk.kind === 'on' ? config.talk.backends : []
  if (configured.length === 0) {
    const finding = fail(check, 'no backend is configured, so nobody can use the server', 'Fill [backend] in.')
    return { findings: [finding], nextclouds: backend || secret ? [{ url: backend, secret }] : [] }
  }
  const internal = config.clients.internalSecret
    ? []
    : [
        warn(
          check,
          'recording and telephony cannot connect: there is no [clients] internalsecret',
          'If there is a recording server: set it, the same as the internalsecret in its configuration.',
        ),
      ]
  if (backend === undefined) {
    const nextclouds = configured.flatMap((one) =>
      urlsOf(one.accepts).map((url) => ({ url, secret: secret ?? one.secret })),
    )
    return { findings: [...internal, usable(configured.length)], nextclouds }
  }
  const backends = createBackends(configured)
  const found = backends.byUrl(backend)
  const finding = found
    ? ok(check, `${backend} is the backend "${found.id}"`)
    : fail(
        check,
        `there is no backend for ${backend}, only for ${backends.accepted().join(', ')}`,
        'Add the url to the urls of its backend, with https or http as Nextcloud uses it, and reload.',
      )
  return { findings: [...internal, finding], nextclouds: [{ url: backend, secret: secret ?? found?.secret }] }
}

const usable = (backends: number): Finding => ok(check, `usable, ${backends} backend${backends === 1 ? '' : 's'}`)

type Accepts = Extract<Config['talk'], { readonly kind: 'on' }>['backends'][number]['accepts']

function urlsOf(accepts: Accepts): readonly (string | undefined)[] {
  switch (accepts.kind) {
    case 'urls':
      return accepts.urls
    case 'hosts':
      return accepts.hosts.map((host) => `https://${host}/`)
    case 'any':
      return [undefined]
  }
}
