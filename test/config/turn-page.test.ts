/** The page on TURN says what is so: its examples are what the programs make of each other, and its keys exist. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { schema } from '../../src/config/schema.ts'
import { tellings } from '../../src/observe/facts.ts'
import { convertTurnserverConf } from '../../src/turn/turnserver-conf/convert.ts'
import { fates } from '../../src/turn/turnserver-conf/options.ts'
import { load, smallest } from './support.ts'

const page = readFileSync(resolve(import.meta.dir, '../../docs/turn.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1] ?? '')
const part = (heading: string): string => page.split(/^## /m).find((text) => text.startsWith(heading)) ?? ''

test('the example of step 2 is what the importer makes of the file before it', () => {
  const [before = ''] = blocks('conf')
  const section = convertTurnserverConf(before).settings.map(({ key, value }) => `${key} = ${value}\n`)
  expect(blocks('ini')).toContain(`[turn-server]\n${section.join('')}`)
})

test('every example can be read', () => {
  for (const block of blocks('ini')) {
    const text = block.startsWith('[http]')
      ? block.replace('hashkey = ...', 'hashkey = 12345678')
      : smallest + (block.startsWith('[') ? block : `[turn-server]\nsecret = s\n${block}`)
    expect([block, load(text).faults]).toEqual([block, []])
  }
})

test('every option of the table is one of coturn, and every option of the example is in it', () => {
  const rows = part('turnserver.conf').match(/^\| `.*$/gm) ?? []
  const options = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  )
  expect(options.filter((option) => !fates.has(option))).toEqual([])
  const used = (blocks('conf')[0] ?? '').split('\n').map((line) => line.split('=')[0] ?? '')
  expect(used.filter((option) => option !== '' && !options.includes(option))).toEqual([])
})

test('every setting of the section is known, and its facts are', () => {
  const keys = Object.keys(schema['turn-server'].settings)
  const limits = [...part('Limits').matchAll(/`([a-z]+)`/g)].map((match) => match[1] ?? '')
  expect(limits.filter((key) => !keys.includes(key))).toEqual([])
  const facts = [...part('The log').matchAll(/^\| `([a-z]+-[a-z-]+)` +\| (\w+)/gm)].map((match) => [match[1], match[2]])
  const known: Readonly<Record<string, { readonly level: string }>> = tellings
  for (const [fact = '', level] of facts) expect([fact, known[fact]?.level]).toEqual([fact, level])
  const ofTurn = Object.keys(tellings).filter((fact) => fact.startsWith('turn-') && fact !== 'turn-binding-answered')
  expect(ofTurn.filter((fact) => !facts.some(([told]) => told === fact))).toEqual([])
})
