/** `heliograph import-turnserver FILE`: the [turn-server] section for an existing turnserver.conf of coturn. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { convertTurnserverConf } from '../turn/turnserver-conf/convert.ts'
import { printTurnServerSection } from '../turn/turnserver-conf/print.ts'

const usageError = 2

export function importTurnserver(args: readonly string[]): number {
  const [file, ...more] = args
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    process.stderr.write('heliograph import-turnserver takes one file\n')
    return usageError
  }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  process.stdout.write(printTurnServerSection(convertTurnserverConf(text), basename(file)))
  return 0
}
