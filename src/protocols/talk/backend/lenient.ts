/**
 * The shapes in which PHP writes JSON: empty objects as `[]`, lists with gaps as objects, ids as numbers, null for
 * nothing. They are put right before the schemas look, so that these (and the page made from them) say what is meant.
 */
import { z } from 'zod'

/** JSON that is carried, not read. */
export const anything = z.unknown().optional()

/** An id. PHP turns array keys that look like numbers into numbers. */
export const text = z.preprocess(asText, z.string())

/** Text that is empty when it is null or missing. */
export const textOrNothing = z.preprocess((given) => asText(given ?? ''), z.string()).default('')

/** A list; null and missing are undefined, and an object stands for the list of its values. */
export const list = <T extends z.ZodType>(of: T) => z.preprocess(asList, z.array(of).optional()).optional()

/** A list that is empty when it is null or missing. */
export const listOrNothing = <T extends z.ZodType>(of: T) =>
  z.preprocess((given) => asList(given) ?? [], z.array(of)).prefault([])

/** An object; null, missing and `[]` are undefined. */
export const object = <T extends z.ZodType>(of: T) =>
  z.preprocess((given) => (isNothing(given) ? undefined : given), of.optional()).optional()

/** The body of a request; null, missing and `[]` are one without fields. */
export const body = <T extends z.ZodRawShape>(fields: T) =>
  z.preprocess((given) => (isNothing(given) ? {} : given), z.object(fields)).prefault({})

/** True and false, also as 1 and 0. */
export const flag = z
  .preprocess((given) => (typeof given === 'number' ? given !== 0 : (given ?? false)), z.boolean())
  .default(false)

/** In-call flags: bit 1 in the call, 2 audio, 4 video, 8 phone. Old versions of Talk say true or false. */
export const callFlags = z
  .preprocess(
    (given) => (typeof given === 'boolean' ? Number(given) : (given ?? undefined)),
    z.number().int().optional(),
  )
  .optional()

function asText(given: unknown): unknown {
  return typeof given === 'number' ? String(given) : given
}

function asList(given: unknown): unknown {
  if (given === null || given === undefined) return undefined
  return typeof given === 'object' && !Array.isArray(given) ? Object.values(given) : given
}

const isNothing = (given: unknown): boolean =>
  given === undefined || given === null || (Array.isArray(given) && given.length === 0)
