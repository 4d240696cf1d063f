/** The quick starts of README.md do what they say: each block is pasted, saved or typed as it stands there, but for the ports. */
import { describe, expect, test } from 'bun:test'
import { symlinkSync, writeFileSync } from 'node:fs'
import { root } from '../../tools/files.ts'
import { startChild } from '../support/child.ts'
import { debian, notRunnable } from '../support/deb.ts'
import { freePort } from '../support/free-port.ts'
import { oursMissing } from '../support/ours.ts'
import { tempFolder } from '../support/temp-folder.ts'

interface Block {
  readonly kind: string
  readonly text: string
}

const readme = await Bun.file(`${root}/README.md`).text()

/** Of the part between this title and the next one. */
function blocksUnder(title: string): readonly Block[] {
  const [, part = ''] = readme.split(`\n### ${title}`)
  const [own = ''] = part.split(/\n##/)
  return [...own.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({ kind, text }))
}

/** In a folder that looks like a checkout after `npm ci`, so that nothing is left in ours. */
async function follow(title: string): Promise<{ readonly said: string; readonly expected: string }> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(tempFolder())
  for (const name of ['bin', 'node_modules', 'test', 'package.json']) symlinkSync(`${root}/${name}`, folder.file(name))
  const ports = [await freePort(), await freePort()]
  const onOurPorts = (text: string) => text.replaceAll(':8080', `:${ports[0]}`).replaceAll(/\b9000\b/g, `${ports[1]}`)
  const env: Record<string, string> = {}
  let said = ''
  let expected = ''
  for (const { kind, text } of blocksUnder(title)) {
    const block = onOurPorts(text)
    if (kind === 'js') writeFileSync(folder.file(/^\/\/ (\w+\.js)$/m.exec(block)?.[1] ?? ''), block)
    if (kind === 'sh') {
      const child = parts.use(startChild(['sh', '-c', direct(inPlaceOfShell(block))], { cwd: folder.path }))
      const [, token] = await child.said(/"listening","address":"http:|^TOKEN=(\S+)\n/m, 15_000)
      if (token !== undefined) env['TOKEN'] = token
    }
    if (kind === 'console') {
      const commands = block.matchAll(/^\$ (.*)$/gm).map(([, command = '']) => direct(command))
      await using shell = startChild(['sh', '-c', [...commands].join('\n')], { cwd: folder.path, env })
      await shell.exited
      said += shell.output()
      expected += block.replaceAll(/^\$ .*\n/gm, '')
    }
  }
  return { said, expected }
}

/** Without npx in between, which would be ended and leave what it started. */
const direct = (text: string): string => text.replaceAll('npx bun', 'node_modules/.bin/bun')

/** The last program of a block takes the place of the shell, so that it is the child itself. */
const inPlaceOfShell = (text: string): string => text.replace(/^(npx bun|bin\/heliograph) /m, 'exec $&')

const suite = 'the quick starts of README.md'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl, debian.curl))(suite, () => {
  test.each(['Relay', 'Presence', 'Admission'])(
    '%s',
    async (title) => {
      const { said, expected } = await follow(title)
      expect(expected.split('\n').length).toBeGreaterThan(3)
      expect(said).toBe(expected)
    },
    30_000,
  )
})
