/** Configuration files read from disk, with all their faults. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { type ConfigSource, type Fault, loadConfig } from '../config/load.ts'
import { loadProxyConfig } from '../config/load-proxy.ts'
import type { ProxyConfig } from '../config/proxy-config.ts'

export interface ReadConfig<C = Config> {
  readonly config: C | undefined
  readonly faults: readonly Fault[]
}

/** Relative paths in the file are relative to the file. Throws if the file itself cannot be read. */
export function readConfig(file: string): ReadConfig {
  const beside = besideFile(file)
  const { config, faults } = loadConfig(sourceOf(file))
  if (!config) return { config: undefined, faults }
  const { https, turnServer } = config
  return {
    config: {
      ...config,
      https: { ...https, ...tlsFiles(https, beside) },
      turnServer: turnServer.kind === 'off' ? turnServer : { ...turnServer, ...tlsFiles(turnServer, beside) },
    },
    faults,
  }
}

/** The same for `proxy.conf`. */
export function readProxyConfig(file: string): ReadConfig<ProxyConfig> {
  const { config, faults } = loadProxyConfig(sourceOf(file))
  const https = config && { ...config.https, ...tlsFiles(config.https, besideFile(file)) }
  return { config: config && https && { ...config, https }, faults }
}

type Beside = (path: string) => string

const besideFile =
  (file: string): Beside =>
  (path) =>
    isAbsolute(path) ? path : join(dirname(file), path)

const sourceOf = (file: string): ConfigSource => ({
  file,
  text: readFileSync(file, 'utf8'),
  environment: process.env,
  readFile: (path) => readFileSync(besideFile(file)(path), 'utf8'),
})

interface TlsFiles {
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

function tlsFiles({ certificate, key }: TlsFiles, beside: Beside): TlsFiles {
  return {
    ...(certificate === undefined ? {} : { certificate: beside(certificate) }),
    ...(key === undefined ? {} : { key: beside(key) }),
  }
}
