import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { z } from 'zod'
import { startChild } from '../../support/child.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const missing = notRunnable(
  'ours and coturn side by side',
  ...[debian.turnserver, debian.compiler, debian.libcHeaders, debian.sslHeaders],
)
const program = join(import.meta.dir, '../../../bench/turn/side-by-side.ts')

/** Nothing about speed: a machine that runs tests has other things to do. */
test.skipIf(missing)(
  'a quick comparison runs through and leaves numbers and a page',
  async () => {
    using folder = tempFolder()
    const [json, markdown] = [folder.file('results.json'), folder.file('results.md')]
    const measure = ['--measure', 'video,allocations,strangers']
    await using child = startChild([
      ...[process.execPath, program, '--quick', ...measure],
      ...['--json', json, '--markdown', markdown],
    ])
    expect([await child.exited, child.output()]).toEqual([0, expect.stringContaining('allocations')])
    const { runs } = z
      .object({ runs: z.array(z.object({ contender: z.string(), measurement: z.string() })) })
      .parse(await Bun.file(json).json())
    expect(runs.map(({ contender, measurement }) => `${contender} ${measurement}`)).toEqual([
      ...['ours video', 'coturn video'],
      ...['ours allocations', 'coturn allocations'],
      ...['ours strangers', 'coturn strangers'],
    ])
    expect(await Bun.file(markdown).text()).toContain('# STUN/TURN side by side with coturn')
  },
  60_000,
)
