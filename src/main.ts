/** Chooses what to run and waits for its end. */
import { runBench } from './bench/run.ts'
import { runSideBySide } from './bench/side-by-side/run.ts'
import { checkConfig } from './commands/check-config.ts'
import { doctor } from './commands/doctor.ts'
import { help } from './commands/help.ts'
import { importTurnserver } from './commands/import-turnserver.ts'
import { proxy } from './commands/proxy.ts'
import { serve } from './commands/serve.ts'
import { announcedVersion, heliographVersion } from './version.ts'

const usageError = 2

async function main([command, ...rest]: readonly string[]): Promise<number> {
  const wantsHelp = rest.includes('--help') || rest.includes('-h')
  switch (command) {
    case 'serve':
      return wantsHelp ? help('serve') : serve(rest)
    case 'check-config':
      return wantsHelp ? help('check-config') : checkConfig(rest)
    case 'doctor':
      return wantsHelp ? help('doctor') : doctor(rest)
    case 'import-turnserver':
      return wantsHelp ? help('import-turnserver') : importTurnserver(rest)
    case 'bench':
      return rest[0] === 'side-by-side' ? runSideBySide(rest.slice(1)) : runBench(rest)
    case 'proxy':
      return wantsHelp ? help('proxy') : proxy(rest)
    case 'version':
    case '--version':
      process.stdout.write(`heliograph ${heliographVersion} (announced to Talk as ${announcedVersion})\n`)
      return 0
    case '--help':
    case '-h':
    case 'help':
      return help(undefined)
    default:
      process.stderr.write(
        command ? `heliograph: there is no command ${JSON.stringify(command)}\n` : 'heliograph: which command?\n',
      )
      process.stderr.write('Try: heliograph --help\n')
      return usageError
  }
}

process.exitCode = await main(process.argv.slice(2))
