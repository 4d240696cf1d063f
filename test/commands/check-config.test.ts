/** Every fault of a file, before it is used. */
import { afterAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { tempFolder } from '../support/temp-folder.ts'
import { heliograph, shortConf } from './run.ts'

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())

function conf(name: string, text: string): string {
  writeFileSync(folder.file(name), text)
  return folder.file(name)
}

test('a good file: exit code 0', async () => {
  const file = conf('good.conf', shortConf('127.0.0.1:0'))
  expect(await heliograph('check-config', file)).toEqual({ code: 0, stdout: `${file}: no faults\n`, stderr: '' })
})

test('warnings alone leave it usable', async () => {
  const file = conf('warned.conf', `${shortConf('127.0.0.1:0')}tiemout = 3\n`)
  const { code, stdout } = await heliograph('check-config', file)
  expect(code).toBe(0)
  expect(stdout).toBe(
    `${file}:8: warning: [backend] tiemout: is not known here and has no effect; did you mean timeout?\n${file}: usable, with the warnings above\n`,
  )
})

test('all errors at once: file, line, section, key and what is allowed; no secret', async () => {
  const text = `[http]\nlisten = nonsense\n[sessions]\nhashkey = sh0rt\n[backend]\nbackends = one\ntimeout = soon\n[one]\nurl = ftp://x\n`
  const file = conf('bad.conf', text)
  const { code, stdout } = await heliograph('check-config', file)
  expect(code).toBe(1)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.slice(0, -1).map((line) => line.split(': ', 2).join(': '))).toEqual([
    `${file}:2: [http] listen`,
    `${file}:4: [sessions] hashkey`,
    `${file}:7: [backend] timeout`,
    `${file}:8: [one] secret`,
    `${file}:9: [one] url`,
  ])
  for (const line of lines.slice(0, -1)) expect(line).toContain('allowed: ')
  expect(lines.at(-1)).toBe(`${file}: not usable`)
  expect(stdout).not.toContain('sh0rt')
})

test('files that cannot be read: exit code 1', async () => {
  for (const path of [folder.file('nowhere.conf'), folder.path]) {
    const { code, stderr } = await heliograph('check-config', path)
    expect(code).toBe(1)
    expect(stderr).toStartWith(`${path} cannot be read: `)
  }
})

test('wrong usage: exit code 2', async () => {
  for (const args of [[], ['a', 'b'], ['--all']]) {
    expect((await heliograph('check-config', ...args)).code).toBe(2)
  }
})
