/** What the program says of itself, and how it takes being called wrongly. */
import { expect, test } from 'bun:test'
import { announcedVersion, heliographVersion } from '../../src/version.ts'
import { heliograph } from './run.ts'

test('version', async () => {
  for (const spelling of ['version', '--version']) {
    const { code, stdout } = await heliograph(spelling)
    expect(code).toBe(0)
    expect(stdout).toBe(`heliograph ${heliographVersion} (announced to Talk as ${announcedVersion})\n`)
  }
})

test('help names every command, and every command has help', async () => {
  const { code, stdout } = await heliograph('--help')
  expect(code).toBe(0)
  expect((await heliograph('help')).stdout).toBe(stdout)
  const commands = [...stdout.matchAll(/^ {2}heliograph ([a-z-]+)/gm)].map((match) => match[1] ?? '')
  expect(commands).toEqual(['serve', 'proxy', 'check-config', 'doctor', 'import-turnserver', 'bench', 'version'])
  for (const command of ['serve', 'proxy', 'check-config', 'doctor', 'import-turnserver']) {
    const help = await heliograph(command, '--help')
    expect(help.code).toBe(0)
    expect(help.stdout).toStartWith(`heliograph ${command} `)
  }
})

test('no command and an unknown one: exit code 2, and where to look', async () => {
  for (const args of [[], ['dance']]) {
    const { code, stdout, stderr } = await heliograph(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('heliograph --help')
  }
})
