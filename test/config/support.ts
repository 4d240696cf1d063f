/** Loads configurations written in tests, and prints what is wrong with them. */

import { type Config, type ConfigSource, loadConfig, printFault } from '../../src/config/load.ts'

/** A file to which nothing need be added. */
export const smallest = '[http]\nlisten = 127.0.0.1:8080\n[sessions]\nhashkey = 0123456789abcdef0123456789abcdef\n'

export type Given = Partial<ConfigSource> & { readonly files?: Readonly<Record<string, string>> }

export function load(text: string, { files = {}, ...rest }: Given = {}) {
  const readFile = (path: string) => {
    const content = files[path]
    if (content === undefined) throw new Error('no such file')
    return content
  }
  return loadConfig({ file: 'server.conf', text, environment: {}, readFile, ...rest })
}

/** The lines that an operator would see. */
export function told(text: string, given: Given = {}): string[] {
  return load(text, given).faults.map(printFault)
}

/** Of a file with nothing wrong at all. */
export function configOf(text: string, given: Given = {}): Config {
  const { config, faults } = load(text, given)
  if (!config || faults.length > 0) throw new Error(faults.map(printFault).join('\n'))
  return config
}
