/** `[mcu]` as the rest of the program sees it, and everything about it that cannot work. */

import type { SfuConfig } from './config.ts'
import type { SectionRead } from './read-section.ts'
import type { schema } from './schema.ts'
import type { Sources } from './sources.ts'

type Read = SectionRead<typeof schema.mcu.settings>

/** `allowSubscribeAny` stands in `[app]`. None without a type. */
export function readSfu(sources: Sources, read: Read, allowSubscribeAny: boolean): SfuConfig {
  const { values } = read
  const fault = (key: keyof typeof schema.mcu.settings, message: string): void => {
    sources.faults.push({ severity: 'error', ...read.place('type'), section: 'mcu', key, message })
  }
  const common = {
    maxStreamBitrate: values.maxstreambitrate,
    maxScreenBitrate: values.maxscreenbitrate,
    timeout: values.timeout,
    allowedCandidates: values.allowedcandidates ?? [],
    blockedCandidates: values.blockedcandidates ?? [],
    allowSubscribeAny,
  }
  switch (values.type) {
    case 'janus': {
      const [url] = values.url ?? []
      if (url === undefined) fault('url', 'is missing; type = janus needs one, for example url = ws://127.0.0.1:8188')
      return { kind: 'janus', url: url ?? '', ...common }
    }
    case 'proxy': {
      const example = {
        url: 'url = https://proxy.example.org/',
        token_id: 'token_id = one',
        token_key: 'token_key = token.key',
      }
      for (const key of ['url', 'token_id', 'token_key'] as const) {
        if (key === 'url' && values.urltype === 'etcd') continue
        if (!read.isGiven(key)) fault(key, `is missing; type = proxy needs one, for example ${example[key]}`)
      }
      return {
        kind: 'proxies',
        urls: values.url ?? [],
        proxyTimeout: values.proxytimeout,
        skipVerify: values.skipverify,
        dnsDiscovery: values.dnsdiscovery,
        tokenId: values.token_id ?? '',
        tokenKey: values.token_key ?? '',
        ...common,
      }
    }
    case undefined:
      return { kind: 'none' }
  }
}
