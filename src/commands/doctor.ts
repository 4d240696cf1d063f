/** `heliograph doctor URL`: says in plain sentences why a set-up does not work, and what to do. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { examine } from '../doctor/examination.ts'
import { conclusion, type Finding, fail, hasFailed, printFinding } from '../doctor/finding.ts'
import { normaliseBackendUrl } from '../protocols/talk/backend/urls.ts'
import { selectNextclouds } from './doctor-nextclouds.ts'
import { createProbes } from './doctor-probes.ts'
import { type ReadConfig, readConfig } from './read-config.ts'

const usageError = 2
/** Seconds for one step. */
const standardTimeout = 5

interface Options {
  readonly address: string
  readonly read: ReadConfig | undefined
  readonly file: string
  readonly backend: string | undefined
  readonly secret: string | undefined
  /** ms */
  readonly limit: number
}

export async function doctor(args: readonly string[]): Promise<number> {
  let options: Options | string
  try {
    options = optionsOf(args)
  } catch (error) {
    options = error instanceof Error ? error.message : String(error)
  }
  if (typeof options === 'string') {
    process.stderr.write(`heliograph doctor: ${options}\nTry: heliograph doctor --help\n`)
    return usageError
  }
  const { read, limit } = options
  const config = read?.config
  const { findings, nextclouds } = selectNextclouds({ config, backend: options.backend, secret: options.secret })
  const all: Finding[] = []
  const report = (finding: Finding): void => {
    all.push(finding)
    process.stdout.write(`${printFinding(finding)}\n`)
  }
  if (read && !config) {
    report(fail('configuration', `${options.file} is not usable`, `heliograph check-config ${options.file} says why.`))
  }
  for (const finding of findings) report(finding)
  const skipVerify = config?.talk.kind === 'on' && config.talk.skipVerify
  using probes = createProbes({ limit, skipVerify })
  for await (const finding of examine(options.address, nextclouds, probes)) report(finding)
  process.stdout.write(`\n${conclusion(all)}\n`)
  return hasFailed(all) ? 1 : 0
}

/** Or what is wrong with the command line. Throws if it or a file cannot be read. */
function optionsOf(args: readonly string[]): Options | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      backend: { type: 'string' },
      'secret-file': { type: 'string' },
      timeout: { type: 'string' },
    },
  })
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) return 'give one address, as it stands in the settings of Talk'
  const seconds = Number(values.timeout ?? standardTimeout)
  if (!(seconds > 0 && seconds <= 600)) return '--timeout is a number of seconds, up to 600'
  const backend = values.backend === undefined ? undefined : normaliseBackendUrl(values.backend)
  if (values.backend !== undefined && backend === undefined) return '--backend is the url of a Nextcloud'
  const secret = values['secret-file'] === undefined ? undefined : readSecret(values['secret-file'])
  if (secret === '') return '--secret-file: the file is empty'
  const file = values.config ?? ''
  const read = values.config === undefined ? undefined : readConfig(file)
  return { address, read, file, backend, secret, limit: seconds * 1000 }
}

/** As `secret_file` of the configuration: a line end at the end does not count. */
const readSecret = (file: string): string => readFileSync(file, 'utf8').replace(/\r?\n$/, '')
