/** `heliograph check-config FILE`: every fault of a configuration, before it is used. */
import { advice } from '../config/advice.ts'
import { printFault } from '../config/load.ts'
import { type ReadConfig, readConfig } from './read-config.ts'

const usageError = 2

export function checkConfig(args: readonly string[]): number {
  const [file, ...more] = args
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    process.stderr.write('heliograph check-config takes one file\n')
    return usageError
  }
  let read: ReadConfig
  try {
    read = readConfig(file)
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  const faults = [...read.faults, ...(read.config ? advice(read.config, file) : [])]
  for (const fault of faults) process.stdout.write(`${printFault(fault)}\n`)
  if (!read.config) {
    process.stdout.write(`${file}: not usable\n`)
    return 1
  }
  process.stdout.write(faults.length === 0 ? `${file}: no faults\n` : `${file}: usable, with the warnings above\n`)
  return 0
}
