/** What the machine is told of the operator's wishes; all of it may change while running. */
import type { GeoIpConfig, ProxiesConfig } from '../../config/config.ts'
import { readRsaPrivateKey } from '../../lib/rsa-key.ts'
import type { SfuLimits } from '../sfu.ts'
import type { ContinentOverrides } from './choose.ts'
import { createTokenSigner, type SignToken } from './tokens.ts'

export interface ProxySettings extends SfuLimits {
  /** As the operator spells them, each once. */
  readonly urls: readonly string[]
  /** Connects to each address that the host of a url has. */
  readonly dnsDiscovery: boolean
  /** How long (ms) a proxy may take to make or delete something. */
  readonly proxyTimeout: number
  readonly continents: ContinentOverrides
  readonly sign: SignToken
}

/** Throws if the key is none, which reading the configuration has ruled out. */
export function proxySettings(config: ProxiesConfig, { continents }: GeoIpConfig): ProxySettings {
  const { urls, dnsDiscovery, proxyTimeout, maxStreamBitrate, maxScreenBitrate, timeout } = config
  const key = readRsaPrivateKey(config.tokenKey)
  if (!key.ok) throw new Error(`[mcu] token_key ${key.error}`)
  const sign = createTokenSigner(config.tokenId, key.value)
  return { urls, dnsDiscovery, proxyTimeout, maxStreamBitrate, maxScreenBitrate, timeout, continents, sign }
}
