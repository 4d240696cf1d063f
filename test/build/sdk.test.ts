/** The client as it is built: modules for Bun, Node and bundlers with their types, and one file for a script tag. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { buildSdk } from '../../tools/build-sdk.ts'
import { root } from '../../tools/files.ts'
import { startChild } from '../support/child.ts'
import { tempFolder } from '../support/temp-folder.ts'

const folder = tempFolder()
/** An application that has the package installed. */
const app = folder.file('app')
const installed = `${app}/node_modules/@heliograph/client`

beforeAll(async () => {
  mkdirSync(installed, { recursive: true })
  await buildSdk(`${installed}/dist`)
  writeFileSync(`${installed}/package.json`, await Bun.file(`${root}/sdk/package.json`).text())
  symlinkSync(`${root}/node_modules/socket.io-client`, `${app}/node_modules/socket.io-client`)
  writeFileSync(`${app}/package.json`, '{"type":"module"}')
}, 60_000)
afterAll(() => folder[Symbol.dispose]())

const program = `
import { TalkClient, UnauthorizedError } from '@heliograph/client'
import { AdmissionClient } from '@heliograph/client/admission'
const client = new TalkClient({ settings: async () => { throw new UnauthorizedError() } })
const admission = new AdmissionClient({ url: 'http://127.0.0.1:1', getToken: () => { throw new UnauthorizedError() } })
client.connect()
admission.connect()
const refusals = await Promise.all([client, admission].map((one) => one.ready().catch((error) => error instanceof UnauthorizedError)))
console.log(client.state, admission.state, ...refusals)
`

for (const [name, command] of [
  ['Bun', [process.execPath]],
  ['Node', ['node']],
] as const) {
  test.skipIf(Bun.which(command[0]) === null)(
    `the modules load and work in ${name}`,
    async () => {
      const file = `${app}/program.js`
      writeFileSync(file, program)
      await using child = startChild([...command, file], { cwd: app })
      await child.exited
      expect(child.output()).toBe('closed closed true true\n')
    },
    20_000,
  )
}

test('a TypeScript program outside this repository sees the types', async () => {
  const options = { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022', strict: true, noEmit: true }
  writeFileSync(
    `${app}/tsconfig.json`,
    JSON.stringify({ compilerOptions: { ...options, lib: ['es2022', 'dom'], types: [] }, files: ['program.ts'] }),
  )
  const compile = async (text: string): Promise<string> => {
    writeFileSync(`${app}/program.ts`, text)
    await using child = startChild([`${root}/node_modules/.bin/tsc`, '-p', `${app}/tsconfig.json`], { cwd: app })
    await child.exited
    return child.output()
  }
  const uses = `import { RelayClient } from '@heliograph/client'
const client = new RelayClient({ url: 'wss://host/websocket', username: 'anna', token: 'x' })
client.on('state', ({ to }) => { const state: 'connected' | string = to; void state })
`
  expect(await compile(uses)).toBe('')
  expect(await compile(`${uses}client.on('stata', () => {})\n`)).toContain(`"stata"`)
}, 40_000)

test('the file for a script tag makes one global', async () => {
  const text = await Bun.file(`${installed}/dist/heliograph.js`).text()
  const file = `${app}/script.cjs`
  writeFileSync(file, `${text}\nconsole.log(Object.keys(globalThis.Heliograph).sort().join(' '))`)
  await using child = startChild([process.execPath, file])
  await child.exited
  const names = child.output().trim().split(' ')
  for (const name of ['AdmissionClient', 'Mesh', 'PeerLink', 'PresenceClient', 'RelayClient', 'TalkClient']) {
    expect(names).toContain(name)
  }
})
