/** JSON that is taken apart and put together again without a digit being lost. */
import { RawJson } from '../../json-wire.ts'

/** A number with more digits, or a larger exponent, than a number of ours may hold. */
const suspicious = /[\d.]{16}|\d[eE][+-]?\d/

/** Whether numbers in this text may change when they are written again. */
export const mayLoseDigits = (text: string): boolean => suspicious.test(text)

/** As JSON.parse, but numbers that would change stay the text that they are. Throws a RangeError at what is nested too deeply. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const source = context?.source
    return source === undefined || source === String(value) ? value : new RawJson(source)
  })
}
