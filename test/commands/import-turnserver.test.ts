/** An operator of coturn moves over. */
import { afterAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { tempFolder } from '../support/temp-folder.ts'
import { heliograph, shortConf } from './run.ts'

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())

test('prints the section, and below it what became of the rest', async () => {
  const text = `listening-ip=10.0.0.5\nrealm=example.org\nuse-auth-secret\nstatic-auth-secret=s3cret\nuser-quota=12\n# a comment\npidfile=/run/turn.pid\nfingerprnt\n`
  writeFileSync(folder.file('turnserver.conf'), text)
  const { code, stdout, stderr } = await heliograph('import-turnserver', folder.file('turnserver.conf'))
  expect([code, stderr]).toEqual([0, ''])
  const [head, ...lines] = stdout.split('\n')
  expect(head).toStartWith('; From turnserver.conf. ')
  expect(lines.filter((line) => !line.startsWith(';') && line !== '')).toEqual([
    '[turn-server]',
    'listen = 10.0.0.5:3478',
    'relayaddress = 10.0.0.5',
    'realm = example.org',
    'secret = s3cret',
    'userquota = 12',
  ])
  expect(stdout).toMatch(/^; Left out:\n; {3}line 7, pidfile: /m)
  expect(stdout).toMatch(/^; Unknown lines:\n; {3}line 8, fingerprnt: /m)
})

test('check-config takes what it prints', async () => {
  const text =
    'listening-ip=10.0.0.5\nexternal-ip=203.0.113.7\nrealm=example.org\nuse-auth-secret\nstatic-auth-secret=s3cret\n'
  writeFileSync(folder.file('good.conf'), text)
  const { stdout } = await heliograph('import-turnserver', folder.file('good.conf'))
  writeFileSync(folder.file('server.conf'), `${shortConf('127.0.0.1:0')}\n${stdout}`)
  const file = folder.file('server.conf')
  expect(await heliograph('check-config', file)).toEqual({ code: 0, stdout: `${file}: no faults\n`, stderr: '' })
})

test('files that cannot be read: exit code 1', async () => {
  for (const path of [folder.file('nowhere.conf'), folder.path]) {
    const { code, stdout, stderr } = await heliograph('import-turnserver', path)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toStartWith(`${path} cannot be read: `)
  }
})

test('wrong usage: exit code 2', async () => {
  for (const args of [[], ['a', 'b'], ['--all']]) expect((await heliograph('import-turnserver', ...args)).code).toBe(2)
})
