/** `heliograph check-config [--proxy] FILE`: every fault of a configuration, before it is used. */
import { advice } from '../config/advice.ts'
import { type Fault, printFault } from '../config/load.ts'
import { readConfig, readProxyConfig } from './read-config.ts'

const usageError = 2

export function checkConfig(args: readonly string[]): number {
  const isProxy = args[0] === '--proxy'
  const [file, ...more] = isProxy ? args.slice(1) : args
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    process.stderr.write('heliograph check-config takes one file\n')
    return usageError
  }
  let read: Checked
  try {
    read = isProxy ? checkedProxy(file) : checked(file)
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  const { faults } = read
  for (const fault of faults) process.stdout.write(`${printFault(fault)}\n`)
  if (!read.isUsable) {
    process.stdout.write(`${file}: not usable\n`)
    return 1
  }
  process.stdout.write(faults.length === 0 ? `${file}: no faults\n` : `${file}: usable, with the warnings above\n`)
  return 0
}

interface Checked {
  readonly isUsable: boolean
  readonly faults: readonly Fault[]
}

function checked(file: string): Checked {
  const { config, faults } = readConfig(file)
  return { isUsable: config !== undefined, faults: [...faults, ...(config ? advice(config, file) : [])] }
}

function checkedProxy(file: string): Checked {
  const { config, faults } = readProxyConfig(file)
  return { isUsable: config !== undefined, faults }
}
