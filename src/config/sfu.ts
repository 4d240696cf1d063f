/** `[mcu]` as the rest of the program sees it, and everything about it that cannot work. */

import { readRsaPrivateKey } from '../lib/rsa-key.ts'
import type { ProxiesConfig, SfuConfig } from './config.ts'
import { quoted } from './fault.ts'
import type { SectionRead } from './read-section.ts'
import type { schema } from './schema.ts'
import type { Sources } from './sources.ts'

type Read = SectionRead<typeof schema.mcu.settings>
type Key = keyof typeof schema.mcu.settings
type Tell = (key: Key, message: string) => void

/** `allowSubscribeAny` stands in `[app]`. None without a type. */
export function readSfu(sources: Sources, read: Read, allowSubscribeAny: boolean): SfuConfig {
  const { values } = read
  const fault: Tell = (key, message) => {
    // What is missing is missed where the type says that it is needed.
    const place = read.place(read.isGiven(key) ? key : 'type')
    sources.faults.push({ severity: 'error', ...place, section: 'mcu', key, message })
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
      const urls = checkedUrls(
        read,
        ['ws', 'wss'],
        'type = janus needs one, for example url = ws://127.0.0.1:8188',
        fault,
      )
      if (urls.length > 1) fault('url', 'lists several; type = janus takes one (type = proxy takes several)')
      return { kind: 'janus', url: urls[0] ?? '', ...common }
    }
    case 'proxy':
      return { kind: 'proxies', ...readProxies(sources, read, fault), ...common }
    case undefined:
      return { kind: 'none' }
  }
}

function readProxies(sources: Sources, read: Read, fault: Tell) {
  const { values } = read
  const example = 'type = proxy needs at least one, for example url = https://proxy.example.org/'
  const isElsewhere = values.urltype === 'etcd' && !read.isGiven('url')
  for (const key of ['token_id', 'token_key'] as const) {
    const value = key === 'token_id' ? 'one' : 'token.key'
    if (!read.isGiven(key)) fault(key, `is missing; type = proxy needs one, for example ${key} = ${value}`)
  }
  return {
    urls: isElsewhere ? [] : checkedUrls(read, ['https', 'http', 'wss', 'ws'], example, fault),
    proxyTimeout: values.proxytimeout,
    skipVerify: values.skipverify,
    dnsDiscovery: values.dnsdiscovery,
    tokenId: values.token_id ?? '',
    tokenKey: values.token_key === undefined ? '' : readTokenKey(sources, values.token_key, fault),
  } satisfies Partial<ProxiesConfig>
}

/** Each once, as the operator spells it. */
function checkedUrls(read: Read, schemes: readonly string[], example: string, fault: Tell): readonly string[] {
  const urls = [...new Set(read.values.url ?? [])]
  if (urls.length === 0) fault('url', `is missing; ${example}`)
  for (const url of urls) {
    if (isUsable(url, schemes)) continue
    const allowed = schemes.map((scheme) => `${scheme}://`).join(', ')
    fault(
      'url',
      `${quoted(url)} is not usable; allowed: ${allowed}, a host and perhaps a path; no user, password, ? or #`,
    )
  }
  return urls
}

function isUsable(text: string, schemes: readonly string[]): boolean {
  if (!schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}://`)) || !URL.canParse(text)) return false
  const { username, password, hostname } = new URL(text)
  return hostname !== '' && username === '' && password === '' && !/[?#]/.test(text)
}

function readTokenKey(sources: Sources, path: string, fault: Tell): string {
  let text: string
  try {
    text = sources.readFile(path)
  } catch (error) {
    fault('token_key', `cannot read ${quoted(path)}: ${error instanceof Error ? error.message : String(error)}`)
    return ''
  }
  const key = readRsaPrivateKey(text)
  if (!key.ok) fault('token_key', `${quoted(path)} ${key.error}`)
  return text
}
