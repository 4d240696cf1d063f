/** The tables of docs/talk.md against what the server tells: every flag is on the page, and what is there is told where it says. */
import { expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { version } from '../../package.json'
import { featuresOf } from '../../src/protocols/talk/features.ts'

const page = await Bun.file(resolve(import.meta.dir, '../../docs/talk.md')).text()

/** What nextcloud-spreed-signaling 2.1.1 may announce, and what newer Talk asks for beyond it. */
const known = [
  'audio-video-permissions',
  'changed-users',
  'chat-relay',
  'dialout',
  'federation',
  'hello-v2',
  'incall-all',
  'join-features',
  'mcu',
  'offer-codecs',
  'recipient-call',
  'serverinfo',
  'simulcast',
  'switchto',
  'transient-data',
  'transient-sessiondata',
  'update-sdp',
  'virtual-sessions',
  'welcome',
]
const knownOfClients = ['chat-relay', 'encryption', 'internal-incall', 'start-dialout']

/** The rows of the table that begins with such a cell; each row as its cells. */
function rowsOf(head: string): readonly (readonly string[])[] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${head} `))
  const rows = lines.slice(start + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

interface Told {
  readonly info: boolean
  readonly welcome: boolean
  readonly client: boolean
  readonly internal: boolean
}
const everywhere: Told = { info: true, welcome: true, client: true, internal: true }
const nowhere: Told = { info: false, welcome: false, client: false, internal: false }

/** What the words of the column say, without an SFU and with one. */
const places: Readonly<Record<string, readonly [Told, Told]>> = {
  always: [everywhere, everywhere],
  'always, but not in the hello of internal clients': [
    { ...everywhere, internal: false },
    { ...everywhere, internal: false },
  ],
  'in the welcome, and in the hello of internal clients': [
    { ...nowhere, welcome: true, internal: true },
    { ...nowhere, welcome: true, internal: true },
  ],
  'with `[mcu]`': [nowhere, everywhere],
}

function told(name: string, hasSfu: boolean): Told {
  const { client, info, internal, welcome } = featuresOf(hasSfu)
  return {
    info: info.includes(name),
    welcome: welcome.includes(name),
    client: client.includes(name),
    internal: internal.includes(name),
  }
}

const nameIn = (cell: string | undefined): string => /^`([a-z0-9-]+)`$/.exec(cell ?? '')?.[1] ?? `no name: ${cell}`

test('every flag that there is stands in the table, once', () => {
  const names = rowsOf('feature').map(([name]) => nameIn(name))
  expect(names.toSorted()).toEqual(known)
  const announced = new Set([...featuresOf(true).welcome, ...featuresOf(true).info, ...featuresOf(true).internal])
  for (const name of announced) expect(names).toContain(name)
  expect(
    rowsOf('feature of a client')
      .map(([name]) => nameIn(name))
      .toSorted(),
  ).toEqual(knownOfClients)
})

test('what works is told where the table says, and what does not is told nowhere', () => {
  for (const [cell, works, where = ''] of rowsOf('feature')) {
    const name = nameIn(cell)
    const [without, withSfu] = works === 'yes' ? (places[where] ?? []) : [nowhere, nowhere]
    expect([name, where, told(name, false)]).toEqual([name, where, without ?? nowhere])
    expect([name, where, told(name, true)]).toEqual([name, where, withSfu ?? nowhere])
    expect(Object.keys(places)).toContain(where)
  }
})

test('every row says since when, and nothing is of a later version than this one', () => {
  const order = (text: string): number => text.split('.').reduce((sum, part) => sum * 1_000 + Number(part), 0)
  const sinces = [
    ...rowsOf('feature').map(([, works, , since = '', what]) => ({ works, since, what })),
    ...rowsOf('feature of a client').map(([, works, since = '', what]) => ({ works, since, what })),
  ]
  for (const { works, since, what } of sinces) {
    expect(['yes', 'no']).toContain(works ?? '')
    expect(since).toMatch(/^\d+\.\d+\.\d+$/)
    expect(order(since)).toBeLessThanOrEqual(order(version))
    expect(what).not.toBe('')
  }
})
