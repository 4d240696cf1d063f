/** The shapes in which PHP writes JSON: empty objects as `[]`, lists with gaps as objects, ids as numbers, null for nothing. */
import { z } from 'zod'

/** JSON that is carried, not read. */
export const anything = z.unknown().optional()

/** An id. PHP turns array keys that look like numbers into numbers. */
export const text = z.union([z.string(), z.number().transform(String)])

/** Text that may be null or missing; then it is empty. */
export const textOrNothing = text.nullish().transform((value) => value ?? '')

/** A list; null and missing are undefined, and an object stands for the list of its values. */
export function list<T extends z.ZodType>(of: T) {
  return z
    .union([z.array(of), z.record(z.string(), of).transform((entries) => Object.values(entries))])
    .nullish()
    .transform((value) => value ?? undefined)
}

/** A list that is empty when it is null or missing. */
export const listOrNothing = <T extends z.ZodType>(of: T) => list(of).transform((value) => value ?? [])

/** An object; null, missing and `[]` are undefined. */
export function object<T extends z.ZodType>(of: T) {
  return z
    .union([of, z.array(z.never()).transform(() => undefined)])
    .nullish()
    .transform((value) => value ?? undefined)
}

/** The body of a request; null, missing and `[]` are one without fields. */
export const body = <T extends z.ZodRawShape>(fields: T) => z.preprocess(emptyAsObject, z.object(fields))

const emptyAsObject = (given: unknown): unknown =>
  given === undefined || given === null || (Array.isArray(given) && given.length === 0) ? {} : given

/** True and false, also as 1 and 0. */
export const flag = z
  .union([z.boolean(), z.number().transform((value) => value !== 0)])
  .nullish()
  .transform((value) => value ?? false)

/** In-call flags: bit 1 in the call, 2 audio, 4 video, 8 phone. Old versions of Talk say true or false. */
export const callFlags = z
  .union([z.number().int(), z.boolean().transform(Number)])
  .nullish()
  .transform((value) => value ?? undefined)
