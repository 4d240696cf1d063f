/** A configuration file read from disk, with all its faults. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { type Fault, loadConfig } from '../config/load.ts'

export interface ReadConfig {
  readonly config: Config | undefined
  readonly faults: readonly Fault[]
}

/** Relative paths in the file are relative to the file. Throws if the file itself cannot be read. */
export function readConfig(file: string): ReadConfig {
  const beside = (path: string): string => (isAbsolute(path) ? path : join(dirname(file), path))
  const { config, faults } = loadConfig({
    file,
    text: readFileSync(file, 'utf8'),
    environment: process.env,
    readFile: (path) => readFileSync(beside(path), 'utf8'),
  })
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

interface TlsFiles {
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

function tlsFiles({ certificate, key }: TlsFiles, beside: (path: string) => string): TlsFiles {
  return {
    ...(certificate === undefined ? {} : { certificate: beside(certificate) }),
    ...(key === undefined ? {} : { key: beside(key) }),
  }
}
