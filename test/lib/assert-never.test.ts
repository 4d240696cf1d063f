/** A case that the compiler excluded and that came all the same. */
import { expect, test } from 'bun:test'
import { assertNever } from '../../src/lib/assert-never.ts'

const read = (text: string): { readonly kind: 'known' } => JSON.parse(text)

test('says what came', () => {
  const { kind, ...rest } = read('{"kind":"surprise"}')
  const unexpected = (): unknown => (kind === 'known' ? rest : assertNever(kind))
  expect(unexpected).toThrow('unexpected value: "surprise"')
})
